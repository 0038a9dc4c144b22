"""The Python worker's records equal the native one's."""
import json
import unittest

import common

ERRORS = (("not JSON", "PARSE"), ("{}", "PARSE"), ('{"schema": 1, "unknown": 1}', "PARSE"))
QUICK = {"iterations": 20, "warmup": "none"}
FRAMEWORKS = common.usable("openvino", "onnxruntime")


def outline(records):
    return [(record["record"], record.get("phase"), record.get("state")) for record in records]


class Equality(unittest.TestCase):
    def compare(self, test, **changes):
        """Both workers on a test; returns their records by kind."""
        test = {**test, "measure": {**test["measure"], **QUICK}}
        got = {host: common.work(host, test, **changes) for host in ("native", "python")}
        self.assertEqual(outline(got["native"]), outline(got["python"]))
        sides = []
        for host in ("native", "python"):
            sides.append({kind: common.only(got[host], kind) for kind in ("hello", "io", "settings", "check", "result", "framework")})
        native, python = sides
        for kind in ("hello", "result"):
            self.assertEqual(list(native[kind]), list(python[kind]), kind)
        self.assertEqual(set(native["result"]["row"]), set(python["result"]["row"]))
        self.assertEqual(native["io"], python["io"])
        self.assertEqual(native["check"], python["check"], "inputs, outputs and check are the same to the bit")
        for word in ("dli_version", "dli_commit", "build_type"):
            self.assertEqual(native["hello"][word], python["hello"][word])
        for word in ("iterations", "requests", "warmup_iterations", "stop_reason"):
            self.assertEqual(native["result"]["row"][word], python["result"]["row"][word])
        self.assertEqual(native["result"]["histogram"]["count"], python["result"]["histogram"]["count"])
        return native, python

    def test_null(self):
        (test,) = common.resolve("null:1x3x8x8", "-f", "null")
        _, python = self.compare(test)
        self.assertIn("dli.Backend", python["settings"]["effective"]["python_api"])

    def test_frameworks(self):
        for name in FRAMEWORKS:
            for batch in ("1", "3"):
                (test,) = common.resolve("zoo:squeezenet1.1?input=64", "-f", name, "-t", "1", "-b", batch)
                with self.subTest(framework=name, batch=batch):
                    native, python = self.compare(test)
                    self.assertEqual(python["check"]["check"], "agrees")
                    self.assertEqual(python["settings"]["effective"]["python_api"], name)
                    self.assertEqual(native["framework"]["framework_version"].split("-")[0],
                                     python["framework"]["framework_version"].split("-")[0])

    def test_async(self):
        parallelism = {"openvino": "native-async", "onnxruntime": "concurrent-submit", "null": "contexts"}
        for name in (*FRAMEWORKS, "null"):
            model = "null:1x3x8x8" if name == "null" else "zoo:squeezenet1.1?input=64"
            (test,) = common.resolve(model, "-f", name, "-t", "1" if name != "null" else "0", "-m", "async", "-r", "3")
            with self.subTest(framework=name):
                test["measure"].update(iterations=60, warmup="none")
                records = common.work("python", test)
                row = common.only(records, "result")["row"]
                self.assertEqual((row["iterations"], row["requests"]), (60, 3))
                self.assertEqual(common.only(records, "framework")["parallelism"], parallelism[name])
                if name != "null":
                    self.assertEqual(common.only(records, "check")["check"], "agrees")

    def test_inference_timing_has_no_phases(self):
        (test,) = common.resolve("null:1x3x8x8", "-f", "null", "--timing", "inference")
        native, python = self.compare(test)
        self.assertNotIn("copy_in_ms", python["result"]["row"])

    def test_slow_copy_is_seen_in_copy_in(self):
        (test,) = common.resolve("null:1x3x8x8", "-f", "null", "-o", "null.copy-in-us=3000")
        for side in self.compare(test):
            row = side["result"]["row"]
            self.assertGreater(row["copy_in_ms"], row["infer_ms"])
            self.assertGreater(row["copy_share_frac"], 0.5)

    def test_wrong_outputs_are_seen(self):
        if "onnxruntime" not in FRAMEWORKS:
            self.skipTest("needs onnxruntime on both hosts: make runtimes python")
        (test,) = common.resolve("zoo:squeezenet1.1?input=64", "-f", "onnxruntime")
        test["seed"] = 2  # other inputs than the reference was made for
        test["measure"].update(QUICK)
        self.assertEqual(common.only(common.work("python", test), "check")["check"], "disagrees")


class Errors(unittest.TestCase):
    def test_test_that_is_no_test(self):
        for text, code in ERRORS:
            records = common.work("python", text)
            self.assertEqual([record["record"] for record in records], ["hello", "error", "end"])
            self.assertEqual(common.only(records, "error")["code"], code)

    def test_other_host(self):
        (test,) = common.resolve("null:1x3x8x8", "-f", "null")
        for worker, host, code in (("python", "native", "ARG"), ("native", "python", "UNAVAILABLE")):
            error = common.only(common.work(worker, json.dumps({**test, "host": host})), "error")
            self.assertEqual(error["code"], code)
        self.assertIn("tools/setup-python", error["text"])

    def test_failures_have_the_native_codes(self):
        (null,) = common.resolve("null:1x3x8x8", "-f", "null")
        changes = [{"framework": "no-such"}, {"path": "/no/such/file"}, {"format": "onnx"}, {"options": {"null.no-such": "1"}},
                   {"options": {"null.fault": "error", "null.fault-at": "inference"}}]
        cases = [{**null["models"][0], **change} for change in changes]
        for name in FRAMEWORKS:
            (test,) = common.resolve("zoo:squeezenet1.1?input=64", "-f", name)
            cases += [{**test["models"][0], **change} for change in ({"path": __file__}, {"precision": "i8"}, {"device": "NOWHERE"})]
        for model in cases:
            with self.subTest(**{key: model[key] for key in ("framework", "path", "format", "precision", "device", "options")}):
                errors = []
                for host in ("native", "python"):
                    found = [record for record in common.work(host, {**null, "models": [model]}) if record["record"] == "error"]
                    errors.append([error["code"] for error in found])
                self.assertEqual(*errors)

    def test_probe(self):
        import subprocess

        for name in ("null", *FRAMEWORKS, "no-such"):
            told = subprocess.run([*common.WORKERS["python"], "--probe", name], check=True, capture_output=True, text=True)
            records = [json.loads(line) for line in told.stdout.splitlines()]
            self.assertEqual([record["record"] for record in records], ["hello", "backend", "end"])
            self.assertEqual("error" in records[1], name == "no-such")
            self.assertTrue(name == "no-such" or records[1]["formats"] and records[1]["version"])


if __name__ == "__main__":
    unittest.main()
