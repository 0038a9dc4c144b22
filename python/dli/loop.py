"""A loop that times its body with DLI's stop rule, warm-up detection, statistics and noise verdict."""
import json
import math
import time as clock

from . import _core

WARMUPS = {"auto": 0, "none": 2}


class loop(_core.Loop):  # lower case: used like a function
    """Iterate over it; the body is one iteration. Afterwards row() is the row: the columns of docs/columns.md.

    It ends when the 95 % confidence interval of the median is within `precision` (0.01: ±1 %), after `min_time` seconds
    and `min_iterations` at least, `max_time` seconds at most. `iterations` or `time` (seconds) ask for exactly so
    much instead. `warmup`: "auto" (until the series is stationary), "none", or a number of iterations. `batch` samples
    are handled per iteration: fps = batch / median. `name` and further columns describe the row.
    """

    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __init__(self, precision=0.01, *, confidence=0.95, min_time=0.5, max_time=20.0, min_iterations=20, iterations=0,
                 time=0.0, warmup="auto", batch=1, name="python loop", **columns):
        is_count = isinstance(warmup, int) and not isinstance(warmup, bool)
        if not is_count and warmup not in WARMUPS or is_count and warmup < 0:
            raise ValueError(f"warmup is 'auto', 'none' or a number of iterations, not {warmup!r}")
        for what, value in (("min_time", min_time), ("max_time", max_time), ("time", time)):
            if not (math.isfinite(value) and 0 <= value < 1e9):
                raise ValueError(f"{what} is a number of seconds, not {value!r}")
        if batch < 1 or iterations < 0 or min_iterations < 0:
            raise ValueError("batch is at least 1, iterations and min_iterations at least 0")
        super().__init__(precision, confidence, min_time, max_time, min_iterations, iterations, time,
                         1 if is_count else WARMUPS[warmup], warmup if is_count else 0, batch)
        self._row = {"status": "ok", "model": name, "framework": "python", "precision": None, "mode": "sync",
                     "host": "python", "timing": "application", "batch": batch,
                     "started_at": clock.strftime("%Y-%m-%dT%H:%M:%SZ", clock.gmtime())}
        self._row.update(columns)
        self._is_finished = False

    def row(self):
        """The row as a dict. Ends the loop: a loop that was left early gives a failed row."""
        if not self._is_finished:
            measured = json.loads(super().row())
            if measured["stop_reason"] == "error":
                self._row.update(status="failed", error_code="ARG", error="the loop was left before enough was measured")
                for column in ("fps", "fps_low", "fps_high", "throughput_fps"):
                    measured[column] = None
            self._row.update(measured)
            self._row.update(json.loads(_core.machine_row()))
            self._row.update(_core.version())
            self._is_finished = True
        return {column: value for column, value in self._row.items() if value is not None}

    def save(self, path):
        """Appends the row to a file of JSON lines, which `dli report` reads."""
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(self.row()) + "\n")
