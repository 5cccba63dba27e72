#!/usr/bin/env bash
# How much of each room the tests of rooms run: the lines of ledger/ROOM that ROOM_test reaches (preset `coverage`).
# sealing and store are what service stands on, so the lines that service_test reaches count there too.
#
#   tests/coverage.sh [ROOM...]   the rooms named; otherwise sealing, service, store, transport and api
#
# Tests that start the real daemon are not counted: what only they reach is shown as not reached. The lines themselves
# are in build/coverage/ROOM.txt. Ends with status 1 if a room is below 90 per cent.
set -euo pipefail
cd "$(dirname "$0")/.."

rooms=("$@")
(( ${#rooms[@]} > 0 )) || rooms=(sealing service store transport api)
build=build/coverage

tests_of() {  # ROOM
  case $1 in
    sealing | store) echo "$1 service" ;;
    *) echo "$1" ;;
  esac
}

needed=()
for room in "${rooms[@]}"; do
  for test in $(tests_of "$room"); do needed+=("$test"); done
done
mapfile -t needed < <(printf '%s\n' "${needed[@]}" | sort -u)

cmake --preset coverage >/dev/null
cmake --build "$build" --target "${needed[@]/%/_test}" >/dev/null
rm -rf "$build/profile"
for test in "${needed[@]}"; do
  LLVM_PROFILE_FILE="$build/profile/$test-%p.raw" "$build/tests/$test/${test}_test" --gtest_brief=1 \
    >"$build/$test.log" 2>&1 || { echo "the tests of $test fail; see $build/$test.log" >&2; exit 1; }
done

status=0
for room in "${rooms[@]}"; do
  profiles=()
  programs=()
  for test in $(tests_of "$room"); do
    profiles+=("$build/profile/$test"-*.raw)
    programs+=("$build/tests/$test/${test}_test")
  done
  programs=("${programs[@]/#/-object=}")  # the first is named without the option
  programs[0]=${programs[0]#-object=}
  llvm-profdata merge -sparse "${profiles[@]}" -o "$build/$room.profile"
  llvm-cov show "${programs[@]}" -instr-profile="$build/$room.profile" "ledger/$room" >"$build/$room.txt"
  llvm-cov export "${programs[@]}" -instr-profile="$build/$room.profile" -summary-only "ledger/$room" |
    jq -r '.data[0].totals.lines | "\(.covered) \(.count) \(.percent)"' |
    { read -r covered count percent
      printf '%-10s %5.1f %%  %d of %d lines\n' "$room" "$percent" "$covered" "$count"
      awk -v p="$percent" 'BEGIN { exit p < 90 }'; } || status=1
done
exit $status
