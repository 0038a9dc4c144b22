#!/usr/bin/env python3
"""Builds MLPerf LoadGen's C++ library from its pinned source distribution on PyPI into .runtimes/loadgen.

Does nothing when the library of this lock is there. Needs pip and a C++ compiler.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
TARGET = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".runtimes", "loadgen")
SOURCES = ("early_stopping.cc issue_query_controller.cc loadgen.cc logging.cc test_settings_internal.cc utils.cc "
           "version.cc results.cc generated/version_generated.cc").split()
# As its own setup.py builds it, with the optimisation that Python's distutils adds.
FLAGS = ["-std=c++14", "-O3", "-DNDEBUG", "-fPIC", "-w", "-I.", "-DMAJOR_VERSION=6", "-DMINOR_VERSION=0"]


def read_lock():
    with open(os.path.join(HERE, "loadgen.lock"), encoding="utf-8") as file:
        text = file.read()
    name, version, archive, size, digest = [line for line in text.splitlines() if not line.startswith("#")][0].split()
    return text, f"{name}=={version}", archive, int(size), digest


def download(requirement, archive, size, digest, folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--no-binary", ":all:", "--dest", folder, requirement], check=True)
    path = os.path.join(folder, archive)
    with open(path, "rb") as file:
        content = file.read()
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        sys.exit(f"get_loadgen: {archive} is not the pinned file; it was not used")
    return path


def build(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    source = os.path.join(folder, os.path.basename(archive)[: -len(".tar.gz")])
    objects = []
    for name in SOURCES:
        objects.append(name.replace("/", "_") + ".o")
        subprocess.run([os.environ.get("CXX", "c++"), *FLAGS, "-c", name, "-o", objects[-1]], cwd=source, check=True)
    subprocess.run(["ar", "rcs", "libmlperf_loadgen.a", *objects], cwd=source, check=True)
    return source


def install(source, stamp):
    fresh = tempfile.mkdtemp(prefix=".loadgen-", dir=os.path.dirname(TARGET))
    os.chmod(fresh, 0o755)
    os.mkdir(os.path.join(fresh, "include"))
    for name in os.listdir(source):
        if name.endswith(".h"):
            shutil.copy(os.path.join(source, name), os.path.join(fresh, "include"))
    shutil.copy(os.path.join(source, "libmlperf_loadgen.a"), fresh)
    with open(os.path.join(fresh, ".stamp"), "w", encoding="utf-8") as file:
        file.write(stamp)
    shutil.rmtree(TARGET, ignore_errors=True)
    os.rename(fresh, TARGET)


def main():
    stamp, requirement, archive, size, digest = read_lock()
    try:
        with open(os.path.join(TARGET, ".stamp"), encoding="utf-8") as file:
            if file.read() == stamp:
                return
    except OSError:
        pass
    print(f"building {requirement} into .runtimes/loadgen", flush=True)
    os.makedirs(os.path.dirname(TARGET), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dli-loadgen-") as folder:
        install(build(download(requirement, archive, size, digest, folder), folder), stamp)


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, OSError, tarfile.TarError) as problem:
        sys.exit(f"get_loadgen: {problem}")
