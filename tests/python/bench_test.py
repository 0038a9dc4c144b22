"""`dli bench --host native,python`: both kinds of rows, and what happens without a Python."""
import json
import os
import subprocess
import tempfile
import unittest

import common

QUICK = ("--iterations", "5", "--warmup", "none", "--quiet", "--json")


class Bench(unittest.TestCase):
    def bench(self, *arguments, python=None):
        environment = dict(os.environ)
        if python is not None:
            environment["DLI_PYTHON"] = python
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([common.DLI, "bench", *arguments, *QUICK, "--out", os.path.join(folder, "out")],
                                  capture_output=True, text=True, env=environment)
        return done.returncode, {(row["framework"], row["host"]): row for row in map(json.loads, done.stdout.splitlines())}

    def test_both_hosts(self):
        frameworks = ["null", *common.usable("openvino", "onnxruntime")]
        for name in frameworks:
            model = "null:1x3x8x8" if name == "null" else "zoo:squeezenet1.1?input=64"
            status, rows = self.bench(model, "-f", name, "--host", "native,python")
            self.assertEqual(status, 0)
            self.assertEqual([(row["status"], row["iterations"]) for row in rows.values()], [("ok", 5)] * 2)
            self.assertNotEqual(rows[name, "native"]["test_id"], rows[name, "python"]["test_id"])
            self.assertIn("python_api=", rows[name, "python"]["effective_settings"])
            self.assertGreater(rows[name, "python"]["process_start_ms"], 0)
            self.assertLessEqual(set(rows[name, "python"]), common.columns())

    def test_no_python_is_a_row_with_what_to_do(self):
        for python in ("/no/such/python", "no-such-python"):
            status, rows = self.bench("null:1x3x8x8", "-f", "null", "--host", "native,python", python=python)
            self.assertEqual(status, 0, "what cannot be had does not count as a failure")
            self.assertEqual(rows["null", "native"]["status"], "ok")
            self.assertEqual(rows["null", "python"]["status"], "unavailable")
            self.assertIn("run tools/setup-python", rows["null", "python"]["error"])

    def test_python_without_packages(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = os.path.join(folder, "python")
            with open(bare, "w", encoding="utf-8") as file:
                file.write(f'#!/bin/sh\nexec {os.environ["DLI_PYTHON"]} -S "$@"\n')  # -S: without site-packages
            os.chmod(bare, 0o755)
            status, rows = self.bench("null:1x3x8x8", "-f", "null", "--host", "python", python=bare)
        self.assertEqual(status, 1)
        self.assertEqual(rows["null", "python"]["status"], "unavailable")
        self.assertIn("NumPy", rows["null", "python"]["error"])

    def test_crash_and_hang_are_rows(self):
        for fault, word in (("segv", "crashed"), ("hang", "timeout")):
            _, rows = self.bench("null:1x3x8x8", "-f", "null", "--host", "python", "-o", f"null.fault={fault}", "--timeout", "5s")
            self.assertEqual(rows["null", "python"]["status"], word)


if __name__ == "__main__":
    unittest.main()
