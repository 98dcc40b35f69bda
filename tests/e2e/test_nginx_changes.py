"""What nginx sends to the worker, what again and what never twice; a reload, a drain and a death under load."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time

import documents
import fcgi_client as fcgi
import harness
import load
import pytest

ROW = b'{"input":[1,2]}'
JSON = {"Content-Type": "application/json"}
RENDER = harness.ROOT / "tools" / "render-nginx"


class Dying:
    """A worker that hangs up on every request it has read whole, or answers those to /healthz."""

    def __init__(self, path):
        self.asked = []
        self.listener = harness.unix_listener(path)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer, peer.makefile("rb") as stream:
            while self.answer(peer, stream):
                pass

    def answer(self, peer, stream):
        params = b""
        while head := stream.read(8):
            kind, length, padding = head[1], int.from_bytes(head[4:6], "big"), head[6]
            content = stream.read(length + padding)[:length]
            params += content if kind == fcgi.PARAMS else b""
            if kind == fcgi.STDIN and length == 0:
                break
        else:
            return False
        if b"/healthz" in params:
            text = b"Status: 200\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
            text += b"X-Accel-Redirect: /nginx-health\r\n\r\n"
            peer.sendall(fcgi.record(fcgi.STDOUT, 1, text) + fcgi.record(fcgi.STDOUT, 1)
                         + fcgi.record(fcgi.END_REQUEST, 1, bytes(8)))
            return True
        self.asked.append(params)
        return False

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def dying(rig):
    worker = Dying(f"{rig.run}/dying.sock")
    yield worker, rig.nginx(f"{rig.run}/dying.sock")
    worker.close()


def pairs(data):
    """{name: value} of a stream of parameters."""
    found, at = {}, 0
    while at < len(data):
        lengths = []
        for _ in range(2):
            wide = data[at] >> 7
            lengths.append(int.from_bytes(data[at:at + 4], "big") & 0x7FFFFFFF if wide else data[at])
            at += 4 if wide else 1
        name, at = data[at:at + lengths[0]].decode(), at + lengths[0]
        assert name not in found, f"{name} twice"
        found[name], at = data[at:at + lengths[1]].decode(), at + lengths[1]
    return found


def test_the_worker_is_told_what_is_named_and_nothing_else(dying):
    """Of a client's headers; none of them passes for a parameter of nginx's own."""
    worker, nginx = dying
    own = {"Accept": "a", "Accept-Encoding": "b", "Content-Encoding": "c", "If-None-Match": "d",
           "Inference-Header-Content-Length": "1", "X-Amzn-SageMaker-Custom-Attributes": "e"}
    other = {"Authorization": "mine", "Cookie": "mine", "Proxy": "mine", "X-Forwarded-For": "mine",
             "X-Request-Id": "mine", "Request-Id": "mine", "Remote-Addr": "mine", "Request-Uri": "mine"}
    nginx.ask("POST", "/predict/o%6ee?a=b", ROW, {**JSON, **own, **other})
    asked = pairs(worker.asked[0])
    assert len(asked.pop("REQUEST_ID")) == 32
    assert asked == {
        "REQUEST_METHOD": "POST", "REQUEST_URI": "/predict/o%6ee?a=b", "QUERY_STRING": "a=b",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "15", "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in own.items()},
    }


def test_no_answer_steers_nginx(dying):
    """It has X-Accel-Redirect, which would be a 204."""
    _, nginx = dying
    status, headers, _ = nginx.ask("GET", "/healthz")
    assert status == 200 and not [name for name in headers if name.startswith("x-accel")]


PURE = [("POST", "/predict/one"), ("POST", "/v1/models/one:predict"), ("POST", "/v2/models/one/infer"),
        ("POST", "/invocations"), ("GET", "/v2"), ("GET", "/openapi.json")]
CHANGING = [("POST", "/v2/repository/models/one/load"), ("POST", "/v2/repository/models/one/unload"),
            ("POST", "/models"), ("DELETE", "/models/one"), ("GET", "/models/one")]


@pytest.mark.parametrize("method, path", PURE)
def test_what_changes_nothing_is_sent_again(dying, method, path):
    worker, nginx = dying
    assert nginx.ask("GET", "/healthz")[0] == 200
    status, _, _ = nginx.ask(method, path, ROW if method == "POST" else None, JSON)
    assert status == 502 and len(worker.asked) == 2
    if method == "POST":
        assert all(b"CONTENT_LENGTH15" in params for params in worker.asked), "the body goes with it"


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "new"])
@pytest.mark.parametrize("method, path", CHANGING)
def test_what_changes_something_is_sent_once(dying, method, path, kept):
    worker, nginx = dying
    if kept:
        assert nginx.ask("GET", "/healthz")[0] == 200
    status, headers, body = nginx.ask(method, path, ROW if method == "POST" else None, JSON)
    assert status == 502 and len(worker.asked) == 1
    assert harness.parse_json(body)["code"] == "unavailable" and headers["x-request-id"]


@pytest.fixture
def served(rig):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker = rig.worker()
    return worker, rig.nginx(worker.peer)


def render(nginx, worker, action, *more):
    command = [RENDER, action, "--run", nginx.run, "--socket", worker.peer, "--port", nginx.port,
               "--listen", "127.0.0.1", "--user", "root", *more]
    return subprocess.run([str(word) for word in command], env=harness.clean_environment(),
                          capture_output=True, text=True, timeout=60, check=False)


def processes(nginx):
    with open(f"/proc/{nginx.pid}/task/{nginx.pid}/children", encoding="ascii") as children:
        return set(children.read().split())


@pytest.mark.skipif(os.geteuid() != 0, reason="the sockets of the tests belong to root")
def test_a_reload_loses_nothing(rig, served, measured):
    worker, nginx = served
    with_load = rig.add(load.Load(rig.run, nginx.port, "/predict/one", ROW))
    time.sleep(1)
    for _ in range(3):
        before = processes(nginx)
        done = render(nginx, worker, "--reload")
        assert (done.returncode, done.stderr) == (0, "")
        harness.wait_for(lambda: not before & processes(nginx), "the old process has ended", 40)
        assert not os.path.exists(f"{nginx.run}/closing")
    counts = with_load.result()
    load.assert_all_good(counts)
    measured("three reloads of nginx, 64 connections", f"{counts['ok']} requests, 0 failed")


def test_a_bad_configuration_is_not_loaded(served, tmp_path):
    worker, nginx = served
    (tmp_path / "template").write_text("nonsense;\n", encoding="ascii")
    before = processes(nginx)
    done = render(nginx, worker, "--reload", "--template", tmp_path / "template")
    assert done.returncode == 2 and "nothing has changed" in done.stderr
    assert processes(nginx) == before and nginx.post("/predict/one", ROW)[0] == 200
    with open(f"{nginx.run}/nginx.conf", encoding="ascii") as current:
        assert "nonsense" not in current.read()


def test_a_reload_takes_new_options(served):
    worker, nginx = served
    assert nginx.post("/predict/one", ROW.ljust(3000))[0] == 200
    assert render(nginx, worker, "--reload", "--max-body", "2k").returncode == 0
    assert nginx.post("/predict/one", ROW.ljust(3000))[0] == 413


def test_after_a_drain_nobody_is_left_on_a_connection(served):
    """Each connection hears that its answer was the last one; then nginx may end."""
    worker, nginx = served
    kept = [http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=10) for _ in range(8)]

    def ask(client):
        client.request("POST", "/predict/one", ROW, JSON)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"prediction":1}')
        return answer.getheader("Connection")

    assert [ask(client) for client in kept] == ["keep-alive"] * 8
    assert render(nginx, worker, "--drain").returncode == 0
    assert [ask(client) for client in kept] == ["close"] * 8
    nginx.send_signal(signal.SIGQUIT)
    assert nginx.wait() == 0
    for client in kept:
        client.close()


@pytest.fixture(params=["dash", "busybox"])
def start_keeper(request, rig):
    """start_keeper(seconds of a drain): render-nginx --keep, by a shell, and the port of its nginx."""
    keepers = []

    def start(drain_time=2):
        child, port = run_keeper(rig, request.param, drain_time)
        keepers.append(child)
        return child, port

    yield start
    for child in keepers:
        child.stop()


def run_keeper(rig, shell, drain_time):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker, port = rig.worker(), harness.free_port()
    shell = {"dash": ["dash"], "busybox": ["busybox", "sh"]}[shell]
    # The image's entry, and what compose says after it: the last word counts.
    command = [*shell, RENDER, "--start", "--keep", "--run", f"{rig.run}/kept", "--socket", worker.peer,
               "--port", port, "--listen", "127.0.0.1", "--drain-time", drain_time]
    if os.geteuid() == 0:
        command += ["--user", "root"]
    child = rig.start("keeper", command)
    # It listens before it hears signals, and writes its number after that.
    harness.wait_for(lambda: os.path.exists(f"{rig.run}/kept/nginx.pid"), "nginx runs")
    return child, port


@pytest.fixture
def keeper(start_keeper):
    return start_keeper()


def kept_nginx(keeper):
    return next(pid for pid in harness.children(keeper.pid)
                if os.readlink(f"/proc/{pid}/exe").endswith("/nginx"))


def test_a_keeper_is_told_to_reload_and_to_end(rig, keeper, measured):
    """HUP twice, the second before the first is done; then QUIT, while clients still ask."""
    child, port = keeper
    running = rig.add(load.Load(rig.run, port, "/predict/one", ROW))
    before = set(harness.children(kept_nginx(child)))
    for _ in range(2):
        time.sleep(0.5)
        child.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: child.log().count("nothing has changed") == 0
                     and not before & set(harness.children(kept_nginx(child))), "other processes", 40)
    harness.wait_for(lambda: not os.path.exists(f"{rig.run}/kept/reloading"), "both are done", 40)
    counts = running.result()
    load.assert_all_good(counts)
    measured("HUP of a keeper of nginx, 64 connections", f"{counts['ok']} requests, 0 failed")
    clients = [harness.HttpClient(port) for _ in range(8)]
    ask = lambda client: client.ask("POST", "/predict/one", ROW, JSON)  # noqa: E731
    assert [ask(client)[0] for client in clients] == [200] * 8
    begun = time.monotonic()
    child.send_signal(signal.SIGQUIT)
    time.sleep(1.3)
    answers = [ask(client) for client in clients]
    assert [(answer[0], answer[1]["connection"]) for answer in answers] == [(200, "close")] * 8
    assert child.wait() == 0 and time.monotonic() - begun > 1.9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_keeper_in_a_hurry(start_keeper, number):
    child, port = start_keeper(drain_time=30)
    child.send_signal(signal.SIGQUIT)  # drains
    begun = time.monotonic()
    child.send_signal(number)
    assert child.wait() == 0 and time.monotonic() - begun < 25
    assert not harness.accepts(("127.0.0.1", port))


def test_a_keeper_does_not_drain_again(rig, start_keeper):
    child, _ = start_keeper(drain_time=30)
    with open(f"{rig.run}/kept/closing", "w", encoding="ascii"):
        begun = time.monotonic()
        child.send_signal(signal.SIGQUIT)
    assert child.wait() == 0 and time.monotonic() - begun < 25


def test_a_keeper_of_an_nginx_that_dies(keeper):
    child, _ = keeper
    orphans = harness.children(kept_nginx(child))
    os.kill(kept_nginx(child), signal.SIGKILL)
    assert child.wait() == 128 + signal.SIGKILL
    for pid in orphans:
        os.kill(pid, signal.SIGTERM)


def test_what_fails_during_a_drain_is_an_error_object(served):
    worker, nginx = served
    with open(f"{nginx.run}/closing", "w", encoding="ascii"):
        pass
    harness.wait_for(lambda: nginx.ask("GET", "/healthz")[1]["connection"] == "close", "it drains")
    status, answer, _ = nginx.post("/predict/one", ROW.ljust(1 << 20))
    assert (status, answer) == (200, {"prediction": 1})
    assert nginx.post("/predict/none", ROW)[1]["code"] == "unknown_model"
    assert nginx.post("/predict/one", ROW.ljust(17 << 20))[1]["code"] == "limit"
    worker.stop(signal.SIGKILL)
    for path in ("/predict/one", "/v2/repository/index"):
        status, answer, headers = nginx.post(path, ROW)
        assert (status, answer["code"], headers["retry-after"]) == (502, "unavailable", "1")


def test_the_worker_is_killed_under_load(rig, measured):
    """Its supervisor holds the listener; what it had in hand is sent to the next one."""
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    path = f"{rig.run}/worker.sock"
    with harness.unix_listener(path) as listener:
        start = lambda name: rig.worker(name=name, listener=listener, peer=path)  # noqa: E731
        worker = start("first")
        nginx = rig.nginx(path)
        with_load = rig.add(load.Load(rig.run, nginx.port, "/predict/one", ROW))
        time.sleep(1)
        for name in ("second", "third", "fourth"):
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            worker = start(name)
            time.sleep(0.7)
        counts = with_load.result()
    load.assert_all_good(counts)
    retried = nginx.log().count("upstream prematurely closed") + nginx.log().count("recv() failed")
    measured("worker killed thrice, 64 connections",
             f"{counts['ok']} requests, 0 failed, {retried} of them sent again")
