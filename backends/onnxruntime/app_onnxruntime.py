"""ONNX Runtime as a Python application uses it: the onnxruntime wheel's public API."""
import onnxruntime as ort

FORMATS, CAPABILITIES = ("onnx",), ("concurrent", "contexts")  # Run may be called from several threads on one session
PROVIDERS = {name.removesuffix("ExecutionProvider"): name for name in ort.get_available_providers()}


def probe():
    return ort.__version__, list(PROVIDERS.items())


def ports(side, given):
    dims = [[old if isinstance(old, int) else new for old, new in zip(port.shape, given.get(port.name, [-1] * 8))] for port in side]
    return [(port.name, port.type[len("tensor("):-1], dim) for port, dim in zip(side, dims)]


class App:
    def __init__(self, path, settings):
        self.path, self.settings, self.shapes = path, settings, {}
        wrong = [word for word in ("hint", "streams", "pin") if settings.get(word)]
        if wrong or settings["precision"] not in ("f32", "none"):
            raise NotImplementedError(f"{(wrong + ['precision'])[0]}: no such setting in ONNX Runtime's Python API")
        self.open()

    inputs = property(lambda self: ports(self.session.get_inputs(), self.shapes))
    outputs = property(lambda self: ports(self.session.get_outputs(), {}))

    def open(self, free=()):
        given, options = dict(self.settings["options"]), ort.SessionOptions()
        self.kind = RunWithBinding if given.pop("binding", "no") == "yes" else Run
        options.intra_op_num_threads = self.settings["threads"]
        if any("." not in key for key in given):
            raise NotImplementedError(f"options of the native host only: {', '.join(given)}")
        [options.add_session_config_entry(key, value) for key, value in given.items()]
        [options.add_free_dimension_override_by_name(name, dim) for name, dim in free]
        if self.settings["device"] not in PROVIDERS:  # the session would fall back to the processor
            raise RuntimeError(f"device {self.settings['device']} is not available: there are {', '.join(PROVIDERS)}")
        self.session = ort.InferenceSession(self.path, options, providers=[PROVIDERS[self.settings["device"]]])

    def reshape(self, shapes):
        pairs = [pair for port in self.session.get_inputs() for pair in zip(port.shape, shapes[port.name])]
        self.shapes = shapes
        self.open([(old, new) for old, new in pairs if isinstance(old, str)])

    def effective(self):
        return {"call": self.kind.__name__, "intra_op_num_threads": self.settings["threads"] or "default", **self.settings["options"]}

    def request(self, done):
        return self.kind(self.session, [name for name, _, _ in self.inputs])


class Run:  # as most applications write it; run() brings the outputs into new arrays itself
    def __init__(self, session, names):
        self.session, self.names = session, names

    def copy_in(self, arrays):
        self.feeds = dict(zip(self.names, arrays))

    def infer(self):
        self.outputs = self.session.run(None, self.feeds)

    def copy_out(self):
        return self.outputs


class RunWithBinding(Run):  # with -o onnxruntime.binding=yes: the three phases apart
    def copy_in(self, arrays):
        if not hasattr(self, "binding"):
            self.values = [ort.OrtValue.ortvalue_from_shape_and_type(array.shape, array.dtype.type) for array in arrays]
            self.binding = self.session.io_binding()
            [self.binding.bind_ortvalue_input(name, value) for name, value in zip(self.names, self.values)]
            [self.binding.bind_output(port.name) for port in self.session.get_outputs()]
        [value.update_inplace(array) for value, array in zip(self.values, arrays)]

    def infer(self):
        self.session.run_with_iobinding(self.binding)

    def copy_out(self):
        return self.binding.copy_outputs_to_cpu()
