"""podman or docker, and the containers that tests start with it: each with a name of its own, and
ended by it."""

import io
import itertools
import json
import os
import re
import resource
import shutil
import subprocess
import tarfile

import harness

PREFIX = "localhost/omen-test"
TARGETS = {"worker": "omen-worker", "sync": "omen-sync", "nginx": "omen-nginx", "all-in-one": "omen"}
# As a cluster runs them: nothing to write to but what is named, nothing that root may do.
HARDENED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=host"]
# For machines of this project's own that have neither an engine nor a registry.
PREPARE = harness.ROOT.parent / "shared" / "tools" / "podman-here.sh"
# docker has each line numbered and timed.
UNREACHABLE = re.compile(r"^(?:#\d+ [\d.]+ )?E: (?:Failed to fetch|Unable to locate package).*", re.MULTILINE)


class Missing(Exception):
    """Why nothing can be built here."""


class Failed(Exception):
    """A command of the engine, with all that it said."""


def prepare_machine():
    """What it said."""
    if not PREPARE.exists() or os.geteuid() != 0:
        return ""
    done = subprocess.run(["sh", PREPARE], capture_output=True, text=True, check=False)
    return f": {done.stdout}{done.stderr}"[-300:]


def find_engine():
    """The program, prepared if this machine knows how."""
    found = working_engine()
    if found is None:
        said = prepare_machine()
        found = working_engine()
        if found is None:
            name = os.environ.get("CONTAINER_ENGINE", "podman, no docker")
            raise Missing(f"there is no {name} that answers{said}")
    return found


def working_engine():
    """The one that CONTAINER_ENGINE names, or podman, or docker."""
    chosen = os.environ.get("CONTAINER_ENGINE")
    for name in [chosen] if chosen else ["podman", "docker"]:
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0:
            return program
    return None


class Engine:
    def __init__(self):
        self.program = find_engine()
        self.is_podman = os.path.basename(self.program) == "podman"
        text = (harness.ROOT / "meson.build").read_text(encoding="utf-8")
        self.version = re.search(r"^  version: '(.*)',$", text, re.MULTILINE)[1]

    def run(self, *words, timeout=120, check=True):
        """A command of the engine. Returns what it printed."""
        done = subprocess.run(
            [self.program, *map(str, words)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
        )
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def image(self, target):
        return f"{PREFIX}/{TARGETS[target]}:{self.version}"

    def succeeds(self, *words):
        try:
            command = [self.program, *words]
            return subprocess.run(command, capture_output=True, timeout=300, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def base(self):
        """What to build on: the pinned image, or where it cannot be had, this machine's own."""
        text = (harness.ROOT / "container" / "Containerfile").read_text(encoding="utf-8")
        pinned = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)[1]
        local = pinned.split("@")[0]
        if self.succeeds("image", "inspect", pinned) or self.succeeds("pull", pinned):
            return pinned
        if not self.succeeds("image", "inspect", local):
            said = prepare_machine()
            if not self.succeeds("image", "inspect", local):
                raise Missing(f"no registry gives {pinned}, and there is no {local} here{said}")
        return local

    def build(self, *words, targets=TARGETS, prefix=PREFIX, more=""):
        """container/build, as a user calls it; `more` are options of the engine. Returns what it printed."""
        limits = [
            f"--ulimit={name}={hard}:{hard}"
            for name, hard in (
                ("nofile", resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                ("nproc", min(resource.getrlimit(resource.RLIMIT_NPROC)[1], 32768)),
            )
        ]
        options = " ".join(["--network=host", *(limits if self.is_podman else []), more])
        command = [harness.ROOT / "container" / "build", "--engine", self.program, "--prefix", prefix]
        command += ["--base", self.base(), *words, *targets]
        done = subprocess.run(
            command, env={**os.environ, "OMEN_BUILD_OPTIONS": options}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=3000, check=False,
        )
        unreachable = UNREACHABLE.search(done.stdout) if done.returncode != 0 else None
        if unreachable:
            raise Missing(f"packages cannot be fetched: {unreachable[0]}")
        if done.returncode != 0:
            raise Failed(f"{command}\n{done.stdout[-20000:]}")
        return done.stdout

    def run_as_root(self, *words):
        """A command with rights over the processes in containers, which a plain user's are not. Returns
        (exit status, what it printed)."""
        enter = []
        if os.geteuid() != 0 and self.is_podman:
            enter = [self.program, "unshare"]
        elif os.geteuid() != 0:
            enter = [self.program, "run", "--rm", "--privileged", "--pid=host", "--user=0"]
            enter += ["--entrypoint=/usr/bin/env", self.image("sync")]
        command = [*enter, *map(str, words)]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def kill(self, pid):
        """As the kernel kills, which an engine does not take for a wish to have it ended."""
        status, _ = self.run_as_root("kill", "-9", pid)
        if status != 0:
            raise Failed(f"process {pid} cannot be killed")

    def may_limit(self, what):
        """Whether this user may limit cpu or memory."""
        if os.geteuid() == 0 or not self.is_podman:
            return True
        return what in self.run("info", "--format", "{{.Host.CgroupControllers}}").strip("[]").split()

    def inspect(self, image):
        return json.loads(self.run("image", "inspect", image))[0]

    def digest(self, image):
        """Of what is in it: the configuration, which names each layer's digest."""
        return self.inspect(image)["Id"].removeprefix("sha256:")

    def configuration(self, image):
        """What the digest is of, as it is kept."""
        done = subprocess.run([self.program, "save", image], capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            manifest = json.load(archive.extractfile("manifest.json"))
            return json.load(archive.extractfile(manifest[0]["Config"]))

    def files(self, image):
        """{path: (tarfile's entry, content)} of an image."""
        name = self.run("create", image)
        try:
            done = subprocess.run([self.program, "export", name], capture_output=True, check=True)
        finally:
            self.run("rm", name)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return {
                "/" + entry.name.strip("/"): (entry, archive.extractfile(entry).read() if entry.isreg() else b"")
                for entry in archive
            }


class Container:
    """One that runs."""

    def __init__(self, engine, name, image, *arguments, options=(), hardened=True):
        self.engine = engine
        self.name = name
        options = [*(HARDENED if hardened else ["--network=host"]), *options]
        if hardened and engine.is_podman:
            options.append("--read-only-tmpfs=false")
        engine.run("run", "--detach", "--name", name, *options, image, *arguments)

    def state(self):
        return json.loads(self.engine.run("inspect", self.name))[0]["State"]

    @property
    def pid(self):
        return self.state()["Pid"]

    def is_alive(self):
        return self.state()["Running"]

    def logs(self):
        done = subprocess.run(
            [self.engine.program, "logs", self.name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        return done.stdout

    def exec(self, *words):
        """Runs a command in it. Returns (exit status, output)."""
        done = subprocess.run(
            [self.engine.program, "exec", self.name, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def send_signal(self, name):
        self.engine.run("kill", "--signal", name, self.name)

    def stop(self, seconds=30):
        """Returns the exit status."""
        self.engine.run("stop", "--time", seconds, self.name)
        return self.state()["ExitCode"]

    def remove(self):
        at_most = ["--time", 5] if self.engine.is_podman else []
        self.engine.run("rm", "--force", *at_most, self.name, check=False)

    def processes(self):
        """{pid: what /proc/PID/status says} of all processes in it, as the machine numbers them."""
        found = {}
        pids = self.engine.run("top", self.name, "hpid" if self.engine.is_podman else "-o", *(
            [] if self.engine.is_podman else ["pid"]
        ))
        for pid in re.findall(r"^\s*(\d+)\s*$", pids, re.MULTILINE):
            status, text = self.engine.run_as_root("cat", f"/proc/{pid}/status")
            if status == 0:  # or it ended meanwhile
                found[int(pid)] = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        return found

    def mounts(self):
        """{where: options}"""
        status, text = self.engine.run_as_root("cat", f"/proc/{self.pid}/mountinfo")
        if status != 0:
            raise Failed(f"{self.name}: its mounts cannot be read")
        return {line.split()[4]: line.split()[5].split(",") for line in text.splitlines()}


class Stage:
    """The containers and volumes of a test, and a directory of its own."""

    numbers = itertools.count(1)

    def __init__(self, engine):
        self.engine = engine
        self.rig = harness.Rig()
        self.models = self.rig.models
        self.prefix = f"omen-test-{os.getpid()}-{next(self.numbers)}"
        self.containers = []
        self.volumes = []

    def volume(self, name):
        """A volume that takes its owner from the image."""
        volume = f"{self.prefix}-{name}"
        self.engine.run("volume", "create", volume)
        self.volumes.append(volume)
        return volume

    def start(self, name, target, *arguments, options=(), **more):
        container = Container(
            self.engine, f"{self.prefix}-{name}", self.engine.image(target), *arguments,
            options=options, **more,
        )
        self.containers.append(container)
        return container

    def worker(self, run, *arguments, name="worker", options=(), **more):
        options = ["-v", f"{run}:/run/omen", "-v", f"{self.models}:/models:ro", *options]
        return self.start(name, "worker", *arguments, options=options, **more)

    def nginx(self, run, *arguments, name="nginx", options=(), size="64m", **more):
        """With the port that it listens on as its `port`."""
        port = harness.free_port()
        options = ["-v", f"{run}:/run/omen", "-e", f"OMEN_NGINX_PORT={port}", *options]
        options += ["--tmpfs", f"/tmp:mode=1777,size={size}"]
        container = self.start(name, "nginx", *arguments, options=options, **more)
        container.port = port
        return container

    def print_logs(self):
        for container in self.containers:
            print(f"--- {container.name} ---\n{container.logs()[-6000:]}")

    def finish(self):
        self.rig.finish()
        for container in reversed(self.containers):
            container.remove()
        for volume in self.volumes:
            self.engine.run("volume", "rm", "--force", volume, check=False)


def await_answer(port, path="/readyz", status=200, seconds=20.0):
    """Until nginx at a port answers a GET so."""

    def answers():
        try:
            return harness.http_ask(port, "GET", path, timeout=5)[0] == status
        except OSError:
            return False

    harness.wait_for(answers, f"{path} answers {status}", seconds, pause=0.01)


def failures(counts):
    """How many requests of a load got no right answer."""
    return sum(counts[name] for name in ("shed", "bad", "wrong", "connect", "read", "write", "timeout"))


def summary(counts):
    return f"{counts['ok']} answered, {failures(counts)} failed, p99 {counts['p99_ms']:.1f} ms"
