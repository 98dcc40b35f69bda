"""The units of conf/systemd under systemd itself: process 1 of a container that has this machine's programs
and a place for everything else, where what was built is installed as on a host."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

import documents
import harness
import load
import pytest

import engine as engines

SYSTEMD = "/usr/lib/systemd/systemd"
# What programs of /usr look up outside of it, and nothing that is secret.
ETC = ["passwd", "group", "nsswitch.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "nginx"]
ROW = '{"input":[1,2]}'
MODELS = "/var/lib/omen/models"


class Host:
    """Named as a container is; `run` is a shell's word on it."""

    def __init__(self, engine, place):
        self.engine, self.place, self.name = engine, place, f"omen-systemd-{os.getpid()}"
        root = place / "root"
        for path in ("proc", "sys", "dev", "run", "tmp", "usr", "root", "home", "var/tmp", "var/log", "etc"):
            (root / path).mkdir(parents=True)
        for path in ("bin", "sbin", "lib", "lib64"):
            (root / path).symlink_to(f"usr/{path}")
        for name in ETC:
            source = pathlib.Path("/etc", name)
            if source.is_dir():
                shutil.copytree(source, root / "etc" / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, root / "etc")
        (root / "etc" / "machine-id").touch()
        build = pathlib.Path(harness.find_worker()).parent.parent.parent
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True, timeout=120,
                       env={**os.environ, "DESTDIR": str(place / "built")}, stdout=subprocess.DEVNULL)
        documents.put_version(str(place / "models"), "one", 1, documents.constant(1))
        mounts = ["/usr:/usr:ro", f"{place}/built/usr/local:/usr/local:ro", f"{place}/models:/given:ro",
                  f"{harness.ROOT}/tests/e2e:/e2e:ro"]
        options = [word for mount in mounts for word in ("--volume", mount)]
        engine.run("run", "--detach", "--name", self.name, "--privileged", "--systemd=always",
                   "--network=none", *options, "--rootfs", root, SYSTEMD, "--unit=multi-user.target")

    def run(self, script, check=True):
        done = subprocess.run(
            [self.engine.program, "exec", self.name, "sh", "-c", script], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout.strip()

    def show(self, unit, key):
        return self.run(f"systemctl show -p {key} --value {unit}")

    def predict(self, name="one"):
        return self.run(f"curl -s -d '{ROW}' -H 'Content-Type: application/json' "
                        f"http://127.0.0.1:8080/predict/{name}", check=False)

    def await_prediction(self, name="one", value=1):
        expected = f'{{"prediction":{value}}}'
        harness.wait_for(lambda: self.predict(name) == expected, f"{name} is served", 20, pause=0.1)

    def remove(self):
        print(self.run("journalctl --no-pager -o cat | tail -n 60", check=False))
        self.engine.run("rm", "--force", "--time", 2, self.name, check=False)


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    if os.geteuid() != 0 or not os.path.exists(SYSTEMD):
        pytest.skip("takes root, and systemd on this machine")
    try:
        engine = engines.Engine()
    except engines.Missing as missing:
        pytest.skip(str(missing))
    if not engine.is_podman:
        pytest.skip("docker runs no directory of this machine")
    made = Host(engine, tmp_path_factory.mktemp("host"))
    harness.wait_for(lambda: made.run("systemctl is-system-running", check=False) in ("running", "degraded"),
                     "systemd is up", 30, pause=0.2)
    # As the README says.
    made.run("systemd-sysusers && systemd-tmpfiles --create; systemctl daemon-reload")
    made.run(f"cp -r /given/one {MODELS}/")
    made.run("systemctl enable --now omen-worker.socket omen-worker omen-nginx")
    made.await_prediction()
    yield made
    made.remove()


class Traffic(threading.Thread):
    """wrk on 64 connections for some seconds, within the host."""

    def __init__(self, host, seconds):
        super().__init__()
        self.host, self.seconds, self.counts = host, seconds, None
        self.start()

    def run(self):
        text = self.host.run(f"wrk -t 2 -c 64 -d {self.seconds}s --timeout 30s -s /e2e/load.lua "
                             f"http://127.0.0.1:8080 -- /predict/one '{ROW}' ''", check=False)
        found = re.search(r"^RESULT (.*)$", text, re.MULTILINE)
        self.counts = json.loads(found[1]) if found else {"failed": text}

    def assert_all_good(self):
        self.join()
        assert "ok" in self.counts, self.counts
        load.assert_all_good(self.counts)
        return f"{self.counts['ok']} requests, 0 failed"


def test_they_are_confined(host):
    for unit, user in (("omen-worker", "omen"), ("omen-nginx", "www-data")):
        pid = host.show(unit, "MainPID")
        status = dict(line.split(":\t", 1) for line in host.run(f"cat /proc/{pid}/status").splitlines())
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", unit
        assert int(status["CapEff"], 16) & ~(1 << 10) == 0, "at most ports below 1024"
        assert status["Uid"].split()[0] == host.run(f"id -u {user}") != "0"
    assert host.run("stat -c '%a %U %G' /run/omen/worker.sock") == "660 root www-data"


@pytest.mark.parametrize("what, command, times, seconds", [
    ("restart of the worker", "systemctl restart omen-worker", 2, 4),
    ("kill -9 of the worker", "systemctl kill -s KILL --kill-whom=main omen-worker", 2, 4),
    ("reload of nginx", "systemctl reload omen-nginx", 2, 9),
])
def test_nothing_is_lost(host, measured, what, command, times, seconds):
    traffic = Traffic(host, seconds)
    for _ in range(times):
        time.sleep(0.7)
        host.run(command)
    measured(f"systemd: {what}, {times} times, 64 connections", traffic.assert_all_good())


def test_a_bad_configuration_is_not_tried_again(host):
    try:
        host.run("mkdir -p /etc/default; echo OMEN_THREADS=many >/etc/default/omen-worker")
        host.run("systemctl kill -s KILL --kill-whom=main omen-worker")
        harness.wait_for(lambda: host.show("omen-worker", "ActiveState") == "failed", "it has given up")
        assert "OMEN_THREADS" in host.run("journalctl --no-pager -u omen-worker -n 20 -o cat")
    finally:
        host.run("rm /etc/default/omen-worker; systemctl reset-failed omen-worker; "
                 "systemctl start omen-worker")
    host.await_prediction()


def test_the_access_log_is_rotated(host):
    log = "/var/log/omen-nginx/access.log"
    host.run(f"mkdir -p /etc/default; echo OMEN_NGINX_ACCESS_LOG={log} >/etc/default/omen-nginx; "
             "systemctl restart omen-nginx")
    host.await_prediction()
    lines = lambda path: host.run(f"cat {path} 2>/dev/null | wc -l", check=False)  # noqa: E731
    harness.wait_for(lambda: lines(log) != "0", "the log is written")
    host.run("/usr/sbin/logrotate --force --state /tmp/rotated /usr/local/etc/logrotate.d/omen-nginx")
    time.sleep(1.5)  # what nginx still had of it
    before = lines(f"{log}.1")
    assert before != "0" and lines(log) == "0"
    host.await_prediction()
    harness.wait_for(lambda: lines(log) != "0", "the new log is written")
    assert lines(f"{log}.1") == before, "the old one no longer"


def test_models_from_a_bucket(host):
    documents.put_version(str(host.place / "root" / "var" / "bucket"), "two", 1, documents.constant(2))
    host.run("touch /var/bucket/two/1/_SUCCESS; mkdir -p /etc/default; "
             "echo MODEL_SOURCE=file:///var/bucket >/etc/default/omen-sync; systemctl start omen-sync")
    host.await_prediction("two", 2)
    host.run("systemctl stop omen-sync")
    assert host.show("omen-sync", "Result") == "success"


def test_spawn_fcgi_instead(host, measured):
    host.run("systemctl stop omen-nginx; systemctl disable --now omen-worker.socket omen-worker")
    host.run("systemctl start omen-worker-spawn omen-nginx")
    host.await_prediction()
    traffic = Traffic(host, 4)
    for _ in range(2):
        time.sleep(1)
        host.run("systemctl kill -s USR2 --kill-whom=main omen-worker-spawn")
    measured("systemd: rolling restart by omen-supervise, twice, 64 connections", traffic.assert_all_good())
    host.run("systemctl stop omen-nginx omen-worker-spawn")
    for unit in ("omen-nginx", "omen-worker-spawn"):
        assert host.show(unit, "Result") == "success"
