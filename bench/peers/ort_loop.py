"""What a Python user of ONNX Runtime writes to time a model: a loop over InferenceSession.run.

Usage: ort_loop.py MODEL.onnx THREADS SECONDS. Prints one line of JSON: {"fps": …, "iterations": …}.
"""
import json
import sys
import time

import numpy
import onnxruntime


def main():
    path, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    generator = numpy.random.default_rng(1)
    feed = {i.name: generator.standard_normal(i.shape, dtype=numpy.float32) for i in session.get_inputs()}
    warm_end = time.perf_counter() + min(1.0, seconds / 4)
    session.run(None, feed)
    while time.perf_counter() < warm_end:
        session.run(None, feed)
    iterations = 0
    start = time.perf_counter()
    end = start + seconds
    while time.perf_counter() < end:
        session.run(None, feed)
        iterations += 1
    elapsed = time.perf_counter() - start
    batch = next(iter(feed.values())).shape[0]
    print(json.dumps({"fps": iterations * batch / elapsed, "iterations": iterations}))


if __name__ == "__main__":
    main()
