#!/usr/bin/env bash
# Frame rates of DLI beside the frameworks' own tools, in interleaved pairs on the same ONNX files.
# Usage: bench/peers/run.sh BUILD-FOLDER [--pairs N] [--seconds S]. Installs the peers (pinned) into .venv-peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: bench/peers/run.sh BUILD-FOLDER [--pairs N] [--seconds S]}
shift
venv=.venv-peers
if [ ! -x "$venv/bin/benchmark_app" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q -r bench/peers/requirements.txt
fi
exec "$venv/bin/python" bench/peers/peers.py "$build/dli" "$@"
