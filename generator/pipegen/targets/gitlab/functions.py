"""The bash functions by which a job runs its steps, and what a runner is told of every job.

GitLab gives a job one list of lines, of which the first that fails ends all. Steps that are to run whatever became of
those before need more: the functions note in files how far the job has come, so that `after_script`, a shell of its
own, finishes what a cancellation or a timeout cut off. Credentials of GitLab's own stay with the shells that start the
scripts. A runner ends the process group of a job, and `timeout` has one of its own, so the shell ends that: nothing of
a deployment goes on while it is undone.
"""

from __future__ import annotations

FOLDER = ".pipegen-job"
"""Where a job keeps its notes and what it hands on; unlike `.pipegen` nothing empties it."""
PUBLISHED = f"{FOLDER}/published.env"
HANDED = f"{FOLDER}/handed"
CLOSING = f"{FOLDER}/closing.sh"
VALUES = f"{FOLDER}/values.sh"

_FUNCTIONS = rf"""
export -n CI_JOB_TOKEN CI_REPOSITORY_URL CI_REGISTRY_PASSWORD CI_DEPLOY_PASSWORD CI_DEPENDENCY_PROXY_PASSWORD
trap 'kill $(jobs -pr) 2> /dev/null || true; wait; exit 143' TERM
pipegen_parameters() {{
  local given="${{PIPEGEN_PARAMETERS:-}}" each name pair
  for pair in "$@"; do
    printf -v "pipegen_parameter_${{pair%%=*}}" '%s' "${{pair#*=}}"
  done
  while [ -n "$given" ]; do
    each="${{given%%;*}}"
    case "$given" in *\;*) given="${{given#*;}}" ;; *) given= ;; esac
    name="${{each%%=*}}"
    case "$each" in *=*) ;; *) pipegen_refuse "'$each' is not name=value"; continue ;; esac
    case " $pipegen_seen " in *" $name "*) pipegen_refuse "parameter $name is given twice"; continue ;; esac
    case " ${{*%%=*}} " in
      *" $name "*) printf -v "pipegen_parameter_$name" '%s' "${{each#*=}}" ;;
      *) pipegen_refuse "there is no parameter $name" ;;
    esac
    pipegen_seen="$pipegen_seen $name"
  done
}}
pipegen_refuse() {{
  echo "error: $1" >&2
  : > {FOLDER}/failed
}}
pipegen_is_due() {{
  [ ! -e "{FOLDER}/$1.done" ] || return 1
  case "$2" in
    always) return 0 ;;
    undo) [ -e {FOLDER}/begun ] && [ ! -e {FOLDER}/complete ] ;;
    *) [ ! -e {FOLDER}/failed ] ;;
  esac
}}
pipegen_step() {{
  local id="$1" title="$2" minutes="$3" when="$4" status=0
  cat > "{FOLDER}/$id.sh"
  pipegen_is_due "$id" "$when" || return 0
  printf '\n== %s\n' "$title"
  timeout --kill-after=30s "${{minutes}}m" bash "{FOLDER}/$id.sh" < /dev/null &
  wait "$!" || status=$?
  : > "{FOLDER}/$id.done"
  if [ "$status" -ne 0 ] && [ "$when" = advisory ]; then
    echo "warning: '$title' failed with exit code $status, which changes no result" >&2
  elif [ "$status" -ne 0 ]; then
    pipegen_refuse "'$title' failed with exit code $status"
  fi
}}
pipegen_mark() {{
  [ ! -e {FOLDER}/failed ] || return 0
  : > "{FOLDER}/$1"
  [ -z "${{2:-}}" ] || echo "$2=true" >> {PUBLISHED}
}}
pipegen_finish() {{
  if [ -s "${{PIPEGEN_SUMMARY:-}}" ]; then
    printf '\n== Summary\n'
    head -c 1000000 "$PIPEGEN_SUMMARY"
  fi
  [ ! -e {FOLDER}/failed ] || exit 1
}}
"""

PREPARATION = f"""\
mkdir -p {FOLDER}
rm -f {FOLDER}/*.* {FOLDER}/begun {FOLDER}/complete {FOLDER}/failed
cat > {FOLDER}/functions.sh <<'PIPEGEN_FUNCTIONS'
{_FUNCTIONS.strip()}
PIPEGEN_FUNCTIONS
source {FOLDER}/functions.sh
pipegen_seen=
touch {PUBLISHED}
if exclude="$(git rev-parse --git-path info/exclude 2> /dev/null)"; then
  mkdir -p "${{exclude%/*}}"
  printf '/%s/\\n' {FOLDER} .pipegen-cache >> "$exclude"
  git remote set-url origin "$CI_PROJECT_URL.git"
fi
"""
"""Runs before every job."""

ENDING = f"""\
if [ -f {CLOSING} ]; then
  source {FOLDER}/functions.sh
  : > {FOLDER}/failed
  source {VALUES}
  source {CLOSING}
fi
"""
"""Runs after every job, also one that was cancelled or ran out of time; what has run before does not run again."""
