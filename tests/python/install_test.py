"""The package installs with pip into a fresh environment and needs nothing but itself for the loop."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import common

LOOP = """
import dli
loop = dli.loop(iterations=10, warmup="none")
for _ in loop: pass
row = loop.row()
assert row["iterations"] == 10 and row["status"] == "ok", row
assert dli.__file__.startswith(%r), dli.__file__
try:
    dli.Backend
    raise SystemExit("Backend without NumPy")
except ImportError as error:
    assert "numpy" in str(error), error
"""


def run(*command, **options):
    options.setdefault("env", {key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


class Install(unittest.TestCase):
    def test_fresh_environment(self):
        with tempfile.TemporaryDirectory() as folder:
            # A copy, because pip builds in place and other builds may be going on.
            tree = os.path.join(folder, "tree")
            for part in ("src", "include", "python", "backends"):
                shutil.copytree(os.path.join(common.SOURCE, part), os.path.join(tree, part),
                                ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
            shutil.copy(os.path.join(common.SOURCE, "CMakeLists.txt"), tree)
            offline = ("--no-index", "--no-deps", "--disable-pip-version-check", "--quiet")
            run(sys.executable, "-m", "pip", "wheel", *offline, "--no-build-isolation", "-w", folder, os.path.join(tree, "python"))
            (wheel,) = glob.glob(os.path.join(folder, "dli-*.whl"))
            self.assertIn("-cp39-abi3-", wheel)
            fresh = os.path.join(folder, "fresh")
            run(sys.executable, "-m", "venv", fresh)
            python = os.path.join(fresh, "bin", "python")
            run(python, "-m", "pip", "install", *offline, wheel)
            run(python, "-c", LOOP % fresh, cwd=folder)
            told = run(python, "-m", "dli.worker", input="{}", cwd=folder)
            records = [json.loads(line) for line in told.splitlines()]
            self.assertEqual([record["record"] for record in records], ["hello", "error", "end"])
            self.assertEqual(records[1]["code"], "UNAVAILABLE")
            self.assertIn("setup-python", records[1]["text"])


if __name__ == "__main__":
    unittest.main()
