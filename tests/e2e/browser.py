"""Headless Chromium through the WebDriver protocol: what the tests of the page need of it."""

import base64
import json
import pathlib
import shutil
import urllib.error
import urllib.request

import harness

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own name


def is_there():
    return shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


class Browser:
    """A session. `log` returns what the page complained of."""

    def __init__(self, rig, width=1400, height=1000, dark=False):
        self.port = harness.free_port()
        command = ["chromedriver", f"--port={self.port}"]
        home = pathlib.Path(rig.run) / "browser"
        home.mkdir(exist_ok=True)
        env = harness.clean_environment(HOME=str(home), TMPDIR=str(home))
        self.driver = rig.start("chromedriver", command, env=env)
        harness.wait_for(lambda: harness.accepts(("127.0.0.1", self.port)), "chromedriver listens")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        arguments += ["--hide-scrollbars", f"--window-size={width},{height}"]
        arguments += ["--proxy-server=direct://", "--disable-background-networking"]
        arguments += ["--disable-component-update", "--no-first-run"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        options = {"args": arguments, "binary": shutil.which("chromium")}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        answer = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}}, session="")
        self.session = answer["sessionId"]

    def ask(self, method, path, body=None, session=None):
        session = f"/{self.session}" if session is None else session
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/session{session}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode(errors="replace")[:1000]) from error

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value that the script returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css):
        found = self.ask("POST", "/elements", {"using": "css selector", "value": css})
        return [one[ELEMENT] for one in found]

    def await_text(self, css, text=""):
        """The text of the first element that the selector finds, once it holds `text`."""

        def look():
            got = self.run(
                "const one = document.querySelector(arguments[0]);"
                "return one === null ? null : one.innerText;",
                css,
            )
            return got if got is not None and text in got else None

        return harness.wait_for(look, f"{css} says {text!r}")

    def click(self, css):
        self.ask("POST", f"/element/{self.find(css)[0]}/click", {})

    def type(self, css, text):
        """In place of what is there."""
        element = self.find(css)[0]
        self.ask("POST", f"/element/{element}/clear", {})
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def press(self, keys):
        """Keys, wherever the focus is."""
        actions = [
            {"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")
        ]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))

    def log(self):
        return self.ask("POST", "/se/log", {"type": "browser"})

    def close(self):
        self.ask("DELETE", "")
        self.driver.stop()
