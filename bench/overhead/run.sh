#!/usr/bin/env bash
# Cost of the harness per request, beside MLPerf LoadGen's, on this machine. Wants two idle processors.
# Usage: bench/overhead/run.sh BUILD-FOLDER [--rounds N]. Builds LoadGen (pinned) into .runtimes/loadgen.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: bench/overhead/run.sh BUILD-FOLDER [--rounds N]}
shift
bench/overhead/get_loadgen.py
cmake -B "$build" -S . >/dev/null
cmake --build "$build" --target bench_overhead backend_null >/dev/null
exec bench/overhead/overhead.py "$build/bench_overhead" "$build/backends/null.so" "$@"
