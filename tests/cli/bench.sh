#!/usr/bin/env bash
# The main job in small: command line, plan file, outputs, exit statuses.
. "$(dirname "$0")/lib.sh"
quick="--framework null --iterations 50 --warmup none"

expect_status 0 "$dli" bench null:1x3x8x8 $quick --batch 1,8 --mode sync,async --requests 1-2 --out "$work/a" \
    --csv "$work/a.csv" --html "$work/a.html" --jsonl "$work/a.jsonl"
expect_equal "$(wc -l <"$work/a.jsonl")" 6 "rows: 2 sync and 4 async"
expect_equal "$(column status "$work/a.jsonl" | sort -u)" ok "status"
expect_equal "$(column iterations "$work/a.jsonl" | sort -u)" 50 "iterations"
cmp "$work/a.csv" "$work/a/results.csv" || fail "--csv and results.csv differ"
expect_equal "$(python3 -c 'import csv,sys; print(len(list(csv.DictReader(open(sys.argv[1], newline="")))))' "$work/a.csv")" 6 "rows of the CSV"
expect_text "<!doctype html>|<!DOCTYPE html>" "$work/a.html"

# JSON lines on stdout and nothing else.
expect_status 0 "$dli" bench null:1x3x8x8 $quick --json --quiet --out "$work/b"
expect_equal "$(column fps "$work/out" | wc -l)" 1 "rows on stdout"
expect_equal "$(wc -c <"$work/err")" 0 "bytes on stderr when quiet"

# The published metrics keep their definitions: fps = batch / latency.
expect_status 0 "$dli" bench null:1x3x8x8 $quick --batch 8 -o null.delay=fixed -o null.delay-us=2000 --json --out "$work/c"
python3 - "$work/out" <<'PY' || fail "fps is not batch / latency"
import json, sys
row = json.loads(open(sys.argv[1]).readline())
assert abs(row["fps"] - 8 / row["latency_ms"] * 1e3) < 1e-3 * row["fps"], row
assert 2.0 <= row["latency_ms"] < 50, row["latency_ms"]
assert row["min_ms"] <= row["p50_ms"] <= row["p99_ms"] <= row["max_ms"], row
PY

# A plan file gives the same tests as the command line.
cat >"$work/plan.yaml" <<'YAML'
defaults: {framework: "null", iterations: 50, warmup: none}
tests:
  - model: null:1x3x8x8
    batch: [1, 8]
YAML
expect_status 0 "$dli" bench --plan "$work/plan.yaml" --json --out "$work/d"
expect_equal "$(column batch "$work/out" | tr '\n' ' ')" "1 8 " "batches"
ids=$(column test_id "$work/out")
expect_status 0 "$dli" bench null:1x3x8x8 $quick --batch 1,8 --json --out "$work/e"
expect_equal "$(column test_id "$work/out")" "$ids" "test ids"

# Repeats are rows of their own; the order can be shuffled.
expect_status 0 "$dli" bench null:1x3x8x8 $quick --repeats 3 --shuffle --json --out "$work/f"
expect_equal "$(column repeat "$work/out" | tr '\n' ' ')" "0 1 2 " "repeats in the order of the plan"

# Replay: the same test, a row of its own.
expect_status 0 "$dli" replay "$work/f" "$(column test_id "$work/out" | sed -n 1p)" --json --out "$work/g"
expect_equal "$(column status "$work/out")" ok "replayed"
expect_status 0 "$dli" replay "$work/f/journal.jsonl" 1 --test
"$dli" worker <"$work/out" >"$work/records" || fail "a worker by hand"
expect_text '"record": *"end"' "$work/records"

# Mistakes say what to do, and exit with 2.
expect_status 2 "$dli" bench
expect_text "no model" "$work/err"
expect_status 2 "$dli" bench null:1x3x8x8 --framwork null
expect_text "did you mean '?--framework" "$work/err"
expect_status 2 "$dli" bench nothing.onnx --framework null
expect_text "no such file" "$work/err"
expect_status 2 "$dli" bench zoo:resnet-51 --framework null
expect_text "did you mean" "$work/err"
expect_status 2 "$dli" bench null:1x3x8x8 --framework null --batch 0-x
expect_status 2 "$dli" bench null:1x3x8x8 $quick --out "$work/a"
expect_text "resume" "$work/err"
expect_status 2 "$dli" bnech
expect_text "did you mean 'dli bench'" "$work/err"
expect_status 2 "$dli" bench null:axb --framework null
expect_text "null:1x3x8x8" "$work/err"
sed 's/iterations: 50/iteratons: 50/' "$work/plan.yaml" >"$work/bad.yaml"
expect_status 2 "$dli" plan check "$work/bad.yaml"
expect_text "bad.yaml:1: .*did you mean 'iterations'" "$work/err"

# A framework that is not there is a result; when nothing was measured the status says so.
expect_status 1 "$dli" bench null:1x3x8x8 --framework nonsense --json --out "$work/h"
expect_equal "$(column status "$work/out")" unavailable "status of a missing framework"
finish
