"""What the page's tests share: pages made by the real program from made-up rows, one browser per test class."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import browser

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
dli = sys.argv.pop(1) if len(sys.argv) > 1 and os.path.sep in sys.argv[1] else os.environ.get("DLI", "dli")


class PageCase(unittest.TestCase):
    width, height, dark = 1400, 1000, False

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="dli-page-")
        cls.page = browser.Browser(cls.width, cls.height, cls.dark)

    @classmethod
    def tearDownClass(cls):
        cls.page.close()
        cls.folder.cleanup()

    def make(self, *kind):
        """The rows of make_rows KIND, and the page that `dli report` writes of them."""
        name = os.path.join(self.folder.name, "-".join(kind))
        if not os.path.exists(name + ".html"):
            with open(name + ".jsonl", "wb") as out:
                subprocess.run([HERE / "make_rows", *kind], stdout=out, check=True)
            subprocess.run(
                [dli, "report", name + ".jsonl", "--html", name + ".html", "--csv", name + ".csv"], check=True
            )
        with open(name + ".jsonl", encoding="utf-8") as lines:
            records = map(json.loads, lines)
            rows = [record["row"] for record in records if record["record"] == "row"]
        return name + ".html", rows

    def show(self, *kind, state=""):
        path, rows = self.make(*kind)
        self.page.open(path, f"#{state}" if state else "")
        return rows

    def texts(self, selector):
        return self.page.run(
            f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.textContent)"
        )

    def column(self, name):
        """The cells on show of one column of the table."""
        return self.page.run(
            f"(() => {{ const at = [...document.querySelectorAll('.grid thead th')].findIndex((th) => th.dataset.id === "
            f"'{name}'); return [...document.querySelectorAll('.grid tr.row')].map((line) => line.cells[at].textContent.trim()); }})()"
        )

    def act(self, script):
        """Runs a script that changes the view, then waits until everything is drawn again."""
        before = self.page.run("Number(document.documentElement.dataset.ready)")
        self.page.run(script)
        self.page.wait_for(f"Number(document.documentElement.dataset.ready) > {before}")

    def assert_quiet(self):
        self.assertEqual(self.page.complaints(), [])


def number(text):
    return float(text.replace("\u202f", "").replace("\u2007", "").replace("\u2008", "").strip())


def main():
    if not browser.find():
        print("skipped: no Chromium on this machine (make setup installs it; or set CHROMIUM to its path)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
