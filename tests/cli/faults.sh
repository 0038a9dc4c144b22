#!/usr/bin/env bash
# Whatever a worker does, it becomes a row with its reason, and the tests after it run.
. "$(dirname "$0")/lib.sh"
export ASAN_OPTIONS=allocator_may_return_null=1

# fault NAME WANTED-STATUS WANTED-ERROR OPTION...: the faulty test, then a good one; both must be rows.
fault() {
    local name=$1 status=$2 error=$3 got=0
    shift 3
    "$dli" bench null:1x3x8x8 null:1x3x16x16 --framework null --iterations 40 --warmup none --json --quiet --out "$work/$name" \
        "$@" >"$work/rows/$name.jsonl" 2>"$work/err" || got=$?
    # Both tests have the fault; the campaign went on after the first.
    expect_equal "$(wc -l <"$work/rows/$name.jsonl")" 2 "$name: rows"
    column status "$work/rows/$name.jsonl" | sort -u >"$work/statuses"
    expect_text "^($status)\$" "$work/statuses"
    expect_equal "$(grep -cvE "^($status)\$" "$work/statuses")" 0 "$name: rows of another status than $status"
    column error "$work/rows/$name.jsonl" >"$work/reasons"
    expect_text "$error" "$work/reasons"
    # Nothing at all was measured: that is no success, whatever the reason.
    [ "$status" = ok ] && expect_equal "$got" 0 "$name: exit status" || expect_equal "$got" 1 "$name: exit status"
    expect_text '"reason": ?"done"' "$work/$name/journal.jsonl"
}
null() { printf -- '-o null.%s ' "$@"; }

mkdir -p "$work/rows"

# The good outputs are the reference of what follows.
fault none ok "" -o null.fault=none

# shellcheck disable=SC2046
{
    fault error failed "asked for" $(null fault=error)
    fault error-load failed "asked for" $(null fault=error fault-at=load)
    fault unsupported unsupported "unsupported" $(null fault=unsupported fault-at=load)
    fault unavailable unavailable "unavailable" $(null fault=unavailable fault-at=load)
    fault segv-load crashed "died by SIGSEGV|exited" $(null fault=segv fault-at=load)
    fault segv-first crashed "died by SIGSEGV|exited" $(null fault=segv fault-n=0)
    fault segv-warmup crashed "died by SIGSEGV|exited" $(null fault=segv fault-n=5) --warmup 20
    fault segv-loop crashed "died by SIGSEGV|exited" $(null fault=segv fault-n=30)
    fault exit failed "without its last record" $(null fault=exit fault-n=30)
    fault abort crashed "died by SIGABRT|exited" $(null fault=abort fault-n=30)
    fault hang timeout "not done after 1 s" $(null fault=hang fault-n=30) --timeout 1s
    fault hang-hard timeout "did not end on TERM" $(null fault=hang-hard fault-n=30) --timeout 1s
    fault hang-load timeout "not done after 1 s" $(null fault=hang fault-at=load) --timeout 1s
    fault spin timeout "not done after 1 s" $(null fault=spin fault-n=30) --timeout 1s
    fault garbage failed "no record" $(null fault=garbage-fd3 fault-n=30)
    fault garbage-out ok "" $(null fault=garbage-out fault-n=30)
    fault closed crashed "could not be written" $(null fault=close-fd3 fault-n=30)
    fault lost timeout "not done after 1 s" $(null fault=lost fault-n=30) --mode async -r 2 --timeout 1s
    fault twice failed "pending" $(null fault=twice fault-n=30) --mode async -r 2
    fault wrong mismatch "off by" $(null fault=wrong fault-n=1)
}
# A wrong result has no speed.
expect_equal "$(column fps "$work/rows/wrong.jsonl" | tr -d '\n')" "" "fps of wrong outputs"

# Memory: bounded by the test's limit, and an allocation that is refused is a reason. Sanitizers need the address space.
if ! "$dli" --version | grep -q address; then
    # Refused at last is either the hog, which reports it, or a byte that somebody needs after it.
    fault memory "failed|crashed" "no memory|out of memory|SIGABRT|SIGSEGV|exited" -o null.fault=memory -o null.fault-n=30 --memory-limit 512M
fi

# Somebody kills the worker from outside.
"$dli" bench null:1x3x8x8 null:1x3x16x16 -f null --time 1s --json --quiet --out "$work/killed" >"$work/rows/killed.jsonl" 2>/dev/null &
runner=$!
for _ in $(seq 1000); do
    pid=$(grep -o '"pid": *[0-9]*' "$work/killed/journal.jsonl" 2>/dev/null | head -n 1 | grep -o '[0-9]*' || true)
    [ -n "$pid" ] && break
    sleep 0.01
done
sleep 0.2
kill -KILL "$pid"
wait $runner || true
expect_equal "$(column status "$work/rows/killed.jsonl" | tr '\n' ' ')" "crashed ok " "a worker that was killed and the test after it"
finish
