"""The Python examples of docs/python.md run."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

import common


class Docs(unittest.TestCase):
    def test_examples(self):
        with open(os.path.join(common.SOURCE, "docs", "python.md"), encoding="utf-8") as file:
            examples = re.findall(r"^```python\n(.*?)^```", file.read(), re.M | re.S)
        self.assertGreaterEqual(len(examples), 2)
        with tempfile.TemporaryDirectory() as folder:
            for example in examples:
                done = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, example + done.stderr)

    def test_every_argument_is_told(self):
        import inspect

        import dli

        with open(os.path.join(common.SOURCE, "docs", "python.md"), encoding="utf-8") as file:
            text = file.read()
        for name in list(inspect.signature(dli.loop.__init__).parameters)[1:]:
            self.assertTrue(f"`{name}`" in text or name == "columns", name)

    def test_applications_are_short(self):
        apps = [path for path in subprocess.run(["git", "-C", common.SOURCE, "ls-files", "backends/*/app_*.py"], check=True,
                                                capture_output=True, text=True).stdout.split()]
        self.assertGreaterEqual(len(apps), 2)
        for path in apps:
            with open(os.path.join(common.SOURCE, path), encoding="utf-8") as file:
                self.assertLessEqual(len(file.readlines()), 80, path)


if __name__ == "__main__":
    unittest.main()
