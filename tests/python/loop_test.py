"""dli.loop: rows, counts, ends."""
import json
import os
import subprocess
import tempfile
import unittest

import common
import dli


class Loop(unittest.TestCase):
    def test_row_has_the_columns_of_the_tables(self):
        loop = dli.loop(iterations=100, warmup="none", name="sum", batch=4)
        for _ in loop:
            sum(range(1000))
        row = loop.row()
        self.assertLessEqual(set(row), common.columns())
        self.assertEqual((row["status"], row["model"], row["host"], row["iterations"], row["stop_reason"]),
                         ("ok", "sum", "python", 100, "fixed"))
        self.assertAlmostEqual(row["fps"] * row["latency_ms"], 4000, delta=0.01)
        self.assertTrue(row["min_ms"] <= row["p50_ms"] <= row["p99_ms"] <= row["max_ms"])
        self.assertIn(row["verdict"], ("valid", "noisy", "invalid"))
        self.assertTrue(row["cpu"] and row["dli_commit"] and row["started_at"].endswith("Z"))

    def test_body_runs_as_often_as_said(self):
        calls = 0
        loop = dli.loop(iterations=50, warmup=7)
        for _ in loop:
            calls += 1
        row = loop.row()
        self.assertEqual((row["iterations"], row["warmup_iterations"], calls), (50, 7, 57))

    def test_stops_by_precision_or_time(self):
        for precision, reason in ((0.9, "precision"), (1e-9, "time")):
            loop = dli.loop(precision=precision, min_time=0.01, max_time=0.3)
            for _ in loop:
                sum(range(300))
            row = loop.row()
            self.assertEqual(row["stop_reason"], reason)
            self.assertEqual(row.get("precision_reached_frac", 9) <= precision, reason == "precision")
        self.assertRegex(row["verdict_reasons"], "instead of|too few samples")

    def test_left_early_is_a_failed_row(self):
        loop = dli.loop()
        for _ in loop:
            break
        row = loop.row()
        self.assertEqual((row["status"], row["error_code"]), ("failed", "ARG"))
        self.assertNotIn("fps", row)
        self.assertEqual(list(loop), [], "a loop that has ended stays so")

    def test_what_the_body_raises_comes_through(self):
        with self.assertRaises(ZeroDivisionError):
            for _ in dli.loop():
                1 / 0

    def test_wrong_arguments(self):
        for arguments in ({"precision": 0}, {"precision": 2}, {"confidence": 1}, {"warmup": "some"}, {"warmup": -1},
                          {"batch": 0}, {"max_time": float("nan")}, {"max_time": -1}, {"iterations": -1}):
            with self.assertRaises((ValueError, dli.Error), msg=str(arguments)):
                dli.loop(**arguments)

    def test_report_reads_what_save_wrote(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.jsonl")
            for name in ("first", "second"):
                loop = dli.loop(iterations=10, warmup="none", name=name)
                for _ in loop:
                    pass
                loop.save(path)
            done = subprocess.run([common.DLI, "report", path, "--json"], check=True, capture_output=True, text=True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(row["model"], row["iterations"]) for row in rows], [("first", 10), ("second", 10)])

    def test_objects_are_freed(self):
        import resource

        def grow(count):
            for _ in range(count):
                for _ in dli.loop(iterations=1, warmup="none"):
                    pass
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = grow(20)
        self.assertLess(grow(200) - before, 20000, "KiB kept by 200 loops of 0.3 MB each")


if __name__ == "__main__":
    unittest.main()
