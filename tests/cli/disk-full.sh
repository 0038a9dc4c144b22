#!/usr/bin/env bash
# A full disk: a clear message, exit status 3, the rows before it intact, and a resume once there is room.
. "$(dirname "$0")/lib.sh"
disk=$work/disk
mkdir -p "$disk"
if ! mount -t tmpfs -o size=600k tmpfs "$disk" 2>/dev/null; then
    echo "skipped: a small tmpfs cannot be mounted here (needs root and CAP_SYS_ADMIN)"
    exit 77
fi
trap 'umount "$disk"' EXIT

expect_status 3 "$dli" bench null:1x3x8x8 -f null --batch 1-200 --iterations 20 --warmup none --out "$disk/a"
expect_text "No space left on device" "$work/err"
expect_text "dli bench --resume" "$work/err"
rows=$(grep -c '"record": *"row"' "$disk/a/journal.jsonl")
[ "$rows" -ge 1 ] && [ "$rows" -lt 200 ] || fail "$rows rows before the disk was full"
python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    json.loads(line)' "$disk/a/journal.jsonl" || fail "the journal is not whole"
checks=$((checks + 2))

mount -o remount,size=64m "$disk"
expect_status 0 "$dli" bench --resume "$disk/a" --quiet --json
expect_equal "$(column status "$work/out" | grep -c '^ok$')" 200 "rows after the resume"
finish
