#!/usr/bin/env bash
# The runner killed with KILL at many points of a 200-test campaign, then resumed: 200 rows, none twice, none lost.
. "$(dirname "$0")/lib.sh"

expect_status 0 "$dli" plan show null:1x3x8x8 -f null --batch 1-200 --json
started() { if [ -e "$work/a/journal.jsonl" ]; then wc -l <"$work/a/journal.jsonl"; else echo 0; fi; }

"$dli" bench null:1x3x8x8 -f null --batch 1-200 --iterations 20 --warmup none --quiet --out "$work/a" >/dev/null 2>&1 &
runner=$!
kills=0
last=0
# Each round lets the journal grow by another, odd number of records and kills in the middle of whatever happens then.
for step in 230 17 41 3 96 55 1 150 29 73 7 111; do
    for _ in $(seq 2000); do
        now=$(started)
        [ "$now" -ge $((last + step)) ] && break
        kill -0 $runner 2>/dev/null || break
        sleep 0.005
    done
    if kill -KILL $runner 2>/dev/null; then
        kills=$((kills + 1))
    fi
    wait $runner 2>/dev/null || true
    last=$(started)
    "$dli" bench --resume "$work/a" --quiet >/dev/null 2>&1 &
    runner=$!
done
wait $runner || fail "the last resume failed"
[ "$kills" -ge 8 ] || fail "only $kills kills struck"
checks=$((checks + 1))

python3 - "$work/a" <<'PY' || fail "the journal and the rows disagree"
import csv, json, sys
from collections import Counter
rows, tests, torn = Counter(), set(), 0
for line in open(sys.argv[1] + "/journal.jsonl", "rb"):
    try:
        record = json.loads(line)
    except ValueError:
        torn += 1
        continue
    if record["record"] == "test":
        tests.add((record["id"], record["repeat"]))
    elif record["record"] == "row":
        rows[(record["id"], record["repeat"])] += 1
assert torn == 0, f"{torn} torn lines"
assert len(tests) == 200, len(tests)
assert set(rows) == tests, "lost rows"
assert max(rows.values()) == 1, "rows twice"
table = list(csv.DictReader(open(sys.argv[1] + "/results.csv", newline="", encoding="utf-8")))
assert len(table) == 200 and {r["status"] for r in table} == {"ok"}, len(table)
assert [int(r["batch"]) for r in table] == list(range(1, 201)), "the order of the plan"
PY
checks=$((checks + 1))
echo "$kills kills"

# A finished campaign has nothing to do; Ctrl-C ends cleanly and can be resumed.
expect_status 0 "$dli" bench --resume "$work/a" --quiet
"$dli" bench null:1x3x8x8 -f null --batch 1-3 --time 1s --out "$work/b" >/dev/null 2>"$work/err" &
runner=$!
for _ in $(seq 1000); do
    grep -q '"begin"' "$work/b/journal.jsonl" 2>/dev/null && break
    sleep 0.01
done
sleep 0.3
kill -INT $runner
status=0
wait $runner || status=$?
expect_equal "$status" 130 "exit status after Ctrl-C"
expect_text '"reason": ?"interrupted"' "$work/b/journal.jsonl"
expect_text "dli bench --resume" "$work/err"
expect_status 0 "$dli" bench --resume "$work/b" --json --quiet
expect_equal "$(column status "$work/out" | grep -c '^ok$')" 3 "rows after Ctrl-C and resume"

# The cache may be gone by then: models are made again.
expect_status 0 "$dli" bench zoo:relu -f null --batch 1,2 --iterations 20 --warmup none --quiet --out "$work/d"
sed -i '/"row"/d; /"close"/d' "$work/d/journal.jsonl"
rm -rf "$DLI_CACHE_DIR"
expect_status 0 "$dli" bench --resume "$work/d" --quiet --json
expect_equal "$(column status "$work/out" | grep -c '^ok$')" 2 "rows after the cache was emptied"

# Two runners never write one journal; another campaign's folder is refused.
"$dli" bench null:1x3x8x8 -f null --time 2s --quiet --out "$work/c" >/dev/null 2>&1 &
runner=$!
for _ in $(seq 1000); do
    grep -q '"begin"' "$work/c/journal.jsonl" 2>/dev/null && break
    sleep 0.01
done
expect_status 2 "$dli" bench --resume "$work/c" --quiet
expect_text "another run of DLI" "$work/err"
wait $runner || fail "the first runner was disturbed"
expect_status 2 "$dli" bench --resume "$work/nothing"
finish
