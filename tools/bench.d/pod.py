"""The processes of a pod's worker and nginx containers, with the settings of manifests/base."""

import os
import pathlib
import re
import subprocess
import urllib.request

from children import free_port, process_tree, pss_bytes
from systems import ROOT, BehindNginx

BASE = pathlib.Path(ROOT, "manifests", "base")
OWN = ("OMEN_STATE_FILE", "OMEN_LOG_FORMAT", "OMEN_NGINX_METRICS_PORT")  # here they are others


def settings(prefix, but="-"):
    """The literals of the base's ConfigMaps whose names begin so."""
    text = (BASE / "kustomization.yaml").read_text(encoding="utf-8")
    return {name: value for name, value in re.findall(r"^ +- (OMEN_\w+)=(\S+)$", text, re.M)
            if name.startswith(prefix) and not name.startswith(but) and name not in OWN}


def base_value(pattern):
    """What the one group of the pattern finds in the Deployment."""
    found = re.search(pattern, (BASE / "deployment.yaml").read_text(encoding="utf-8"), re.S)
    if not found:
        raise RuntimeError(f"manifests/base/deployment.yaml has no {pattern}")
    return found[1]


def fields_of(pid, file):
    """{name: number} of a file of /proc/PID that has lines of "NAME: NUMBER kB"."""
    text = pathlib.Path(f"/proc/{pid}/{file}").read_text(encoding="ascii")
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)", text, re.M)}


def descriptors(pids):
    """The most that one of the processes has open, and how many it may."""
    most = max(pids, key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
    limits = pathlib.Path(f"/proc/{most}/limits").read_text(encoding="ascii")
    return len(os.listdir(f"/proc/{most}/fd")), int(re.search(r"Max open files +(\d+)", limits)[1])


class Peak:
    """How far the memory of processes grows above what it is when this is made."""

    def __init__(self, pids):
        self.pids = list(pids)
        self.restart()
        self.before = self._sum("VmRSS")

    def restart(self):
        """Forgets the highest point, not what it was above."""
        for pid in self.pids:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")

    def _sum(self, name):
        return sum(fields_of(pid, "status")[name] for pid in self.pids) * 1024

    def growth(self):
        return max(self._sum("VmHWM") - self.before, 0)


class Pod(BehindNginx):
    """The worker under its supervisor, and nginx; `more` are settings beyond the base's."""

    title = "the pod"

    def __init__(self, setting, **more):
        super().__init__(setting)
        self.more = {f"OMEN_{name.upper()}": value for name, value in more.items()}
        self.metrics_port = None
        self.state = None

    def program(self, *path):
        return os.path.join(self.setting.build, "src", *path)

    def command(self, socket_path):
        return [self.program("supervise", "omen-supervise"), f"--socket={socket_path}", "--",
                self.program("app", "omen-worker")]

    def worker_settings(self, directory):
        self.state = os.path.join(directory, "state.json")
        return {**settings("OMEN_", ("OMEN_NGINX_", "OMEN_SYNC_")), **self.more,
                "OMEN_MODELS": str(self.setting.models), "OMEN_STATE_FILE": self.state}

    def nginx_settings(self):
        self.metrics_port = free_port()
        return {**settings("OMEN_NGINX_"), **self.more,
                "OMEN_NGINX_METRICS_PORT": str(self.metrics_port)}

    def open(self, name):
        """Starts without waiting: there may be no model yet, or thousands."""
        directory = os.path.join(self.setting.directory, name)
        os.mkdir(directory)
        self.port = free_port()
        self.launch(directory)
        return directory

    def trees(self):
        """{"nginx": its processes, "worker": with the supervisor}"""
        self.pids()
        return {child.name: list(process_tree([child.process.pid])) for child in self.children}

    def worker(self):
        """The id of the worker itself, once it runs."""
        for pid in process_tree([self.children[0].process.pid]):
            if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "omen-worker":
                return pid
        return None

    def memory(self):
        return {name: pss_bytes(pids) for name, pids in self.trees().items()}


def count_series(port):
    """Lines of /metrics that are values."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        return sum(not line.startswith(b"#") for line in answer.read().splitlines())


def fetch(port, path, *more):
    """(bytes, seconds) of an answer, by a client that is no bottleneck."""
    done = subprocess.run(["curl", "-sS", *more, "-o", os.devnull, "-w", "%{size_download} %{time_total}",
                           f"http://127.0.0.1:{port}{path}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{path}: {done.stderr.strip()}")
    size, seconds = done.stdout.split()
    return int(size), float(seconds)
