"""The Python worker: `python3 -m dli.worker` reads a test and writes records, as `dli worker` does (docs/formats.md)."""
import time

START_NS = time.monotonic_ns()  # before anything else is imported

import argparse  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

RECORD_FD = 3


def record_fd():
    """Run by hand there is no descriptor 3: records go to standard output."""
    try:
        os.fstat(RECORD_FD)
        return RECORD_FD
    except OSError:
        return sys.stdout.fileno()


def send(fd, kind, **fields):
    data = (json.dumps({"record": kind, **fields}) + "\n").encode()
    while data:
        data = data[os.write(fd, data):]


def run(fd, start_ns):
    from . import _core

    text = sys.stdin.buffer.read()
    try:
        test = json.loads(text)
        is_shared = isinstance(test, dict) and test.get("mode") == "async"
    except ValueError:
        is_shared = False  # the core says what is wrong with it
    _core.run_worker(text, fd, start_ns, is_shared)


def probe(fd, start_ns, name):
    from . import _core, bridge

    send(fd, "hello", schema=1, pid=os.getpid(), start_ns=start_ns, **_core.version())
    fields = {"name": name, "description": "Python application", "capabilities": [], "options": []}
    try:
        module, fields["formats"], _ = bridge.find(None if "/" in name else name, name if "/" in name else None)
        fields["module"] = getattr(module, "__file__", name)
        fields["capabilities"] = list(module.CAPABILITIES)
        version, devices = bridge.probe()
        fields.update(version=version, devices=[{"id": key, "name": title, "memory_bytes": 0} for key, title in devices])
    except Exception as error:
        fields["error"] = bridge.explain(error)[1].decode()
    send(fd, "backend", **fields)
    send(fd, "end")


def main(start_ns=START_NS):
    parser = argparse.ArgumentParser(prog="python3 -m dli.worker", description=__doc__)
    parser.add_argument("--probe", metavar="NAME", help="describe this framework's application instead of running a test")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if importlib.util.find_spec("numpy") is None and not options.probe:
        refuse(record_fd(), start_ns)
    elif options.probe:
        probe(record_fd(), start_ns, options.probe)
    else:
        run(record_fd(), start_ns)
    return 0


def refuse(fd, start_ns):
    from . import _core

    send(fd, "hello", schema=1, pid=os.getpid(), start_ns=start_ns, **_core.version())
    send(fd, "error", code="UNAVAILABLE", text=f"{sys.executable} has no NumPy: run tools/setup-python, or set DLI_PYTHON")
    send(fd, "end")


if __name__ == "__main__":
    sys.exit(main())
