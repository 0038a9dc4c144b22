#!/usr/bin/env bash
# Help, man pages, completion and the reference pages come from one table and are not stale.
. "$(dirname "$0")/lib.sh"

expect_status 0 "$dli"
expect_text "^Commands:" "$work/out"
expect_status 0 "$dli" --version
expect_text "^dli [0-9]+\.[0-9]+\.[0-9]+ " "$work/out"

expect_status 0 "$dli" help docs
cmp "$work/out" docs/commands.md || fail "docs/commands.md is stale: build/dli help docs > docs/commands.md"
expect_status 0 "$dli" report --columns
cmp "$work/out" docs/columns.md || fail "docs/columns.md is stale: build/dli report --columns > docs/columns.md"

# Every command has help with a usage line; every mistake points to it.
sed -n 's/^## dli //p' docs/commands.md >"$work/commands"
while read -r command; do
    # shellcheck disable=SC2086
    expect_status 0 "$dli" $command --help
    expect_text "^Usage: dli $command" "$work/out"
    # shellcheck disable=SC2086
    expect_status 2 "$dli" $command --no-such-option
    expect_text "dli $command --help" "$work/err"
done <"$work/commands"
expect_equal "$(wc -l <"$work/commands")" 15 "documented commands"

expect_status 0 "$dli" help man "$work/man"
expect_equal "$(find "$work/man" -name '*.1' | wc -l)" 15 "man pages"
if command -v mandoc >/dev/null; then
    # A date would make every build differ.
    mandoc -Tlint -Wwarning "$work"/man/*.1 >"$work/lint" 2>&1 || true
    grep -v "missing date" "$work/lint" | head -n 5 && fail "man pages"
fi
expect_status 0 "$dli" help completion bash
bash -n "$work/out" || fail "bash completion"
expect_text "openvino|--framework" "$work/out"
expect_status 0 "$dli" help completion zsh
expect_status 0 "$dli" help completion fish
expect_status 2 "$dli" help completion tcsh

# A closed pipe or a full disk under stdout is an error, not silence.
if [ -w /dev/full ]; then
    status=0
    "$dli" help docs >/dev/full 2>"$work/err" || status=$?
    expect_equal "$status" 3 "exit status with a full disk"
fi
finish
