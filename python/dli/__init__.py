"""DLI measures Python code as it measures deep-learning inference: docs/python.md.

    loop = dli.loop(precision=0.01)
    for _ in loop:
        app(x)
    print(loop.row()["latency_ms"], loop.row()["verdict"])
"""
from .errors import Error
from .loop import loop

__all__ = ["Backend", "Error", "loop"]


def __getattr__(name):
    if name == "Backend":  # needs NumPy; the loop does not
        from .backend import Backend

        return Backend
    raise AttributeError(f"module 'dli' has no attribute {name!r}")
