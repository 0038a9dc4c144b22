#!/usr/bin/env python3
"""Is the bundle that the program embeds made from the sources beside it? Needs no npm; with web/node_modules it also bundles again and
compares. dist_test.py WEB-FOLDER"""

import hashlib
import pathlib
import shutil
import subprocess
import sys


def main():
    web = pathlib.Path(sys.argv[1])
    names = [path.relative_to(web).as_posix() for path in (web / "src").rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for name in sorted(names + ["build.mjs", "package.json", "package-lock.json"]):
        digest.update(name.encode() + b"\0" + (web / name).read_bytes() + b"\0")
    bundle = (web / "dist/page.js").read_text(encoding="utf-8")
    if not bundle.startswith(f"/* sources {digest.hexdigest()} */"):
        sys.exit("web/dist is stale: run «npm ci && npm run build» in web/")
    if (web / "node_modules/esbuild").is_dir() and shutil.which("node"):
        sys.exit(subprocess.run(["node", "build.mjs", "--check"], cwd=web, check=False).returncode)
    print("bundled from these sources; not bundled again, as web/node_modules is not installed")


if __name__ == "__main__":
    main()
