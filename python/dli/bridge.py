"""What the extension calls while a Python application runs as a backend of the worker.

An application is a module dli/apps/app_<framework>.py (from backends/<framework>/) with

    FORMATS       model formats that it reads
    CAPABILITIES  of "async" (infer() starts, done() follows), "concurrent" (requests run in threads), "contexts"
    probe()       (version, [(device, its name), …])
    App(path, settings)     reads the model; settings: device, precision, threads, streams, requests, hint, pin, is_async, options
        inputs, outputs     [(name, type, dims), …]; -1 is an open dimension
        reshape({input: dims}), effective() -> dict, optional: compile(), is_pending, optimal_requests
        request(done)       an object with copy_in(arrays), infer(), copy_out() -> list of arrays
"""
import importlib
import importlib.util
import json

from .errors import CODES, Error

TYPES = ("none", "f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool")
NUMPY = {"f32": "float32", "f16": "float16", "f64": "float64", "i8": "int8", "u8": "uint8", "i16": "int16", "u16": "uint16",
         "i32": "int32", "u32": "uint32", "i64": "int64", "u64": "uint64", "bool": "bool"}
NAMES = {name: short for short, name in NUMPY.items()}
ALIASES = {**NAMES, "float": "f32", "double": "f64", "bfloat16": "bf16", "boolean": "bool"}  # the frameworks' words
CAPABILITIES = {"async": 1, "concurrent": 2, "contexts": 4}
CLASSES = ((NotImplementedError, "UNSUPPORTED"), (ImportError, "UNAVAILABLE"), (FileNotFoundError, "NOTFOUND"), (OSError, "IO"),
           (MemoryError, "NOMEM"), (ValueError, "ARG"), (TypeError, "ARG"))
# The first that occurs in what a framework says decides; frameworks raise RuntimeError for everything.
TEXTS = (("is not registered", "UNAVAILABLE"), ("is not available", "UNAVAILABLE"), ("Cannot load library", "UNAVAILABLE"),
         ("Unsupported property", "ARG"),
         ("not supported", "UNSUPPORTED"), ("nsupported", "UNSUPPORTED"), ("No conversion rule", "UNSUPPORTED"),
         ("not implemented", "UNSUPPORTED"), ("NOT_IMPLEMENTED", "UNSUPPORTED"), ("INVALID_PROTOBUF", "PARSE"),
         ("INVALID_GRAPH", "PARSE"), ("Unable to read the model", "PARSE"), ("NO_SUCHFILE", "NOTFOUND"))

current = None  # the application's module of this process: a worker runs one test


def code_of(error):
    if isinstance(error, Error):
        return error.code
    for kind, code in CLASSES:
        if isinstance(error, kind):
            return code
    return next((code for part, code in TEXTS if part in str(error)), "RUNTIME")


def explain(error):
    """(number of the code, one line of UTF-8)"""
    lines = [line.strip() for line in str(error).splitlines()]
    told = " ".join(line for line in lines if line and not line.startswith(("Exception from ", "Check '")))
    code = code_of(error)
    if isinstance(error, ImportError):
        told += ": run tools/setup-python, or set DLI_PYTHON to a Python that has it"
    elif not isinstance(error, Error):
        told = f"{type(error).__name__}: {told}"
    return -CODES.index(code), told.encode("utf-8", "replace").replace(b"\0", b"")


def find(framework, module):
    """(application, its formats, capability bits)"""
    global current
    name = f"dli.apps.app_{framework}"
    if module is None and framework and framework.isidentifier() and importlib.util.find_spec(name):
        current = importlib.import_module(name)
    else:
        from .apps import generic

        current = generic.Application(module or framework)
    return current, list(current.FORMATS), sum(CAPABILITIES[word] for word in current.CAPABILITIES)


def probe():
    return current.probe()


def load(module, settings):
    settings = json.loads(settings)
    return module.App(settings["path"], settings)


def describe_io(app):
    def describe_port(name, kind, dims):
        kind = ALIASES.get(kind, kind)
        if kind not in TYPES:
            raise NotImplementedError(f"{name}: element type {kind} is no plain number")
        return name, TYPES.index(kind), tuple(dims)

    return tuple([describe_port(*port) for port in side] for side in (app.inputs, app.outputs))


def reshape(app, shapes):
    app.reshape(shapes)
    for name, _, dims in app.inputs:
        if list(dims) != shapes[name]:
            raise NotImplementedError(f"the shape of input {name} is fixed by the model: {list(dims)}")


def compile(app):
    getattr(app, "compile", lambda: None)()


def effective(app):
    told = {"python_api": current.__name__.rsplit("app_")[-1], **app.effective()}
    return [(str(key), text_of(value)) for key, value in told.items()]


def text_of(value):
    """Of a setting, in the words of the native worker."""
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return value.get_type_name() if hasattr(value, "get_type_name") else str(value)


def array(view, kind, dims):
    """A NumPy array over memory of the core."""
    import numpy

    if kind not in NUMPY:
        raise NotImplementedError(f"NumPy has no type {kind}")
    return numpy.frombuffer(view, dtype=NUMPY[kind]).reshape(dims)


def describe(outputs, count):
    """[(address, bytes, type, dims, array), …] of what an application got."""
    import numpy

    if outputs is None or len(outputs) != count:
        raise RuntimeError(f"the application returned {0 if outputs is None else len(outputs)} outputs instead of {count}")
    arrays = [numpy.ascontiguousarray(output) for output in outputs]
    return [(a.ctypes.data, a.nbytes, TYPES.index(NAMES.get(a.dtype.name, "none")), o.shape, a)
            for a, o in zip(arrays, map(numpy.asarray, outputs))]
