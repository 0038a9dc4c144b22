"""The application of a framework without an own one: it goes through dli.Backend, and its rows say so."""
import json

from .. import _core
from ..backend import Backend, find_modules


class Application:
    """In the place of a module app_<framework>.py."""

    CAPABILITIES = ("contexts",)

    def __init__(self, name):
        find_modules()
        self.name = self.__name__ = name
        self.told = json.loads(_core.probe_backend(name))
        self.FORMATS = self.told["formats"]

    def probe(self):
        return self.told["version"], [tuple(device) for device in self.told["devices"]]

    def App(self, path, settings):
        return App(self.name, path, settings)


class App(Backend):
    def __init__(self, name, path, settings):
        words = ("format", "device", "precision", "threads", "streams", "hint", "pin", "weights_path", "options")
        super().__init__(name, path, is_compiled=False, **{word: settings[word] for word in words if word in settings})

    def effective(self):
        return {**super().effective(), "python_api": "dli.Backend: DLI's own binding of the native backend"}

    def request(self, done):
        return self

    def infer(self):
        self.run()
