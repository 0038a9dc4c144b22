"""Any backend of DLI as a Python object: for frameworks that have no packaged Python API of their own."""
import json
import os

import numpy

from . import _core
from .bridge import NUMPY

HERE = os.path.dirname(os.path.abspath(__file__))
EXTENSIONS = {".onnx": "onnx", ".xml": "openvino", ".tflite": "tflite", ".pb": "tensorflow", ".prototxt": "caffe",
              ".pt": "torchscript"}


def find_modules():
    """The modules lie beside the package in a build folder or an installation; DLI_BACKEND_PATH comes first."""
    folders = [os.environ.get("DLI_BACKEND_PATH"), os.path.join(HERE, "../../backends")]
    os.environ["DLI_BACKEND_PATH"] = ":".join(dict.fromkeys(os.path.abspath(folder) for part in folders if part
                                                            for folder in part.split(":") if folder))


class Backend:
    """`Backend("null", "m.txt").infer(x)`: a model in the backend called so (or by the path of its module).

    `shapes` gives open inputs their dimensions; `options` are those of `dli backends NAME --options`.
    """

    def __init__(self, name, path, *, format=None, device="CPU", precision="f32", batch=1, threads=0, streams=0, hint=None,
                 pin=None, shapes=None, options=None, weights_path=None, is_compiled=True):
        find_modules()
        is_path = "/" in name
        format = format or EXTENSIONS.get(os.path.splitext(path)[1], "null")
        model = {"model": path, "path": path, "weights_path": weights_path, "format": format,
                 "framework": os.path.splitext(os.path.basename(name))[0], "module": name if is_path else None,
                 "device": device, "precision": precision, "batch": batch, "threads": threads, "streams": streams,
                 "hint": hint, "pin": pin, "options": {f"{name}.{key}": str(value) for key, value in (options or {}).items()}}
        model = {key: value for key, value in model.items() if value is not None}
        self._core = _core.Backend(json.dumps({"schema": 1, "models": [model]}))
        self._describe()
        if shapes:
            self.reshape(shapes)
        if is_compiled:
            self.compile()

    def _describe(self):
        sides = json.loads(self._core.describe())
        self.inputs, self.outputs = ([(port["name"], port["type"], tuple(port["dim"])) for port in sides[side]]
                                     for side in ("inputs", "outputs"))

    def reshape(self, shapes):
        names = [name for name, _, _ in self.inputs]
        for name, dims in shapes.items():
            if name not in names:
                raise ValueError(f"the model has no input {name!r}; there are {', '.join(names)}")
            self._core.set_shape(names.index(name), tuple(dims))
        self._core.reshape()
        self._describe()

    def compile(self):
        self._core.compile()
        self._describe()

    def effective(self):
        return json.loads(self._core.effective())

    def copy_in(self, arrays):
        if len(arrays) != len(self.inputs):
            raise ValueError(f"{len(arrays)} arrays for {len(self.inputs)} inputs")
        for index, (array, (name, kind, dims)) in enumerate(zip(arrays, self.inputs)):
            array = numpy.ascontiguousarray(array, dtype=NUMPY.get(kind))
            if array.shape != dims:
                raise ValueError(f"input {name!r} is {dims}, the array is {array.shape}")
            self._core.set_input(index, array.ctypes.data, array.nbytes)

    def run(self):
        self._core.run()

    def copy_out(self):
        arrays = [numpy.empty(self._core.output_shape(index), NUMPY[kind]) for index, (_, kind, _) in enumerate(self.outputs)]
        for index, array in enumerate(arrays):
            self._core.get_output(index, array.ctypes.data, array.nbytes)
        return arrays

    def infer(self, *arrays):
        """Copies the arrays in, runs, and returns the outputs as new arrays."""
        self.copy_in(arrays)
        self._core.run()
        return self.copy_out()
