"""OpenVINO as a Python application uses it: the openvino wheel's public API."""
import openvino as ov

FORMATS = ("openvino", "onnx", "tflite", "tensorflow", "paddle")
CAPABILITIES = ("async", "contexts")
TOLD = ("EXECUTION_DEVICES", "PERFORMANCE_HINT", "INFERENCE_PRECISION_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS",
        "ENABLE_CPU_PINNING")


def probe():
    core = ov.Core()
    return ov.get_version(), [(device, core.get_property(device, "FULL_DEVICE_NAME")) for device in core.available_devices]


def ports(side, kind):
    for index, port in enumerate(side):
        shape = port.get_partial_shape()
        dims = [-1] if shape.rank.is_dynamic else [-1 if dim.is_dynamic else dim.get_length() for dim in shape]
        name = port.get_any_name() if port.get_names() else f"{kind}{index}"
        yield name, port.get_element_type().get_type_name(), dims


class App:
    def __init__(self, path, settings):
        self.core, self.settings = ov.Core(), settings
        self.model = self.core.read_model(path, settings["weights_path"] or "")
        self.is_pending = settings["is_async"]

    inputs = property(lambda self: list(ports(self.model.inputs, "input")))
    outputs = property(lambda self: list(ports(self.model.outputs, "output")))

    def reshape(self, shapes):
        self.model.reshape({self.model.input(index): ov.PartialShape(dims) for index, dims in enumerate(shapes.values())})

    def properties(self):
        s, given = self.settings, {}
        if s["precision"] in ("f32", "f16", "bf16"):
            given["INFERENCE_PRECISION_HINT"] = s["precision"]
        elif s["precision"] != "none":
            raise NotImplementedError(f"precision {s['precision']} is no setting of OpenVINO: quantise the model and use none")
        if s["hint"]:
            given["PERFORMANCE_HINT"] = s["hint"].upper()
            if s["requests"]:
                given["PERFORMANCE_HINT_NUM_REQUESTS"] = str(s["requests"])
        if s["threads"]:
            given["INFERENCE_NUM_THREADS"] = str(s["threads"])
        if s["streams"]:
            given["NUM_STREAMS"] = str(s["streams"])
        if "pin" in s:
            given["ENABLE_CPU_PINNING"] = "YES" if s["pin"] else "NO"
        return {**given, **s["options"]}

    def compile(self):
        self.model = self.core.compile_model(self.model, self.settings["device"], self.properties())
        self.optimal_requests = self.model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")

    def effective(self):
        known = set(self.model.get_property("SUPPORTED_PROPERTIES"))
        told = {key: self.model.get_property(key) for key in dict.fromkeys([*TOLD, *self.settings["options"]]) if key in known}
        return {**told, "call": "start_async" if self.is_pending else "infer"}

    def request(self, done):
        return Request(self.model.create_infer_request(), done)


class Request:
    def __init__(self, request, done):
        self.infer = request.start_async if done else request.infer
        self.inputs = [tensor.data for tensor in request.input_tensors]
        is_open = any(port.partial_shape.is_dynamic for port in request.model_outputs)  # then each inference makes its own
        self.outputs = (lambda: request.output_tensors) if is_open else request.output_tensors.copy
        if done:
            request.set_callback(lambda _: done(), None)

    def copy_in(self, arrays):
        for tensor, array in zip(self.inputs, arrays):
            tensor[:] = array

    def copy_out(self):
        return [tensor.data.copy() for tensor in self.outputs()]
