"""Starts and ends the programs under test: each by its process id, in a directory of its own."""

import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import fcgi_client

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer"
)
SANITIZED = os.environ.get("OMEN_SANITIZE", "")
SLOWER = {"": 1, "address": 3, "thread": 8}[SANITIZED]  # how much longer to wait


def find_program(floor, name):
    """A program under test: of OMEN_BUILD, or of the usual build directories."""
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        program = ROOT / place / "src" / floor / name
        if program.exists():
            return str(program)
    raise FileNotFoundError(f"no {name} in {places}; build first or set OMEN_BUILD")


def find_worker():
    return find_program("app", "omen-worker")


def find_supervise():
    return find_program("supervise", "omen-supervise")


def clean_environment(**more):
    """Without what would be read as the worker's options or as an inherited listener."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OMEN_", "LISTEN_")) and name != "NOTIFY_SOCKET"
    }
    env["PATH"] = f"{env.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # where web servers are
    env.update(more)
    return env


def own_ports():
    """Ports that the kernel gives to no outgoing connection, in turn, and other ones for the next process:
    whoever found one free still finds it free when a server has come up to listen on it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
        first = min(int(limits.read().split()[0]), 30000)
    lowest, shares = 11000, 64
    size = (first - lowest) // shares
    if size < 64:
        return itertools.repeat(0)  # any
    start = lowest + os.getpid() % shares * size
    return itertools.cycle(range(start, start + size))


PORTS = own_ports()


def free_port():
    for port in itertools.islice(PORTS, 1000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise AssertionError("no free port")


def wait_for(condition, what, seconds=10.0, pause=0.02):
    """Polls until the condition holds; returns its value."""
    deadline = time.monotonic() + seconds * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * SLOWER:.0f} s: {what}")
        time.sleep(pause)


def children(pid):
    """The process ids of a living process's children."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


class Child:
    """A process, its log file, its end."""

    def __init__(self, name, command, run, stdin=None, env=None, pass_fds=(), **options):
        self.name = name
        self.log_path = os.path.join(run, f"{name}.log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=clean_environment() if env is None else env,
                pass_fds=pass_fds,
                **options,
            )

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def is_alive(self):
        return self.process.poll() is None

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=10.0):
        return self.process.wait(seconds * SLOWER)

    def stop(self, number=signal.SIGTERM, seconds=10.0):
        """Ends it politely, then not. Returns the exit status."""
        if self.is_alive():
            self.send_signal(number)
            try:
                self.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def memory_kb(self, pid=None, which="VmRSS"):
        """Resident memory; VmHWM: its peak."""
        with open(f"/proc/{pid or self.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"{which}:\s+(\d+) kB", status.read())[1])

    def page_faults(self):
        """How many pages it has been given so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            return int(stat.read().rsplit(")", 1)[1].split()[7])


def worker_flags(options):
    """listen_mode=..., threads=2 -> --listen-mode=... --threads=2"""
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


class Worker(Child):
    """An omen-worker. Without a listener it binds its own socket in `run`."""

    def __init__(self, run, models, name="worker", listener=None, **options):
        self.peer = options.pop("peer", os.path.join(run, f"{name}.sock"))
        settings = {"models": models, "threads": 2, "rescan_interval": "200ms"}
        if listener is None:
            settings["listen"] = f"unix:{self.peer}"
        settings.update(options)
        stdin = listener.fileno() if listener is not None else None
        env = clean_environment(**settings.pop("environment", {}))
        super().__init__(name, [find_worker(), *worker_flags(settings)], run, stdin=stdin, env=env)

    def ask(self, method, path, body=b"", **more):
        return fcgi_client.ask(self.peer, method, path, body, **more)

    def predict(self, name, row, **more):
        """The JSON of a prediction; the status must be 200."""
        answer = self.ask("POST", f"/predict/{name}", encode({"input": row}), **more)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def status(self):
        answer = self.ask("GET", "/status")
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def metrics_text(self):
        answer = self.ask("GET", "/metrics")
        assert answer.status == 200, answer
        return answer.body.decode()

    def is_ready(self):
        assert self.is_alive(), f"{self.name} ended:\n{self.log()}"
        try:
            return self.ask("GET", "/readyz", timeout=2).status == 200
        except (OSError, fcgi_client.Closed):
            return False

    def await_ready(self):
        wait_for(self.is_ready, f"{self.name} is ready")
        return self

    def await_up(self):
        """It answers, whatever: for workers without a model."""

        def answers():
            assert self.is_alive(), f"{self.name} ended:\n{self.log()}"
            try:
                return self.ask("GET", "/healthz", timeout=2).status == 200
            except (OSError, fcgi_client.Closed):
                return False

        wait_for(answers, f"{self.name} answers")
        return self

    def await_version(self, name, version, **body):
        """Until the default version of a model is this one."""

        def is_live():
            answer = self.ask("POST", f"/predict/{name}", encode(body or {"input": [1, 2]}))
            return answer.headers.get("x-model-version") == str(version)

        wait_for(is_live, f"{name} {version} is live")
        return self


class Nginx(Child):
    """nginx with the project's own configuration."""

    def __init__(self, run, peer, name="nginx", **options):
        self.port = free_port()
        self.run = os.path.join(run, name)
        os.makedirs(self.run)
        address = peer if isinstance(peer, str) else f"{peer[0]}:{peer[1]}"
        command = [ROOT / "tools" / "render-nginx", "--run", self.run, "--socket", address]
        command += ["--port", str(self.port), "--listen", "127.0.0.1"]
        if os.geteuid() == 0:
            command += ["--user", "root"]  # the sockets of the tests belong to root
        for option, value in options.items():
            command += [f"--{option.replace('_', '-')}", str(value)]
        super().__init__(name, [*command, "--start"], run)
        wait_for(lambda: accepts(("127.0.0.1", self.port)), "nginx listens")

    def ask(self, method, path, body=None, headers=None, timeout=30.0):
        return http_ask(self.port, method, path, body, headers, timeout)

    def post(self, path, value, **headers):
        """POSTs JSON (or bytes as they are); returns (status, JSON, headers)."""
        body = value if isinstance(value, bytes) else encode(value)
        kind = {"Content-Type": "application/json"}
        kind.update({name.replace("_", "-"): text for name, text in headers.items()})
        status, answer_headers, answer = self.ask("POST", path, body, kind)
        return status, parse_json(answer), answer_headers


class HttpClient:
    """A kept HTTP connection."""

    def __init__(self, port, timeout=30.0):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        data = answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, data

    def post(self, path, value):
        body = value if isinstance(value, bytes) else encode(value)
        status, headers, answer = self.ask(
            "POST", path, body, {"Content-Type": "application/json"}
        )
        return status, parse_json(answer), headers

    def close(self):
        self.connection.close()


def http_ask(port, method, path, body=None, headers=None, timeout=30.0):
    client = HttpClient(port, timeout)
    try:
        return client.ask(method, path, body, headers)
    finally:
        client.close()


def encode(value):
    return json.dumps(value).encode()


def parse_json(data):
    """Strict: bare NaN and Infinity are refused, duplicate keys too."""

    def refuse(token):
        raise AssertionError(f"the bare token {token} in an answer")

    def unique(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a key twice in an answer: {names}"
        return dict(pairs)

    return json.loads(data, parse_constant=refuse, object_pairs_hook=unique)


def accepts(peer):
    try:
        with socket.socket(socket.AF_UNIX if isinstance(peer, str) else socket.AF_INET) as probe:
            probe.settimeout(2)
            probe.connect(peer)
            return True
    except OSError:
        return False


def unix_listener(path, backlog=4096):
    """A listening socket to inherit, as spawn-fcgi or systemd would make it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o660)
    listener.listen(backlog)
    return listener


class Rig:
    """A run directory and everything started in it."""

    def __init__(self):
        self.run = tempfile.mkdtemp(prefix="omen-e2e-", dir="/tmp")
        os.chmod(self.run, 0o755)
        self.models = os.path.join(self.run, "models")
        os.mkdir(self.models)
        self.children = []

    def add(self, child):
        self.children.append(child)
        return child

    def worker(self, ready=True, **options):
        count = sum(isinstance(child, Worker) for child in self.children)
        options.setdefault("name", f"worker{count or ''}")
        options.setdefault("models", self.models)
        worker = self.add(Worker(self.run, **options))
        return worker.await_ready() if ready else worker

    def nginx(self, peer, **options):
        count = sum(isinstance(child, Nginx) for child in self.children)
        return self.add(Nginx(self.run, peer, name=f"nginx{count or ''}", **options))

    def start(self, name, command, **options):
        return self.add(Child(name, command, self.run, **options))

    def print_logs(self):
        for child in self.children:
            text = child.log()
            print(f"--- log of {child.name} ({child.pid}) ---\n{text[-6000:]}", file=sys.stderr)

    def finish(self):
        """Ends everything, last started first. Raises if a sanitizer had something to say."""
        reports = []
        # nginx before the workers: they would wait for its kept connections to end.
        for child in sorted(reversed(self.children), key=lambda one: not isinstance(one, Nginx)):
            child.stop()
            if SANITIZER_REPORT.search(child.log()):
                reports.append(child.log()[-8000:])
        shutil.rmtree(self.run, ignore_errors=True)
        assert not reports, "\n".join(reports)
