"""Drives headless Chromium over its debugging pipe: Python's standard library and an installed browser, nothing else."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time


def find():
    """The browser's path, None when there is none."""
    names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, names) if path), None)


class Browser:
    """One browser with one page. Close it, or use it in a `with` statement."""

    def __init__(self, width=1400, height=1000, dark=False):
        self.folder = tempfile.mkdtemp(prefix="dli-page-")
        to_browser, self.out = os.pipe()
        self.input, from_browser = os.pipe()
        command = [
            find(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--remote-debugging-pipe",
            f"--user-data-dir={self.folder}",
            "--hide-scrollbars",
            "about:blank",
        ]
        # The protocol is spoken on file descriptors 3 and 4.
        shell = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"'
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *command],
            pass_fds=[to_browser, from_browser],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.pending = b""
        self.last_id = 0
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.input)
        shutil.rmtree(self.folder, ignore_errors=True)

    def read_message(self):
        while b"\0" not in self.pending:
            data = os.read(self.input, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self.pending += data
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data) :]
        while True:
            answer = self.read_message()
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def resize(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, path, fragment=""):
        """Loads a local file and waits until the page has drawn everything."""
        self.call(
            "Page.navigate", url="about:blank"
        )  # else another fragment of the same file would not load it anew
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri() + fragment)
        self.wait_for("document.documentElement?.dataset.ready > 0")
        self.run("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"not within {seconds} s: {condition}; {self.complaints()}")
            time.sleep(0.02)

    def run(self, script):
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            detail = answer["exceptionDetails"]
            raise RuntimeError(
                detail.get("exception", {}).get("description", detail["text"]) + "\nin: " + script[:300]
            )
        return answer["result"].get("value")

    def key(self, name, text=None):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                **({"text": text} if text else {}),
                windowsVirtualKeyCode={
                    "Tab": 9,
                    "Enter": 13,
                    "Escape": 27,
                    "End": 35,
                    "Home": 36,
                    "ArrowUp": 38,
                    "ArrowDown": 40,
                    "ArrowRight": 39,
                }.get(name, 0),
            )

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def move(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def screenshot(self, path, is_whole=False):
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))

    def complaints(self):
        """Errors on the console, refused by the policy, or requests to anywhere but the file itself."""
        found = []
        for event in self.events:
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(
                    parameters["exceptionDetails"].get("exception", {}).get("description", "exception")
                )
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
            elif event["method"] == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(("file:", "data:", "about:")):
                    found.append("request to " + url)
        return found
