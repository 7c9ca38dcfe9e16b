#!/usr/bin/env bash
# Ends with the exit code of the gate; with 70 when there is none, because silence is no consent.
set -euo pipefail

code="${FORETELL_EXIT_CODE:-}"
if [[ ! "$code" =~ ^[0-9]+$ ]]; then
  code=70
fi
if [[ "$code" != 0 ]]; then
  echo "::error::foretell gate $FORETELL_GATE: ${FORETELL_RULING:-error} (exit code $code)"
fi
exit "$code"
