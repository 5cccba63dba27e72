#!/usr/bin/env bash
# Installs missing packages, builds, and runs all tests: those of rooms with threads under the thread sanitizer, all
# under the address and undefined-behaviour sanitizers, and all as shipped. clang makes the builds with sanitizers, and
# checks the thread-safety annotations in them; g++ makes what is shipped. Builds are kept in build/ and reused.
#
#   tests/run.sh           everything
#   tests/run.sh --quick   as shipped only
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no
case "${1:-}" in
  "") ;;
  --quick) quick=yes ;;
  *) echo "usage: tests/run.sh [--quick]" >&2; exit 2 ;;
esac

.ci/install-packages --tests
jobs=$(nproc)
tests=$((jobs + 1))  # tests that run at once; one more than processors, because many of them wait for the disk

build() {  # PRESET [TARGET...]
  local preset=$1
  shift
  echo "== $preset: build"
  # --fresh, because a cache that is older than the preset can lack what the preset now asks for, even the sanitizers.
  cmake --fresh --preset "$preset" >/dev/null
  cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}
}

if [[ $quick == no ]]; then
  # RocksDB is not instrumented, so reports from inside it are ignored.
  export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1"
  build tsan threaded_tests
  echo "== tsan: rooms with threads"
  ctest --test-dir build/tsan -j "$tests" --output-on-failure --no-tests=error -L threads

  build asan
  echo "== asan: everything"
  ctest --test-dir build/asan -j "$tests" --output-on-failure --no-tests=error
fi

build shipped
echo "== shipped: everything, as it is installed"
ctest --test-dir build/shipped -j "$tests" --output-on-failure --no-tests=error
