#!/bin/sh
# A gate in any other CI: gate.sh GATE. Keep the folder foretell-reports, and bring record.json back for a second attempt.
set -eu

gate="$1"
reports="${REPORTS:-foretell-reports}"
mkdir -p "$reports"

code=0
foretell gate --record "$reports/record.json" \
  --out "markdown=$reports/decision.md" --out "json=$reports/decision.json" \
  --out "junit=$reports/decision.junit.xml" -- "$gate" || code=$?

case "$code" in
  0) echo "ship" ;;
  1) echo "hold: see $reports/decision.md" ;;
  2) echo "not enough evidence: see $reports/decision.md" ;;
  *) echo "nothing was decided; foretell said why above" ;;
esac
exit "$code"
