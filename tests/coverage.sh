#!/usr/bin/env bash
# How much of each room its own tests run: the lines of ledger/ROOM that ROOM_test reaches (preset `coverage`).
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

cmake --preset coverage >/dev/null
cmake --build "$build" --target "${rooms[@]/%/_test}" >/dev/null

status=0
for room in "${rooms[@]}"; do
  program=$build/tests/$room/${room}_test
  rm -rf "$build/profile-$room"
  LLVM_PROFILE_FILE="$build/profile-$room/%p.raw" "$program" --gtest_brief=1 >"$build/$room.log" 2>&1 ||
    { echo "$room: its tests fail; see $build/$room.log" >&2; exit 1; }
  llvm-profdata merge -sparse "$build/profile-$room"/*.raw -o "$build/$room.profile"
  llvm-cov show "$program" -instr-profile="$build/$room.profile" "ledger/$room" >"$build/$room.txt"
  llvm-cov export "$program" -instr-profile="$build/$room.profile" -summary-only "ledger/$room" |
    jq -r --arg room "$room" '.data[0].totals.lines | "\($room) \(.covered) \(.count) \(.percent)"' |
    { read -r name covered count percent
      printf '%-10s %5.1f %%  %d of %d lines\n' "$name" "$percent" "$covered" "$count"
      awk -v p="$percent" 'BEGIN { exit p < 90 }'; } || status=1
done
exit $status
