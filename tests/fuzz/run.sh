#!/usr/bin/env bash
# Every fuzzer for SECONDS (default 30): tests/fuzz/run.sh [SECONDS [NAME...]]. What is found stays in
# build-fuzz/findings/NAME; the corpus in build-fuzz/corpus/NAME makes the next run deeper.
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-30}
shift $(($# > 0 ? 1 : 0))
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(plan worker npy image rows zoo)
build=build-fuzz
jobs=${JOBS:-$(nproc)}

targets=("${names[@]/#/fuzz_}")
if ! { cmake -G Ninja -B $build -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Debug \
    -DDLI_SANITIZE=fuzzer-no-link,address,undefined -DDLI_TESTS=ON -DDLI_FUZZ=ON -DDLI_BACKENDS=null &&
    cmake --build $build -j "$jobs" --target "${targets[@]}"; } >$build.log 2>&1; then
    tail -n 30 $build.log
    echo "0 passed, 1 failed"
    exit 1
fi
rm -f $build.log

run_one() { # run_one NAME: quiet unless something is found
    local name=$1 log=$build/$1.log
    mkdir -p $build/corpus/"$name" $build/findings/"$name"
    if $build/fuzz_"$name" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=8192 -verbosity=1 \
        -print_final_stats=1 -artifact_prefix=$build/findings/"$name"/ $build/corpus/"$name" tests/fuzz/seeds/"$name" >"$log" 2>&1; then
        echo "fuzz_$name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, no finding"
    else
        echo "fuzz_$name: FINDING in $build/findings/$name"
        grep -E "ERROR|SUMMARY|runtime error|#[0-9] " "$log" | head -n 15
        return 1
    fi
}

export -f run_one
export build seconds
results=$(printf '%s\n' "${names[@]}" | xargs -P "$jobs" -I{} bash -c 'run_one {} && echo PASS || echo FAIL')
echo "$results" | grep -vE '^(PASS|FAIL)$'
passed=$(echo "$results" | grep -c '^PASS$')
failed=$(echo "$results" | grep -c '^FAIL$')
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
