#!/usr/bin/env bash
# Builds the fuzz targets (preset `fuzz`) and runs each for some seconds on one processor, from its corpus in the tree
# and the inputs that fuzz_seeds makes. Prints the executions of each. What is found is kept in build/fuzz/found/TARGET:
# new inputs, and those that break something, as crash-*, timeout-* and oom-*.
#
#   tests/fuzz/run.sh [SECONDS [TARGET...]]   60 seconds, all targets
#   tests/fuzz/run.sh --merge [TARGET...]     adds to the corpus in the tree what reaches code that it does not: up to
#                                             40 inputs of each target, of at most 1 KiB, small ones and large ones
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=60
merge=no
case "${1:-}" in
  "") ;;
  --merge) merge=yes; shift ;;
  *[!0-9]*) echo "usage: tests/fuzz/run.sh [SECONDS [TARGET...]] or --merge [TARGET...]" >&2; exit 2 ;;
  *) seconds=$1; shift ;;
esac
targets=("$@")
if (( ${#targets[@]} == 0 )); then
  for source in tests/fuzz/*_fuzz.cc; do
    target=${source##*/}
    targets+=("${target%_fuzz.cc}")
  done
fi

cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzz_seeds "${targets[@]/%/_fuzz}" >/dev/null
rm -rf build/fuzz/seeds
ASAN_OPTIONS=detect_leaks=0 build/fuzz/tests/fuzz/fuzz_seeds build/fuzz/seeds

status=0
for target in "${targets[@]}"; do
  program=build/fuzz/tests/fuzz/${target}_fuzz
  corpus=tests/fuzz/corpus/$target
  found=build/fuzz/found/$target
  log=build/fuzz/found/$target.log
  mkdir -p "$found" "$corpus"
  options=(-timeout=5 -rss_limit_mb=1024 -max_len=65536 -verbosity=1)
  if [[ $merge == yes ]]; then
    merged=build/fuzz/merged/$target
    rm -rf "$merged"
    mkdir -p "$merged"
    cp -n build/fuzz/seeds/"$target"/* "$corpus"/
    cp "$corpus"/* "$merged"/
    "$program" "${options[@]}" -merge=1 "$merged" "$found" >"$log" 2>&1
    mapfile -t inputs < <(comm -23 <(cd "$merged" && find . -type f -size -1025c | sort) \
                                   <(cd "$corpus" && find . -type f | sort) | (cd "$merged" && xargs -r ls -rS))
    for ((i = 0; i < ${#inputs[@]}; i += (${#inputs[@]} + 39) / 40)); do
      cp "$merged/${inputs[i]}" "$corpus"/
    done
    echo "$target: $(find "$corpus" -type f | wc -l) inputs"
    continue
  fi
  dictionary=tests/fuzz/${target/#envelope/transition_json}.dict
  [[ -f $dictionary ]] && options+=(-dict="$dictionary")
  if "$program" "${options[@]}" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$found/" \
      "$found" "$corpus" build/fuzz/seeds/"$target" >"$log" 2>&1; then
    outcome=ok
  else
    outcome="FOUND SOMETHING, see $log"
    status=1
  fi
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, $outcome"
done
exit $status
