#!/usr/bin/env bash
# Shows envledger from installation to an audited day, on this machine, in a private directory that is removed at the
# end. Installs missing packages, builds, creates a key and a ledger, starts the daemon, appends a day of an AI platform
# (day.jsonl beside this file), asks who asked for what and what they got, verifies, tampers with a copy, and stops.
#
#   quickstart.sh [--build-dir DIR] [--keep]
#
# --build-dir DIR  use the programs built in DIR; install and build nothing
# --keep           keep the ledger and print where it is
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=
keep=no
while (( $# > 0 )); do
  case "$1" in
    --build-dir) build=$(cd "$2" && pwd); shift 2 ;;
    --keep) keep=yes; shift ;;
    *) echo "usage: quickstart.sh [--build-dir DIR] [--keep]" >&2; exit 2 ;;
  esac
done

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then bold=$'\e[1m'; dim=$'\e[2m'; plain=$'\e[0m'; else bold=; dim=; plain=; fi
step() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
show() { printf '%s$ envledger %s%s\n' "$dim" "$*" "$plain"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/envledger-quickstart-XXXXXX")
daemon=
finish() {
  local status=$?
  if [[ -n "$daemon" ]]; then kill -TERM "$daemon" 2>/dev/null && wait "$daemon" || true; fi
  if (( status != 0 )); then
    echo "quickstart.sh failed; the last lines of the logs:" >&2
    tail -n 20 "$work"/*.log >&2 || true
  fi
  if [[ $keep == no ]]; then rm -rf "$work"; fi
}
trap finish EXIT

if [[ -z "$build" ]]; then
  step "Install missing packages and build (a few minutes the first time)"
  "$top/.ci/install-packages"
  (cd "$top" && cmake --preset release && cmake --build build/release -j "$(nproc)" --target envledger envledgerd) \
    >"$work/build.log" 2>&1
  build="$top/build/release"
  echo "built $build"
fi
envledgerd=$build/ledger/envledgerd
envledger() { "$build/cli/envledger" "$@"; }
export ENVLEDGER_APPEND_SOCKET=$work/append.sock ENVLEDGER_AUDIT_SOCKET=$work/audit.sock

step "Create a signing key and a ledger, and start the daemon"
vkey=$(envledger key generate --origin ai.example.com/ledger --key "$work/signing.key")
"$envledgerd" --init --data-dir "$work/data" --origin ai.example.com/ledger --key "$work/signing.key" >/dev/null
"$envledgerd" --data-dir "$work/data" --key "$work/signing.key" --append-socket "$ENVLEDGER_APPEND_SOCKET" \
  --audit-socket "$ENVLEDGER_AUDIT_SOCKET" --min-free-bytes 1 2>"$work/daemon.log" &
daemon=$!
until envledger status >/dev/null 2>&1; do
  kill -0 "$daemon" 2>/dev/null || exit 1
  sleep 0.1
done
echo "verifier key: $vkey"

step "Append one day of an AI platform: deployments, inference, agents, training, data movement"
show append day.jsonl
envledger append "$here/day.jsonl"

step "Who asked for things that day?"
show principals
envledger principals

step "What did alice (of id.example.com) ask for, and what did she get instead?"
show "query --principal user:alice --issuer https://id.example.com --kind model_deployment"
envledger query --principal user:alice --issuer https://id.example.com --kind model_deployment

step "Who got less than they asked for?"
show query --narrowed
envledger query --narrowed

step "What was denied?"
show query --stage denied
envledger query --stage denied

step "The whole story of one deployment"
show show env-deploy-0006
envledger show env-deploy-0006

step "Keep a signed checkpoint elsewhere, stop the daemon, and verify everything"
show "checkpoint --sign-now > kept"
envledger checkpoint --sign-now >"$work/kept"
cat "$work/kept"
kill -TERM "$daemon"
wait "$daemon"
daemon=
show "verify --data-dir data --checkpoint kept --vkey $vkey"
envledger verify --data-dir "$work/data" --checkpoint "$work/kept" --vkey "$vkey"

step "Edit one record in a copy of the database"
cp -r "$work/data" "$work/copy"
key=0x0000000000000100
ldb --db="$work/copy/log" --column_family=entries --hex get "$key" >"$work/entry"
value=$(tr -d '[:space:]' <"$work/entry")
# Change the last byte of the entry; any other byte would do as well.
last=${value: -1}
[[ $last == 0 ]] && other=1 || other=0
ldb --db="$work/copy/log" --column_family=entries --hex put "$key" "${value%?}$other" >/dev/null
show "verify --data-dir copy --checkpoint kept --vkey $vkey"
status=0
envledger verify --data-dir "$work/copy" --checkpoint "$work/kept" --vkey "$vkey" || status=$?
if (( status != 1 )); then
  echo "verify did not notice the change" >&2
  exit 1
fi

step "Done: every record was durable before it was acknowledged, and one changed byte was caught"
if [[ $keep == yes ]]; then echo "the ledger is in $work/data, its key is $work/signing.key"; fi
