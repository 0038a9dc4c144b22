#!/bin/sh
# A stranger's backend: the headers and dli.pc are installed, backends/null is copied out of the tree and
# renamed, built with a compiler and pkg-config alone, and loaded by its path.
# usage: run.sh SOURCE-FOLDER BUILD-FOLDER COMPILER; the environment's DLI is the program
set -eu
source=$1
build=$2
cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Only what a stranger is given: no program, no libraries.
cmake --install "$build" --prefix "$work/prefix" --component development >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    fail "cmake --install"
}
pc=$(find "$work/prefix" -name dli.pc)
[ -n "$pc" ] || fail "dli.pc is not installed"

mkdir "$work/acme"
cp "$source"/backends/null/*.[ch] "$work/acme/"
sed -i 's/\.name = "null"/.name = "acme"/; s/{"null", NULL}/{"acme", NULL}/' "$work/acme/null.c"
grep -q '"acme"' "$work/acme/null.c" || fail "the copy could not be renamed"

# The prefix is not the one that was configured, hence --define-variable.
flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --define-variable=prefix="$work/prefix" --cflags --libs dli)
case $flags in *"$source"*) fail "the flags point into the source tree: $flags" ;; esac
(
    cd "$work/acme"
    # shellcheck disable=SC2086 # flags are a list
    "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -fPIC -shared -fvisibility=hidden \
        -o "$work/acme.so" ./*.c $flags -lm -pthread
) || fail "the copy does not build"

printf 'input x f32 1x3x8x8\noutput y f32 1x10\n' >"$work/tiny.acme"
[ -n "${DLI:-}" ] || fail "set DLI to the program"
"$DLI" worker --probe "$work/acme.so" 3>"$work/probe.jsonl" || fail "dli worker --probe"
grep -q '"name": *"acme"' "$work/probe.jsonl" || {
    cat "$work/probe.jsonl"
    fail "the probe does not name the backend"
}
grep -q '"SIM.1"' "$work/probe.jsonl" || fail "the probe does not tell the devices"
"$DLI" bench "$work/tiny.acme" --framework "$work/acme.so" --iterations 20 --out "$work/out" --json --quiet >"$work/row.jsonl" ||
    fail "dli bench with a module by its path"
grep -q '"status": *"ok"' "$work/row.jsonl" && grep -q '"framework": *"acme"' "$work/row.jsonl" || {
    cat "$work/row.jsonl"
    fail "the row of a stranger's backend"
}
echo "a backend built out of the tree was loaded: $(wc -c <"$work/acme.so") bytes"
