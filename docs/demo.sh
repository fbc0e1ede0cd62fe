#!/bin/sh
# What `make demo` shows: the shipped specs become pipelines, files that differ are refused, mistakes are found.
# Every step says which exit code it expects; the demo fails if one behaves otherwise.
set -eu

BIN=${BIN:-.venv/bin}
OUT=build/demo
WORK=build/demo-work

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
  bold='' dim='' plain=''
fi

heading() {
  printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

# expect STATUS ARGUMENTS...: runs pipegen, shows the command, and stops the demo if it ends with another status.
expect() {
  wanted=$1
  shift
  printf '%s$ pipegen %s%s\n' "$dim" "$*" "$plain"
  status=0
  "$BIN/pipegen" "$@" || status=$?
  if [ "$status" -ne "$wanted" ]; then
    echo "demo: the last command ended with $status instead of $wanted" >&2
    exit 1
  fi
}

# excerpt FILE TEXT COUNT: lines of a file from the first that holds the text, under its name.
excerpt() {
  printf '%s-- %s%s\n' "$dim" "$1" "$plain"
  awk -v text="$2" -v count="$3" '
    index($0, text) && !shown { shown = 1 }
    shown && shown <= count { print; shown++ }
    END { exit !shown }
  ' "$1"
}

rm -rf "$OUT" "$WORK"
mkdir -p "$WORK"

heading "1. The shipped specs are valid"
expect 0 validate

heading "2. Each becomes pipelines for three CI systems"
expect 0 render --target all --out "$OUT"
for folder in azure-pipelines .github/workflows jenkins; do
  count=$(find "$OUT/$folder" -type f | wc -l)
  printf '\n%s: %d files, of these for churn-prediction:\n' "$folder" "$count"
  find "$OUT/$folder" -type f -path '*churn-prediction*' | sed "s|^$OUT/$folder/|  |" | LC_ALL=C sort
done

heading "3. One approval before the release, as each CI system says it"
excerpt "$OUT/azure-pipelines/churn-prediction/deliver-prod.yml" "# Approval:" 8
excerpt "$OUT/.github/workflows/churn-prediction.deliver-prod.yml" "approve_prod_1:" 12
excerpt "$OUT/jenkins/churn-prediction/deliver-prod.Jenkinsfile" "stage('Approve:" 12

heading "4. What the smallest spec brings about"
expect 0 explain model-specs/minimal.yaml > "$WORK/explained.txt"
sed '/^PIPELINE/,$d' "$WORK/explained.txt"
printf '%s... %d lines in all%s\n' "$dim" "$(wc -l < "$WORK/explained.txt")" "$plain"

heading "5. The files are what the specs say"
expect 0 render --target all --out "$OUT" --check

heading "6. A file that a hand has touched is refused, with the command that mends it"
edited=$OUT/azure-pipelines/minimal/deliver-dev.yml
printf '%s$ echo "# a quick fix" >> %s%s\n' "$dim" "$edited" "$plain"
echo "# a quick fix" >> "$edited"
expect 1 render --target all --out "$OUT" --check
expect 0 render --target all --out "$OUT" --overwrite-edited
expect 0 render --target all --out "$OUT" --check

heading "7. Mistakes in a spec are found at their place"
cat > "$WORK/mistaken.yaml" <<'END'
pipegen: 1
model: {name: mistaken, owner: retention}
runtime: {python: "3.11", install: pip install -r requirements.lock}
flow:
  - {branch: feat/*}
  - {branch: dev, environments: [dve]}
environments:
  dev: {secrets: [TOKEN]}
stages:
  - {id: train, run: python -m churn.train, metrics: {file: metrics.json, names: [auc]}}
  - {id: validate, run: pytest tests/validation, gates: [{metric: acu, min: 0.8}]}
  - {id: deploy, deploys: true, run: ./deploy.sh, restore: ./restore.sh}
END
expect 1 validate "$WORK/mistaken.yaml"

printf '\nThe files are in %s. Read on in README.md.\n' "$OUT"
