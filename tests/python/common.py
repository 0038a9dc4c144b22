"""What the tests share: the two workers and tests for them."""
import json
import os
import subprocess
import sys

BUILD = os.environ["DLI_BUILD"]
DLI = os.path.join(BUILD, "dli")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKERS = {"native": [DLI, "worker"], "python": [sys.executable, os.path.join(BUILD, "python")]}


def columns():
    with open(os.path.join(SOURCE, "docs", "columns.md"), encoding="utf-8") as file:
        return {line.split("`")[1] for line in file if line.startswith("| `")}


def resolve(*arguments):
    """The tests that a command line stands for, models found."""
    done = subprocess.run([DLI, "plan", "show", "--json", "--resolve", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["tests"]


def work(host, test, **changes):
    """Records of a worker, which must end with status 0."""
    text = test if isinstance(test, str) else json.dumps({**test, "host": host, **changes})
    done = subprocess.run(WORKERS[host], input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"record"')]


def only(records, kind):
    found = [record for record in records if record["record"] == kind]
    assert len(found) == 1, (kind, records)
    return found[0]


def usable(*frameworks):
    """Those that both hosts can run here."""
    found = []
    for name in frameworks:
        told = [subprocess.run([*line, "--probe", name], capture_output=True, text=True).stdout for line in WORKERS.values()]
        if all('"record": "backend"' in text or '"record":"backend"' in text for text in told) and not any('"error"' in t for t in told):
            found.append(name)
    return found
