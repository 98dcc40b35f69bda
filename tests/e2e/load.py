"""wrk as a load that is started, left alone, and asked what it saw."""

import json
import os
import re
import signal

import harness

SCRIPT = os.path.join(os.path.dirname(__file__), "load.lua")


class Load(harness.Child):
    """Runs until stopped, or for so many seconds."""

    def __init__(self, run, port, path, body, connections=64, seconds=600, check="", name="wrk"):
        command = ["wrk", "-t", "2", "-c", connections, "-d", f"{seconds}s", "--timeout", "30s"]
        command += ["-s", SCRIPT, f"http://127.0.0.1:{port}", "--", path, body.decode(), check]
        super().__init__(name, command, run)
        self.seconds = seconds

    def result(self):
        """Ends the load if it still runs. What it counted."""
        if self.is_alive() and self.seconds >= 600:
            self.send_signal(signal.SIGINT)
        self.wait(self.seconds + 60)
        found = re.search(r"^RESULT (.*)$", self.log(), re.MULTILINE)
        assert found, self.log()
        counts = json.loads(found[1])
        counts["example"] = re.search(r"^EXAMPLE (.*)$", self.log(), re.MULTILINE)[1][:300]
        counts["rate"] = round(counts["ok"] / counts["seconds"])
        return counts


def assert_all_good(counts):
    """Every single request was answered 200, and rightly."""
    assert counts["ok"] > 100, counts
    for name in ("shed", "bad", "wrong", "connect", "read", "write", "timeout"):
        assert counts[name] == 0, counts
