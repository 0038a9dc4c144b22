"""What timing a Python callable costs and answers: dli.loop beside timeit and a hand-written perf_counter loop.

The body does nothing, so what a loop reports is its own error, and what an iteration costs is its own cost. All run in
turn, ROUNDS times, the order changing; figures are medians over the rounds.
"""
import statistics
import time
import timeit

import dli

COUNT = 300_000
ROUNDS = 15


def nothing():
    pass


def bare(count):
    start = time.perf_counter_ns()
    for _ in range(count):
        nothing()
    return (time.perf_counter_ns() - start) / count, None


def dli_loop(count):
    loop = dli.loop(iterations=count, warmup="none")
    start = time.perf_counter_ns()
    for _ in loop:
        nothing()
    return (time.perf_counter_ns() - start) / count, loop.row()["latency_ms"] * 1e6


def timeit_timer(count):
    timer = timeit.Timer(nothing)
    start = time.perf_counter_ns()
    seconds = timer.timeit(count)
    return (time.perf_counter_ns() - start) / count, seconds * 1e9 / count


def by_hand(count):
    samples = []
    start = time.perf_counter_ns()
    for _ in range(count):
        begin = time.perf_counter_ns()
        nothing()
        samples.append(time.perf_counter_ns() - begin)
    cost = (time.perf_counter_ns() - start) / count
    return cost, statistics.median(samples)


LOOPS = (("bare for", bare, "nothing"),
         ("dli.loop", dli_loop, "median ± interval, percentiles, warm-up, noise verdict; ends when it knows"),
         ("timeit.Timer.timeit", timeit_timer, "mean of a count that you choose"),
         ("perf_counter_ns, list", by_hand, "samples; the rest is yours"))


def main():
    costs = {name: [] for name, _, _ in LOOPS}
    told = {name: [] for name, _, _ in LOOPS}
    for round_number in range(ROUNDS):
        for name, run, _ in LOOPS[round_number % len(LOOPS):] + LOOPS[:round_number % len(LOOPS)]:
            cost, answer = run(COUNT)
            costs[name].append(cost)
            told[name].append(answer)
    base = statistics.median(costs["bare for"])
    print(f"{'loop':24}{'ns/iteration':>14}{'over bare for':>15}{'told ns':>10}  answers")
    for name, _, answers in LOOPS:
        cost = statistics.median(costs[name])
        answer = "" if told[name][0] is None else f"{statistics.median(told[name]):.0f}"
        print(f"{name:24}{cost:14.0f}{cost - base:15.0f}{answer:>10}  {answers}")
    over = statistics.median(costs["dli.loop"]) - base
    print(f"goal: dli.loop costs at most 1000 ns over a bare for: {'met' if over <= 1000 else 'missed'} ({over:.0f} ns)")
    return 0 if over <= 1000 else 1


if __name__ == "__main__":
    raise SystemExit(main())
