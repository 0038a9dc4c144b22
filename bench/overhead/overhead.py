#!/usr/bin/env python3
"""Runs bench_overhead, counts system calls with strace, prints a table and one line of JSON.

Every round measures every case once, in short windows, so that a disturbance hits all alike. A
figure is the median of the rounds; «best» is the lowest, which a busy machine spoils least.
"""
import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile

CASES = [
    ("inference", "DLI sync, inference timing"),
    ("application", "DLI sync, application timing"),
    ("async-1", "DLI async, 1 in flight, completed by a thread"),
    ("async-4", "DLI async, 4 in flight, completed by a thread"),
    ("async-64", "DLI async, 64 in flight, completed by a thread"),
    ("loadgen-single", "LoadGen SingleStream, completed in IssueQuery"),
    ("loadgen-single-thread", "LoadGen SingleStream, completed by a thread"),
    ("loadgen-server-thread", "LoadGen Server at any pace, completed by a thread"),
]
# (name, LoadGen's case, DLI's case, goal): like is compared with like.
RATIOS = [
    ("sync_ratio", "loadgen-single", "inference", 10),
    ("async_one_ratio", "loadgen-single-thread", "async-1", 5),
    ("async_many_ratio", "loadgen-server-thread", "async-64", 5),
]
GOALS_NS = {"inference": 100, "application": 160, "async-4": 400}
WINDOW_TRIES = 5


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"overhead: {os.path.basename(command[0])} ended with status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def calls_in_window(trace):
    """System calls of every thread between the two marks, without the marks."""
    inside, calls = False, []
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.match(r"(?:\d+ +)?(\w+)\(", line)
            if '"window opens"' in line:
                inside = True
            elif '"window closes"' in line:
                return calls
            elif inside and match:
                calls.append(match.group(1))
    sys.exit("overhead: the trace holds no window")


def count_calls(program, case, folder):
    """The window with the fewest calls: a loop that another process pushes aside has to sleep and wake."""
    best = None
    for _ in range(WINDOW_TRIES):
        trace = os.path.join(folder, "trace")
        window = run(["strace", "-f", "-qq", "-o", trace, *program, "--window", case], folder)
        calls = calls_in_window(trace)
        window["system_calls"] = len(calls)
        window["futex_calls"] = calls.count("futex")
        if best is None or window["system_calls"] < best["system_calls"]:
            best = window
        if best["system_calls"] == 0:
            break
    return best


def interval(values, rounds=2000):
    """95 % bootstrap interval of the median."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(rounds))
    return medians[int(0.025 * rounds)], medians[int(0.975 * rounds) - 1]


def print_costs(rounds):
    print(f"{'ns per request':52} {'median':>9} {'best':>9} {'1/s':>12}  goal")
    for name, title in CASES:
        values = [one[name] for one in rounds]
        median = statistics.median(values)
        goal = f"<= {GOALS_NS[name]}" if name in GOALS_NS else ""
        print(f"{title:52} {median:9.1f} {min(values):9.1f} {1e9 / median:12,.0f}  {goal}")


def ratios_of(rounds):
    out = {}
    for name, theirs, ours, goal in RATIOS:
        values = [one[theirs] / one[ours] for one in rounds]
        low, high = interval(values)
        best = min(one[theirs] for one in rounds) / min(one[ours] for one in rounds)
        out[name] = {"median": statistics.median(values), "low": low, "high": high, "best_over_best": best, "goal": goal}
        print(f"{name:18} {theirs} / {ours}: {statistics.median(values):.1f} "
              f"[{low:.1f}, {high:.1f}], best over best {best:.1f}, goal >= {goal}")
    return out


def goals_met(figures):
    met = {name + "_ns": figures["ns_per_request"][name] <= goal for name, goal in GOALS_NS.items()}
    met.update({name: ratio["median"] >= ratio["goal"] for name, ratio in figures["ratios"].items()})
    met["allocations"] = all(window["allocations"] == 0 for window in figures["windows"].values())
    # Sleeping and waking is what an asynchronous loop does when it has nothing to do.
    met["system_calls"] = all(window["system_calls"] == window["futex_calls"] for window in figures["windows"].values())
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("module")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    figures = {"bench": "overhead", "rounds": options.rounds, "processors": os.cpu_count(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="dli-overhead-") as folder:
        model = os.path.join(folder, "model.txt")
        with open(model, "w", encoding="utf-8") as file:
            file.write("input data f32 1\noutput prob f32 1\n")
        program = [os.path.realpath(options.program), os.path.realpath(options.module), model]
        rounds = run([*program, "--rounds", str(options.rounds)], folder)
        print_costs(rounds)
        figures["ns_per_request"] = {name: statistics.median(one[name] for one in rounds) for name, _ in CASES}
        figures["best_ns_per_request"] = {name: min(one[name] for one in rounds) for name, _ in CASES}
        figures["ratios"] = ratios_of(rounds)
        figures["windows"] = {name: count_calls(program, name, folder) for name, _ in CASES if "loadgen" not in name}
    for name, window in figures["windows"].items():
        print(f"{name:18} {window['iterations']} requests: {window['allocations']} allocations and frees, "
              f"{window['system_calls']} system calls ({window['futex_calls']} to sleep or wake)")
    figures["goals_met"] = goals_met(figures)
    print("goals met: " + ", ".join(f"{name} {'yes' if is_met else 'NO'}" for name, is_met in figures["goals_met"].items()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
