#!/usr/bin/env bash
# Runs the gate and notes how it ended. Ends 0 whatever the verdict, so that it can still be told.
set -euo pipefail

gate="$FORETELL_GATE"
if [[ ! "$gate" =~ ^[a-z0-9_-]+$ ]]; then
  echo "::error::The input gate must be the name of a gate: lower-case letters, digits, - and _."
  exit 64
fi
python="python${FORETELL_PYTHON:-}"
record="${FORETELL_RECORD:-.foretell/record-$gate.json}"
if [[ "$record" != /* ]]; then
  record="$PWD/$record"
fi
if [[ "$record" == *$'\n'* ]]; then
  echo "::error::The input record must be a path without line ends."
  exit 64 # the outputs below are lines
fi
reports="$RUNNER_TEMP/foretell-$gate"
rm -rf "$reports" # what an earlier step of this job decided is not ours to tell
mkdir -p "$reports" "$(dirname "$record")"

words=(gate --record "$record")
words+=(--out "markdown=$reports/decision.md" --out "json=$reports/decision.json")
words+=(--out "junit=$reports/decision.junit.xml" --out "sarif=$reports/decision.sarif")
words+=(--out "html=$reports/decision.html")
if [[ -n "${FORETELL_CONFIG:-}" ]]; then
  words+=(--config "$FORETELL_CONFIG")
fi
if [[ -n "${FORETELL_AGAINST:-}" ]]; then
  words+=("--against=$FORETELL_AGAINST")
fi
extra=()
read -r -d '' -a extra <<< "${FORETELL_ARGS:-}" || true
words+=(${extra[@]+"${extra[@]}"} -- "$gate")

# What a model says may look like a command to the runner; until the word is given, the runner obeys none.
word="$("$python" -I -c 'import secrets; print(secrets.token_hex(16))')"
echo "::stop-commands::$word"
code=0
"$python" -P -m foretell "${words[@]}" || code=$?
echo
echo "::$word::"

ruling="$("$python" -I "$GITHUB_ACTION_PATH/action/ruling.py" "$reports/decision.json")"
if [[ "$ruling" == error && "$code" -le 1 ]]; then
  code=70 # a verdict without a decision: Python itself ends with 1 when it cannot import foretell
fi
{
  echo "ruling=$ruling"
  echo "exit-code=$code"
  echo "reports=$reports"
  echo "record=$record"
} >> "$GITHUB_OUTPUT"

if [[ -s "$reports/decision.md" ]]; then
  cat "$reports/decision.md"
else
  echo "foretell gate $gate decided nothing; exit code $code. The log of this step says why."
fi >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
