#!/usr/bin/env bash
# Writes the comment. Whatever happens here, the verdict stays what it is.
set -euo pipefail

"python${FORETELL_PYTHON:-}" -I "$GITHUB_ACTION_PATH/action/comment.py" \
  || echo "::warning::foretell could not write its comment; the verdict is not changed by that."
