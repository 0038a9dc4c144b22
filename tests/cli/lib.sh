# Shared by the scripts of this folder: source it with the script's arguments. Sets dli and work, an empty folder.
set -euo pipefail
dli=$1
work=$2
rm -rf "$work"
mkdir -p "$work"
# Models and references of the test stay in the test's own folder.
export DLI_CACHE_DIR=$work/cache
export NO_COLOR=1
checks=0

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect_status STATUS COMMAND...: output goes to $work/out and $work/err
expect_status() {
    local wanted=$1 got=0
    shift
    "$@" >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" -ne "$wanted" ]; then
        tail -n 20 "$work/err" >&2
        fail "exit status $got instead of $wanted: $*"
    fi
    checks=$((checks + 1))
}

# expect_text PATTERN FILE
expect_text() {
    grep -qE -- "$1" "$2" || {
        head -n 30 "$2" >&2
        fail "no '$1' in $2"
    }
    checks=$((checks + 1))
}

# expect_equal GOT WANTED WHAT
expect_equal() {
    [ "$1" = "$2" ] || fail "$3: '$1' instead of '$2'"
    checks=$((checks + 1))
}

# A worker run by hand writes its records to descriptor 3 if it is open: the test's own caller may have left one.
exec 3>&-

# column NAME FILE.jsonl: the values of a column, one a line
column() {
    python3 -c '
import json, sys
for line in open(sys.argv[2], encoding="utf-8"):
    value = json.loads(line).get(sys.argv[1])
    print("" if value is None else value)' "$1" "$2"
}

finish() {
    echo "$checks checks passed"
}
