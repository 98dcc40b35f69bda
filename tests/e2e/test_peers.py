"""Every program that may stand in front of the worker or hand it its socket, each for real."""

import grp
import os
import signal
import subprocess
import sys
import time

import documents
import fcgi_client as fcgi
import harness
import pytest

ROW = harness.encode({"input": [1, 2, 3]})
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def models(rig):
    documents.put_version(rig.models, "total", 1, documents.total())


def flags(rig, **more):
    options = {"models": rig.models, "threads": 2, "rescan_interval": "200ms", **more}
    options.setdefault("drain_timeout", "2s")
    return harness.worker_flags(options)


def is_ready(path):
    try:
        return fcgi.ask(path, "GET", "/readyz", timeout=2).status == 200
    except (OSError, fcgi.Closed):
        return False


def await_socket(path):
    harness.wait_for(lambda: is_ready(path), f"a worker is ready behind {os.path.basename(path)}")


def assert_raw_predictions(path, count=20):
    for i in range(count):
        answer = fcgi.ask(path, "POST", "/predict/total", ROW)
        assert (answer.status, answer.body) == (200, b'{"prediction":321}'), (i, answer)


def assert_http_predictions(port, large_rows=3000):
    """Small, large, wrong and lost requests through a web server, on one connection and on many."""
    client = harness.HttpClient(port)
    for i in range(40):
        row = [i, 2, 3]
        status, answer, headers = client.post("/predict/total", {"input": row})
        assert (status, answer) == (200, {"prediction": i + 320})
        assert headers["x-model-version"] == "1"
        status, answer, _ = client.post("/predict/none", {"input": [row] * 1000})
        assert status == 404 and answer["code"] == "unknown_model"
        status, answer, _ = client.post("/predict/total", b"x" * 10_000)
        assert status == 400 and answer["code"] == "invalid_json"
    rows = [[i, 0, 0] for i in range(large_rows)]
    status, answer, _ = client.post("/predict/total", {"input": rows})
    assert (status, answer) == (200, {"prediction": list(range(large_rows))})
    client.close()
    for _ in range(10):
        status, _, body = harness.http_ask(port, "POST", "/predict/total", ROW, JSON)
        assert (status, body) == (200, b'{"prediction":321}')
    status, _, body = harness.http_ask(port, "GET", "/healthz")
    assert status == 200 and harness.parse_json(body)["status"] == "ok"


@pytest.mark.parametrize("processes", [1, 2])
def test_nginx_with_kept_connections(rig, processes):
    worker = rig.worker()
    nginx = rig.nginx(worker.peer, workers=processes)
    assert_http_predictions(nginx.port)
    server = worker.status()["server"]
    assert server["accepted"] < 30, f"nginx does not keep its connections: {server}"


def test_nginx_over_tcp(rig):
    port = harness.free_port()
    worker = rig.worker(listen=f"127.0.0.1:{port}", peer=("127.0.0.1", port))
    assert_http_predictions(rig.nginx(worker.peer).port)


def test_spawn_fcgi_in_the_foreground(rig):
    path = f"{rig.run}/spawned.sock"
    command = ["spawn-fcgi", "-n", "-s", path, "-M", "0660", "--", harness.find_worker()]
    child = rig.start("spawn-fcgi", command + flags(rig))
    await_socket(path)
    assert_raw_predictions(path)
    assert_http_predictions(rig.nginx(path).port)
    assert child.stop() == 0, child.log()


def test_spawn_fcgi_in_the_background(rig):
    """Forked: its standard error goes nowhere, its parent is gone."""
    path, pid_file = f"{rig.run}/forked.sock", f"{rig.run}/forked.pid"
    command = ["spawn-fcgi", "-s", path, "-P", pid_file, "--", harness.find_worker()]
    child = rig.start("spawn-fcgi", command + flags(rig))
    assert child.wait() == 0, child.log()
    with open(pid_file, encoding="ascii") as file:
        pid = int(file.read())
    try:
        await_socket(path)
        assert_raw_predictions(path)
        assert_http_predictions(rig.nginx(path).port)
    finally:
        os.kill(pid, signal.SIGTERM)
    harness.wait_for(lambda: not is_running(pid), "the forked worker has ended", 40)


def is_running(pid):
    """A process that is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_multiwatch(rig):
    """Two workers on one listener: each of them gets requests, and a dead one is replaced."""
    path = f"{rig.run}/multiwatch.sock"
    command = ["spawn-fcgi", "-n", "-s", path, "--", "/usr/bin/multiwatch", "-f", "2"]
    command += ["-s", "TERM", "--", harness.find_worker()]
    child = rig.start("multiwatch", command + flags(rig))
    await_socket(path)
    pids = harness.wait_for(lambda: two_children(child.pid), "two workers run")
    assert_raw_predictions(path, 50)
    nginx = rig.nginx(path)
    assert_http_predictions(nginx.port)
    os.kill(pids[0], signal.SIGKILL)
    harness.wait_for(lambda: pids[0] not in (two_children(child.pid) or pids), "it is replaced")
    assert_raw_predictions(path, 50)
    assert_http_predictions(nginx.port)
    child.stop(seconds=40)


def two_children(pid):
    """The pids of exactly two children, or None."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        pids = [int(word) for word in file.read().split()]
    return pids if len(pids) == 2 else None


def cgi_fcgi(path, body=b"", **params):
    command = ["env", "-i", *[f"{name}={value}" for name, value in params.items()]]
    command += ["/usr/bin/cgi-fcgi", "-bind", "-connect", path]
    return subprocess.run(command, input=body, capture_output=True, timeout=60, check=False)


def test_cgi_fcgi(rig):
    worker = rig.worker()
    done = cgi_fcgi(
        worker.peer, ROW, REQUEST_METHOD="POST", REQUEST_URI="/predict/total",
        CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(ROW)),
    )
    answer = fcgi.parse_answer(done.stdout, done.returncode, 0)
    assert (answer.status, answer.body) == (200, b'{"prediction":321}'), done
    rows = harness.encode({"input": [[i, 0, 0] for i in range(100_000)]})
    done = cgi_fcgi(
        worker.peer, rows, REQUEST_METHOD="POST", REQUEST_URI="/predict/total",
        CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(rows)),
    )
    answer = fcgi.parse_answer(done.stdout, done.returncode, 0)
    assert harness.parse_json(answer.body)["prediction"] == list(range(100_000))


def test_cgi_fcgi_as_a_probe(rig):
    """Its exit status is the request's application status: 0 when ready, another one when not."""
    worker = rig.worker()
    probe = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/readyz"}
    assert cgi_fcgi(worker.peer, **probe).returncode == 0
    os.rename(f"{rig.models}/total", f"{rig.models}/.total")
    harness.wait_for(lambda: worker.ask("GET", "/readyz").status == 503, "no model is live")
    assert cgi_fcgi(worker.peer, **probe).returncode not in (0, 2)
    assert cgi_fcgi(f"{rig.run}/nobody.sock", **probe).returncode != 0


LIGHTTPD = """
server.modules = ( "mod_fastcgi" )
server.document-root = "{run}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{run}/lighttpd-error.log"
server.upload-dirs = ( "{run}" )
fastcgi.server = ( "/" => (( "socket" => "{socket}", "check-local" => "disable" )) )
"""


def test_lighttpd(rig):
    worker = rig.worker()
    port = harness.free_port()
    config = f"{rig.run}/lighttpd.conf"
    with open(config, "w", encoding="ascii") as file:
        file.write(LIGHTTPD.format(run=rig.run, port=port, socket=worker.peer))
    rig.start("lighttpd", ["/usr/sbin/lighttpd", "-D", "-f", config])
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "lighttpd listens")
    assert_http_predictions(port)


APACHE = """
ServerName localhost
ServerRoot {run}
DefaultRuntimeDir {run}
PidFile {run}/apache.pid
Listen 127.0.0.1:{port}
ErrorLog {run}/apache-error.log
Mutex file:{run} default
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_fcgi_module {modules}/mod_proxy_fcgi.so
StartServers 1
MinSpareThreads 8
MaxSpareThreads 16
ThreadsPerChild 16
MaxRequestWorkers 16
<Proxy "unix:{socket}|fcgi://omen/" enablereuse={reuse} max=16>
</Proxy>
ProxyPass "/" "unix:{socket}|fcgi://omen/" enablereuse={reuse}
"""


@pytest.mark.parametrize("reuse", ["on", "off"])
def test_apache(rig, reuse):
    """mod_proxy_fcgi sends the end of the body in a segment of its own."""
    root = os.geteuid() == 0
    group = "www-data" if root else grp.getgrgid(os.getegid()).gr_name
    worker = rig.worker(listen_group=group)
    port = harness.free_port()
    config = f"{rig.run}/apache.conf"
    with open(config, "w", encoding="ascii") as file:
        file.write(
            APACHE.format(
                run=rig.run, port=port, socket=worker.peer, reuse=reuse,
                modules="/usr/lib/apache2/modules",
                user="User www-data\nGroup www-data" if root else "",
            )
        )
    rig.start("apache", ["/usr/sbin/apache2", "-f", config, "-DFOREGROUND"])
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "apache listens")
    assert_http_predictions(port)


LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_listen_fds(rig):
    """As systemd hands a socket over: descriptor 3, LISTEN_PID and LISTEN_FDS."""
    path = f"{rig.run}/activated.sock"
    with harness.unix_listener(path) as listener:
        number = listener.fileno()
        child = rig.start(
            "activated",
            [sys.executable, "-c", LAUNCHER, str(number), harness.find_worker(), *flags(rig)],
            pass_fds=(number,),
        )
        await_socket(path)
        assert_raw_predictions(path)
        assert_http_predictions(rig.nginx(path).port)
        assert child.stop(seconds=40) == 0, child.log()
        assert os.path.exists(path), "not its socket to remove"


def test_listen_fds_of_another_process_are_not_ours(rig):
    path = f"{rig.run}/own.sock"
    env = harness.clean_environment(LISTEN_PID="1", LISTEN_FDS="1")
    command = [harness.find_worker(), *flags(rig, listen=f"unix:{path}")]
    rig.start("own", command, env=env)
    await_socket(path)
    assert_raw_predictions(path)


def test_a_listener_as_standard_input(rig):
    """As systemd (StandardInput=socket) and spawn-fcgi do; --listen is not used then."""
    path = f"{rig.run}/inherited.sock"
    with harness.unix_listener(path) as listener:
        worker = rig.worker(listener=listener, peer=path, listen=f"unix:{rig.run}/unused.sock")
        assert_raw_predictions(path)
        assert 'listen="standard input"' in worker.log()
        assert not os.path.exists(f"{rig.run}/unused.sock")


def test_two_workers_on_one_listener_share_the_work(rig):
    path = f"{rig.run}/inherited.sock"
    with harness.unix_listener(path) as listener:
        first = rig.worker(listener=listener, peer=path)
        second = rig.worker(listener=listener, peer=path)
        time.sleep(0.3)
        assert_raw_predictions(path, 100)
        assert first.stop() == 0
        assert_raw_predictions(path, 20)
        assert second.stop() == 0
