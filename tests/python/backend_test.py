"""dli.Backend: any backend module driven from Python."""
import os
import tempfile
import unittest

import numpy

import common
import dli


class Backend(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "m.txt")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("input data f32 2x3\noutput result f32 2x5\n")

    def tearDown(self):
        self.folder.cleanup()

    def test_infer(self):
        backend = dli.Backend("null", self.path, batch=2)
        self.assertEqual(backend.inputs, [("data", "f32", (2, 3))])
        self.assertEqual(backend.outputs, [("result", "f32", (2, 5))])
        (output,) = backend.infer(numpy.ones((2, 3), "float32"))
        self.assertEqual((output.shape, output.dtype), ((2, 5), numpy.float32))
        (again,) = backend.infer(numpy.ones((2, 3), "float32"))
        self.assertTrue(numpy.array_equal(output, again))

    def test_open_shapes(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("input data f32 ?x3\noutput result f32 ?x5\noutput boxes i64 *x4\n")
        backend = dli.Backend("null", self.path, batch=2, shapes={"data": (2, 3)})
        self.assertEqual(backend.inputs, [("data", "f32", (2, 3))])
        result, boxes = backend.infer(numpy.ones((2, 3), "float32"))
        self.assertEqual((result.shape, boxes.shape[1:], boxes.dtype), ((2, 5), (4,), numpy.int64))

    def test_asynchronous_backend_is_awaited(self):
        backend = dli.Backend("null", self.path, batch=2, options={"async-threads": 1, "delay-us": 100, "delay": "fixed"})
        self.assertEqual(len([backend.infer(numpy.ones((2, 3), "float32")) for _ in range(50)]), 50)

    def test_wrong_arrays(self):
        backend = dli.Backend("null", self.path, batch=2)
        for arrays in ((), (numpy.ones((2, 4), "float32"),), (numpy.ones((2, 3), "float32"),) * 2):
            with self.assertRaises(ValueError):
                backend.infer(*arrays)

    def test_failures(self):
        for name, path, options, code in (("null", "/no/such", {}, "NOTFOUND"), ("no-such", self.path, {}, "NOTFOUND"),
                                          ("null", self.path, {"fault": "error", "fault-at": "load"}, None),
                                          ("null", self.path, {"delay-us": "x"}, "ARG")):
            with self.assertRaises(dli.Error) as caught:
                dli.Backend(name, path, batch=2, options=options)
            self.assertTrue(code is None or caught.exception.code == code, caught.exception)
            self.assertTrue(str(caught.exception))
        with self.assertRaises(ValueError):
            dli.Backend("null", self.path, batch=2, shapes={"nothing": (1, 2)})

    def test_loads_and_unloads_without_growth(self):
        import resource

        def grow(count):
            for _ in range(count):
                dli.Backend("null", self.path, batch=2).infer(numpy.ones((2, 3), "float32"))
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = grow(20)
        self.assertLess(grow(300) - before, 2000, "KiB")

    def test_agrees_with_the_frameworks_own_python(self):
        if "onnxruntime" not in common.usable("onnxruntime"):
            self.skipTest("needs onnxruntime on both hosts: make runtimes python")
        import onnxruntime

        (test,) = common.resolve("zoo:squeezenet1.1?input=64", "-f", "onnxruntime")
        path = test["models"][0]["path"]
        x = numpy.random.default_rng(1).standard_normal((1, 3, 64, 64), "float32")
        own = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"data": x})
        (output,) = dli.Backend("onnxruntime", path).infer(x)
        self.assertTrue(numpy.allclose(own[0], output, rtol=1e-4, atol=1e-6))


if __name__ == "__main__":
    unittest.main()
