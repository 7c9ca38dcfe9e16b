#!/usr/bin/env bash
# Installs foretell beside the application: its worker processes have to find the application's packages.
set -euo pipefail

python="python${FORETELL_PYTHON:-}"
if ! command -v "$python" > /dev/null; then
  echo "::error::There is no $python on this runner. Set one up in a step before this one."
  exit 69
fi
if ! "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error::foretell needs Python 3.11 or newer; $python is $("$python" --version)."
  exit 69
fi
if [[ -z "${FORETELL_INSTALL:-}" ]]; then
  exit 0
fi
if [[ "$FORETELL_INSTALL" == -* ]]; then
  echo "::error::The input install is one package or folder, no option of pip."
  exit 64
fi
what="$FORETELL_INSTALL"
if [[ "$what" == own ]]; then
  what="$GITHUB_ACTION_PATH" # pinning the action pins foretell
fi
"$python" -P -m pip install --disable-pip-version-check --no-input --quiet "$what"
