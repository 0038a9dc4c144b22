"""Builds the package `dli`: Python files, the applications of backends/, and one extension over the C rooms of ../src.

    pip install ./python            (from the tree, after `make setup`)

The extension uses the stable ABI: one build serves CPython 3.9 and later.
"""
import glob
import os
import re
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
ROOMS = ("base", "plan", "machine", "measure", "host", "worker")
PACKAGES = ("jansson", "libcrypto", "yaml-0.1", "hwloc", "libpng", "libjpeg", "libzstd")


def pkg_config(option):
    try:
        told = subprocess.run(["pkg-config", option, *PACKAGES], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"DLI needs the Debian packages of tools/packages.txt (make setup): {error}") from error
    return told.stdout.split()


def version():
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        return re.search(r"project\(dli VERSION ([0-9.]+)", file.read()).group(1)


def relative(path):
    return os.path.relpath(path, HERE)


class BuildExtension(build_ext):
    def build_extension(self, ext):
        # base/version.h wants its three functions from the build.
        done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
        commit = done.stdout.strip() or "unknown"
        os.makedirs(self.build_temp, exist_ok=True)
        path = os.path.join(self.build_temp, "version.c")
        texts = {"number": version(), "commit": commit, "build_type": "Release"}
        with open(path, "w", encoding="utf-8") as file:
            file.write('#include "base/version.h"\n')
            file.writelines(f'const char *version_{name}(void)\n{{\n    return "{text}";\n}}\n' for name, text in texts.items())
        # Objects stay below the build folder although the sources lie beside it.
        own = self.compiler.object_filenames
        self.compiler.object_filenames = lambda names, strip_dir=0, output_dir="": [
            os.path.join(output_dir, re.sub(r"[^\w.]", "_", relative(name)) + ".o") for name in names]
        ext.sources.append(path)
        super().build_extension(ext)
        self.compiler.object_filenames = own


class BuildPython(build_py):
    def run(self):
        super().run()
        for path in glob.glob(os.path.join(ROOT, "backends", "*", "app_*.py")):
            shutil.copy(path, os.path.join(self.build_lib, "dli", "apps"))


SOURCES = sorted(glob.glob(os.path.join(HERE, "src", "*.c")))
for room in ROOMS:
    SOURCES += sorted(glob.glob(os.path.join(ROOT, "src", room, "*.c")))

CORE = Extension(
    "dli._core",
    sources=[relative(path) for path in SOURCES],
    include_dirs=[os.path.join(ROOT, "include"), os.path.join(ROOT, "src")],
    define_macros=[("_GNU_SOURCE", None), ("DLI_BACKEND_FOLDER", '"/usr/local/lib/dli/backends"')],
    # random_fill_f32 must give the same bits everywhere, so nothing is contracted.
    extra_compile_args=["-std=c11", "-O2", "-ffp-contract=off", "-fvisibility=hidden", *pkg_config("--cflags")],
    extra_link_args=[*pkg_config("--libs"), "-lm", "-ldl", "-pthread"],
    py_limited_api=True,
)

setup(version=version(), packages=["dli", "dli.apps"], ext_modules=[CORE], options={"bdist_wheel": {"py_limited_api": "cp39"}},
      cmdclass={"build_ext": BuildExtension, "build_py": BuildPython})
