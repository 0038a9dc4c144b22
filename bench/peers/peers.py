"""Runs DLI and each framework's own tool in interleaved pairs and prints the ratio of their frame rates.

Every pair measures the same ONNX file with the same device, precision, threads, streams and requests. The ratio is
DLI / peer; its 95 % interval is Student's t over the logarithms of the pairs. A second table compares process start
to first inference. The last line is one line of JSON.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

MODELS = ["zoo:resnet-50", "zoo:mobilenet-v2", "zoo:relu"]
T_95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179}


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class Peers:
    def __init__(self, dli, seconds):
        self.dli = os.path.abspath(dli)
        self.seconds = seconds
        self.folder = tempfile.mkdtemp(prefix="dli-peers-")
        self.python = sys.executable
        self.benchmark_app = os.path.join(os.path.dirname(sys.executable), "benchmark_app")

    def model_file(self, spec):
        path = os.path.join(self.folder, spec.replace(":", "-") + ".onnx")
        run([self.dli, "zoo", "write", spec, "--out", path])
        return path

    def dli_row(self, path, framework, mode, threads, streams, requests, extra=()):
        out = tempfile.mkdtemp(dir=self.folder)
        command = [self.dli, "bench", path, "--framework", framework, "--mode", mode, "--timing", "inference",
                   "--threads", str(threads), "--out", out, "--json", *extra]
        if mode == "async":
            command += ["--requests", str(requests)]
            if framework == "openvino":
                command += ["--streams", str(streams)]
        rows = [json.loads(line) for line in run(command).splitlines() if line.startswith("{")]
        if len(rows) != 1 or rows[0]["status"] != "ok":
            sys.exit(f"{' '.join(command)}\ngave {rows}")
        return rows[0]

    def dli_fps(self, *test):
        row = self.dli_row(*test, extra=("--time", f"{self.seconds}s"))
        return row["throughput_fps"]

    def openvino_fps(self, path, mode, threads, streams, requests):
        report = tempfile.mkdtemp(dir=self.folder)
        command = [self.benchmark_app, "-m", path, "-d", "CPU", "-api", mode, "-hint", "none", "-ip", "f32",
                   "-infer_precision", "f32", "-nthreads", str(threads), "-t", str(self.seconds),
                   "-report_type", "no_counters", "-json_stats", "-report_folder", report]
        if mode == "async":
            command += ["-nstreams", str(streams), "-nireq", str(requests)]
        run(command)
        with open(os.path.join(report, "benchmark_report.json"), encoding="utf-8") as file:
            return float(json.load(file)["execution_results"]["throughput"])

    def onnxruntime_fps(self, path, threads):
        script = os.path.join(os.path.dirname(__file__), "ort_loop.py")
        return json.loads(run([self.python, script, path, str(threads), str(self.seconds)]))["fps"]

    def start_ms(self, path, framework):
        """Start of the process to the end of its first inference; of a peer, whose first is its only one, to its end."""
        row = self.dli_row(path, framework, "sync", 1, 0, 1, extra=("--iterations", "1", "--warmup", "none"))
        script = os.path.join(os.path.dirname(__file__), "ort_loop.py")
        peer = {"openvino": [self.benchmark_app, "-m", path, "-d", "CPU", "-api", "sync", "-hint", "none", "-niter", "1"],
                "onnxruntime": [self.python, script, path, "1", "0"]}[framework]
        begin = time.monotonic()
        run(peer)
        return row["start_to_first_inference_ms"], (time.monotonic() - begin) * 1e3


def ratio(ours, theirs):
    """Geometric mean of the pairs' ratios with its 95 % interval."""
    logs = [math.log(a / b) for a, b in zip(ours, theirs)]
    mean = statistics.fmean(logs)
    half = T_95.get(len(logs) - 1, 1.96) * statistics.stdev(logs) / math.sqrt(len(logs))
    return {"ratio": math.exp(mean), "low": math.exp(mean - half), "high": math.exp(mean + half),
            "dli_fps": statistics.median(ours), "peer_fps": statistics.median(theirs), "pairs": len(logs)}


def paired(name, pairs, ours, theirs):
    a, b = [], []
    for number in range(pairs):
        # The order alternates, so that drift of the machine favours neither.
        for which in ((0, 1), (1, 0))[number % 2]:
            (a if which == 0 else b).append(ours() if which == 0 else theirs())
    result = ratio(a, b)
    print(f"{name:46s} {result['dli_fps']:11.1f} {result['peer_fps']:11.1f}   "
          f"{result['ratio']:.3f} [{result['low']:.3f}, {result['high']:.3f}]", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dli")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--model", action="append")
    arguments = parser.parse_args()
    peers = Peers(arguments.dli, arguments.seconds)
    results = {}
    cores = os.cpu_count()
    print(f"{'model, framework, mode':46s} {'DLI FPS':>11s} {'peer FPS':>11s}   DLI / peer [95 % interval]")
    for spec in arguments.model or MODELS:
        path = peers.model_file(spec)
        for mode, threads, streams, requests in (("sync", 1, 0, 1), ("sync", cores, 0, 1), ("async", cores, cores, cores)):
            name = f"{spec} openvino {mode} threads={threads}" + (f" requests={requests}" if mode == "async" else "")
            test = (path, "openvino", mode, threads, streams, requests)
            results[name] = paired(name, arguments.pairs, lambda: peers.dli_fps(*test),
                                   lambda: peers.openvino_fps(path, mode, threads, streams, requests))
        for threads in (1, cores):
            name = f"{spec} onnxruntime sync threads={threads}"
            results[name] = paired(name, arguments.pairs, lambda: peers.dli_fps(path, "onnxruntime", "sync", threads, 0, 1),
                                   lambda: peers.onnxruntime_fps(path, threads))
    starts = {}
    for framework in ("openvino", "onnxruntime"):
        path = peers.model_file("zoo:relu")
        pairs = [peers.start_ms(path, framework) for _ in range(arguments.pairs)]
        ours, theirs = (statistics.median(column) for column in zip(*pairs))
        starts[framework] = {"dli": ours, "peer": theirs, "ratio": ours / theirs}
        print(f"process start to first inference, {framework}, one operator: DLI {ours:.0f} ms, peer {theirs:.0f} ms, "
              f"ratio {ours / theirs:.3f}")
    print(json.dumps({"benchmark": "peers", "fps": results, "start_ms": starts}))


if __name__ == "__main__":
    main()
