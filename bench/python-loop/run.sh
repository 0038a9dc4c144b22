#!/bin/sh
# Cost of dli.loop per iteration, beside timeit: run.sh [BUILD-FOLDER]
set -eu
here=$(dirname "$0")
build=${1:-$here/../../build}
cmake --build "$build" --target python_package >/dev/null
PYTHONPATH=$build/python exec "${DLI_PYTHON:-python3}" "$here/compare.py"
