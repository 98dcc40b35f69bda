"""The units of conf/systemd: what systemd says of them, and their own commands in front of real traffic.
No systemd runs here: systemd-socket-activate and a few lines below stand for it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import documents
import harness
import load
import pytest

UNITS = harness.ROOT / "conf" / "systemd"
SERVICES = ["omen-worker", "omen-worker-spawn", "omen-nginx", "omen-sync"]
ROW = b'{"input":[1,2]}'
PLACES = ("/run/omen-worker", "/run/omen-nginx", "/run/omen", "/var/lib/omen/models")


@pytest.fixture(scope="module")
def prefix(shared):
    """What installing makes, where any user may read it."""
    place = pathlib.Path(shared.run) / "prefix"
    (place / "bin").mkdir(parents=True)
    (place / "share" / "omen").mkdir(parents=True)
    build = pathlib.Path(harness.find_worker()).parent.parent
    for program in ("app/omen-worker", "supervise/omen-supervise", "sync/omen-sync"):
        shutil.copy(build / program, place / "bin")
    shutil.copy(harness.ROOT / "tools" / "render-nginx", place / "bin")
    shutil.copy(harness.ROOT / "conf" / "nginx.conf.in", place / "share" / "omen")
    units = place / "lib" / "systemd" / "system"
    units.mkdir(parents=True)
    shutil.copy(UNITS / "omen-worker.socket", units)
    for name in SERVICES:
        text = (build.parent / "conf" / "systemd" / f"{name}.service").read_text(encoding="ascii")
        text = re.sub(r"/\S*/bin/(?=omen|render)", f"{place}/bin/", text)
        (units / f"{name}.service").write_text(text, encoding="ascii")
    return place


def unit_path(prefix, name):
    return prefix / "lib" / "systemd" / "system" / name


class Unit:
    """A unit's settings, with the places of a host moved into a directory of the test."""

    def __init__(self, prefix, name, run, trace=None):
        self.trace = trace
        text = unit_path(prefix, name).read_text(encoding="ascii")
        for place in PLACES:
            text = re.sub(rf"{place}\b(?![-\w])", f"{run}{place}", text)
        self.settings = re.findall(r"^(\w+)=(.*)$", text, re.M)

    def all(self, key):
        return [value for name, value in self.settings if name == key]

    def one(self, key):
        values = self.all(key)
        assert len(values) == 1, (key, values)
        return values[0]

    def environment(self, **more):
        env = harness.clean_environment(**dict(line.split("=", 1) for line in self.all("Environment")))
        return {**env, **more}

    def command(self, key="ExecStart", **words):
        command = []
        for word in self.one(key).split():
            command.append(re.sub(r"\$\{?(\w+)\}?", lambda match: str(words[match[1]]), word))
        return command

    def confined(self, command):
        """As the unit's user, without capabilities, where the test may change users. The user omen is
        not there before the host has run systemd-sysusers: nobody stands for it."""
        if self.trace:
            with open(self.trace, "w", encoding="ascii"):
                os.chmod(self.trace, 0o666)
            command = ["strace", "-D", "-f", "-qq", "-o", self.trace, *command]
        if os.geteuid() != 0:
            return command
        user, group = ({"omen": "nobody"}.get(self.one("User"), self.one("User")),
                       {"omen": "nogroup"}.get(self.one("Group"), self.one("Group")))
        return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all", "--inh-caps=-all", *command]

    def run(self, key, **words):
        return subprocess.run(self.confined(self.command(key, **words)), env=self.environment(**words),
                              capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def host(rig):
    """The directories that systemd-tmpfiles and RuntimeDirectory= would make."""
    for place in PLACES:
        os.makedirs(f"{rig.run}{place}", exist_ok=True)
        os.chmod(f"{rig.run}{place}", 0o777)
    documents.put_version(f"{rig.run}/var/lib/omen/models", "one", 1, documents.constant(1))
    return rig


# --- what systemd says ----------------------------------------------------------------------------


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, "SYSTEMD_COLORS": "0"})


def test_systemd_finds_no_fault(prefix):
    paths = [unit_path(prefix, f"{name}.service") for name in SERVICES]
    done = analyze("verify", "--man=no", *paths, unit_path(prefix, "omen-worker.socket"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_find_a_fault(prefix, tmp_path):
    text = unit_path(prefix, "omen-worker.service").read_text(encoding="ascii")
    (tmp_path / "omen-worker.service").write_text(text.replace("Restart=", "Restrat="), encoding="ascii")
    shutil.copy(unit_path(prefix, "omen-worker.socket"), tmp_path)
    assert "Restrat" in analyze("verify", "--man=no", tmp_path / "omen-worker.service").stderr


@pytest.mark.parametrize("name, most", [("omen-worker", 10), ("omen-worker-spawn", 10),
                                        ("omen-nginx", 20), ("omen-sync", 20)])
def test_they_are_confined(prefix, measured, name, most):
    """Of 100, which is a service without any confinement."""
    path = unit_path(prefix, f"{name}.service")
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={most}", path)
    assert done.returncode == 0, done.stdout
    level = re.search(r"exposure level for \S+: ([0-9.]+) (\w+)", done.stdout)
    measured(f"exposure of {name}.service", f"{level[1]} of 10, {level[2]}")


def test_what_is_installed(prefix):
    build = pathlib.Path(harness.find_worker()).parent.parent.parent
    done = subprocess.run(["meson", "introspect", "--installed", build], capture_output=True, text=True,
                          check=True, timeout=60)
    installed = list(json.loads(done.stdout).values())
    for name in ("lib/systemd/system/omen-worker.socket", "lib/sysusers.d/omen.conf",
                 "lib/tmpfiles.d/omen.conf", "etc/logrotate.d/omen-nginx", "bin/render-nginx", "share/omen/nginx.conf.in",
                 *(f"lib/systemd/system/{name}.service" for name in SERVICES)):
        assert any(path.endswith(f"/{name}") for path in installed), name
    for program in [path.rpartition("/")[2] for path in installed if "/bin/" in path]:
        assert any(path.endswith(f"/man1/{program}.1") for path in installed), f"no manual of {program}"


@pytest.mark.skipif(os.geteuid() != 0, reason="making users and their directories takes root")
def test_the_user_and_its_directory(tmp_path):
    (tmp_path / "etc").mkdir()
    root = f"--root={tmp_path}"
    for command in (["systemd-sysusers", root, UNITS / "sysusers.conf"],
                    ["systemd-tmpfiles", root, "--create", UNITS / "tmpfiles.conf"]):
        subprocess.run(command, capture_output=True, check=True, timeout=60)
    user = next(line.split(":") for line in (tmp_path / "etc" / "passwd").read_text().splitlines()
                if line.startswith("omen:"))
    assert user[5:] == ["/var/lib/omen", "/usr/sbin/nologin"]
    assert os.stat(tmp_path / "var" / "lib" / "omen" / "models").st_uid == int(user[2])


# --- a socket that systemd holds --------------------------------------------------------------------


def open_socket(unit):
    """The listener as the socket unit has it."""
    path = unit.one("ListenStream")
    listener = harness.unix_listener(path, int(unit.one("Backlog")))
    give_socket(unit, path)
    return listener


def give_socket(unit, path):
    if os.geteuid() == 0:
        shutil.chown(path, unit.one("SocketUser"), unit.one("SocketGroup"))
    os.chmod(path, int(unit.one("SocketMode"), 8))


def start_nginx(host, prefix, trace=None, **more):
    """Behind the worker's socket, by its own unit. Returns the child, the unit, the port."""
    unit = Unit(prefix, "omen-nginx.service", host.run, trace)
    port = harness.free_port()
    env = unit.environment(OMEN_NGINX_PORT=str(port), OMEN_NGINX_LISTEN="127.0.0.1", **more)
    child = host.start("nginx", unit.confined(unit.command()), env=env)
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "nginx listens")
    unit.environment = lambda **words: {**env, **words}
    return child, unit, port


def stop_nginx(child):
    """Before the worker, which would wait for nginx's kept connections to end."""
    child.send_signal(signal.SIGQUIT)
    assert child.wait() == 0


def predict(port, path="/predict/one"):
    status, _, body = harness.http_ask(port, "POST", path, ROW, {"Content-Type": "application/json"})
    return status, body


def test_the_first_connection_starts_the_worker(host, prefix):
    sockets = Unit(prefix, "omen-worker.socket", host.run)
    unit = Unit(prefix, "omen-worker.service", host.run)
    path = sockets.one("ListenStream")
    command = ["systemd-socket-activate", "-l", path]
    for name, value in unit.environment().items():
        command += ["-E", f"{name}={value}"]
    activator = host.start("activator", [*command, *unit.confined(unit.command())])
    harness.wait_for(lambda: os.path.exists(path), "the socket")
    give_socket(sockets, path)
    _, _, port = start_nginx(host, prefix)
    assert "omen-worker" not in process_name(activator.pid)
    assert predict(port) == (200, b'{"prediction":1}')
    assert "omen-worker" in process_name(activator.pid)
    assert 'listen="LISTEN_FDS"' in activator.log() or "listen=LISTEN_FDS" in activator.log()
    assert os.path.exists(unit.environment()["OMEN_STATE_FILE"])


def process_name(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
        return comm.read()


ACTIVATE = 'exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'


class Service:
    """As systemd runs a service of Type=notify whose socket it holds."""

    def __init__(self, host, unit, listener):
        self.host, self.unit, self.listener = host, unit, listener
        self.path = f"{host.run}/notify"
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(self.path)
        os.chmod(self.path, 0o777)
        self.notified.settimeout(20)
        self.count = 0
        self.start()

    def start(self):
        command = self.unit.confined(["sh", "-c", ACTIVATE, "sh", *self.unit.command()])
        self.count += 1
        self.child = self.host.start(f"worker{self.count}", command, stdin=self.listener.fileno(),
                                     env=self.unit.environment(NOTIFY_SOCKET=self.path))
        assert self.notified.recv(100) == b"READY=1"

    def restart(self):
        self.child.send_signal(signal.SIGTERM)
        assert self.notified.recv(100) == b"STOPPING=1"
        assert self.child.wait(30) == 0, self.child.log()
        self.start()


def test_a_restart_loses_nothing(host, prefix, measured):
    unit = Unit(prefix, "omen-worker.service", host.run)
    assert unit.one("Type") == "notify"
    with open_socket(Unit(prefix, "omen-worker.socket", host.run)) as listener:
        service = Service(host, unit, listener)
        nginx, _, port = start_nginx(host, prefix)
        running = host.add(load.Load(host.run, port, "/predict/one", ROW))
        for _ in range(4):
            time.sleep(0.5)
            service.restart()
        time.sleep(0.5)
        counts = running.result()
        load.assert_all_good(counts)
        measured("systemctl restart of the worker, four times, 64 connections",
                 f"{counts['ok']} requests, 0 failed, the longest {counts['max_ms']} ms")
        service.child.send_signal(signal.SIGHUP)
        assert predict(port)[0] == 200
        stop_nginx(nginx)
        service.notified.close()


def test_the_web_servers_own_unit(host, prefix):
    unit = Unit(prefix, "omen-worker.service", host.run)
    with open_socket(Unit(prefix, "omen-worker.socket", host.run)) as listener:
        service = Service(host, unit, listener)
        child, nginx, port = start_nginx(host, prefix, OMEN_NGINX_MAX_BODY="1k")
        assert predict(port) == (200, b'{"prediction":1}')
        done = nginx.run("ExecReload")
        assert (done.returncode, done.stderr) == (0, "")
        assert predict(port)[0] == 200
        assert nginx.run("ExecStop").returncode == 0
        assert harness.http_ask(port, "GET", "/healthz")[1]["connection"] == "close"
        child.send_signal(getattr(signal, nginx.one("KillSignal")))
        assert child.wait() == 0
        service.notified.close()


# --- without a socket unit --------------------------------------------------------------------------


def test_spawn_fcgi_and_the_supervisor(host, prefix):
    unit = Unit(prefix, "omen-worker-spawn.service", host.run)
    path = f"{host.run}/run/omen/worker.sock"
    main = host.start("spawned", unit.confined(unit.command()), env=unit.environment())
    harness.wait_for(lambda: harness.accepts(path), "the socket")
    status = os.stat(path)
    assert status.st_mode & 0o777 == 0o660
    nginx, _, port = start_nginx(host, prefix)
    running = host.add(load.Load(host.run, port, "/predict/one", ROW))
    for _ in range(2):
        time.sleep(0.7)
        before = workers(main.pid)
        main.send_signal(signal.SIGUSR2)
        harness.wait_for(lambda: workers(main.pid) and not before & workers(main.pid),
                         "the new worker has taken over", 40)
    load.assert_all_good(running.result())
    stop_nginx(nginx)
    assert main.stop(seconds=30) == 0


def workers(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return set(children.read().split())


# --- models from a bucket ---------------------------------------------------------------------------


def test_models_from_a_bucket(host, prefix):
    unit = Unit(prefix, "omen-worker.service", host.run)
    bucket = f"{host.run}/bucket"
    documents.put_version(bucket, "two", 1, documents.constant(2))
    pathlib.Path(bucket, "two", "1", "_SUCCESS").touch()
    with open_socket(Unit(prefix, "omen-worker.socket", host.run)) as listener:
        service = Service(host, unit, listener)
        nginx, _, port = start_nginx(host, prefix)
        assert predict(port, "/predict/two")[0] == 404
        sync = Unit(prefix, "omen-sync.service", host.run)
        command = sync.confined(sync.command(MODEL_SOURCE=f"file://{bucket}"))
        child = host.start("sync", command, env=sync.environment(OMEN_SYNC_PERIOD="1s"))
        harness.wait_for(lambda: predict(port, "/predict/two") == (200, b'{"prediction":2}'),
                         "the model is served", 20)
        assert child.stop() == 0
        stop_nginx(nginx)
        service.notified.close()


# --- system calls -----------------------------------------------------------------------------------


def allowed_calls(unit):
    """What SystemCallFilter= lets through."""

    def expand(name):
        if not name.startswith("@"):
            return {name}
        words = analyze("syscall-filter", name).stdout.split("\n")
        names = [word.strip() for word in words[1:] if word.strip() and "#" not in word]
        return set().union(*(expand(one) for one in names))

    allowed = set()
    for value in unit.all("SystemCallFilter"):
        for name in value.lstrip("~").split():
            allowed = allowed - expand(name) if value.startswith("~") else allowed | expand(name)
    return allowed


def test_no_system_call_is_made_that_is_not_allowed(host, prefix):
    """From their start to their end, with predictions and a new model between."""
    traces = {name: f"{host.run}/{name}.trace" for name in ("omen-worker", "omen-nginx", "omen-sync")}
    unit = Unit(prefix, "omen-worker.service", host.run, traces["omen-worker"])
    with open_socket(Unit(prefix, "omen-worker.socket", host.run)) as listener:
        service = Service(host, unit, listener)
        child, _, port = start_nginx(host, prefix, traces["omen-nginx"])
        for path in ("/predict/one", "/predict/none", "/docs", "/metrics", "/nowhere"):
            harness.http_ask(port, "POST", path, ROW)
        documents.put_version(f"{host.run}/bucket", "two", 1, documents.constant(2))
        pathlib.Path(host.run, "bucket", "two", "1", "_SUCCESS").touch()
        sync = Unit(prefix, "omen-sync.service", host.run, traces["omen-sync"])
        command = sync.confined(sync.command(MODEL_SOURCE=f"file://{host.run}/bucket"))
        syncing = host.start("sync", command, env=sync.environment())
        service.child.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: predict(port, "/predict/two")[0] == 200, "the new model")
        assert syncing.stop() == 0
        stop_nginx(child)
        service.child.send_signal(signal.SIGTERM)
        assert service.child.wait(30) == 0
        service.notified.close()
    for name, trace in traces.items():
        allowed = allowed_calls(Unit(prefix, f"{name}.service", host.run))
        assert {"read", "futex"} <= allowed and not {"mount", "bpf", "ptrace"} & allowed
        text = pathlib.Path(trace).read_text(encoding="utf-8", errors="replace")
        calls = set(re.findall(r"^\d+ +(\w+)\(", text, re.M))
        assert len(calls) > 20 and calls <= allowed, (name, sorted(calls - allowed))
