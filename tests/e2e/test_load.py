"""Restarts, swaps, crashes and overload, under load."""

import os
import shutil
import signal
import time

import documents
import fcgi_client as fcgi
import harness
import load
import prometheus
import pytest

ROW = b'{"input":[1,2]}'


def assert_every_request_answered(rig, port, path="/predict/m"):
    counts = rig.add(load.Load(rig.run, port, path, ROW, seconds=1, name="wrk-after")).result()
    load.assert_all_good(counts)


def retries(nginx):
    """Requests that met a closing connection; nginx sends a prediction once more."""
    return nginx.log().count("while reading response header from upstream") + nginx.log().count(
        "while sending request to upstream"
    )


# Restarts


def test_rolling_restarts(rig, measured, long_forms):
    """Two processes on one inherited listener, the old one drains: not one request is lost, and not
    one is sent twice (which only a prediction may be): nginx never finds a closed connection."""
    restarts = 100 if long_forms else 15
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    path = f"{rig.run}/inherited.sock"
    with harness.unix_listener(path) as listener:
        options = {"listener": listener, "peer": path, "queue_budget": "0s"}
        worker = rig.worker(**options)
        nginx = rig.nginx(path)
        running = rig.add(load.Load(rig.run, nginx.port, "/predict/m", ROW, check="version"))
        time.sleep(0.3)
        for _ in range(restarts):
            successor = rig.worker(**options)
            harness.wait_for(lambda: " model " in successor.log(), "its model is loaded")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(40) == 0, worker.log()
            worker = successor
            time.sleep(0.1)
        counts = running.result()
    measured(f"{restarts} rolling restarts, {retries(nginx)} retries by nginx", counts)
    load.assert_all_good(counts)
    assert retries(nginx) == 0


def start_supervised(rig, *flags):
    """omen-supervise on a socket of its own, as ./tools/run has it."""
    path = f"{rig.run}/supervised.sock"
    command = [harness.find_supervise(), f"--socket={path}", "--", harness.find_worker()]
    command += harness.worker_flags({"models": rig.models, "threads": 2, "queue_budget": "0s"})
    supervisor = rig.start("supervisor", [*command, *flags])
    harness.wait_for(lambda: is_ready(path), "the supervised worker is ready")
    return path, supervisor


def is_ready(path):
    try:
        return fcgi.ask(path, "GET", "/readyz", timeout=2).status == 200
    except (OSError, fcgi.Closed):
        return False


def only_child(supervisor):
    found = harness.wait_for(
        lambda: kids if len(kids := harness.children(supervisor.pid)) == 1 else None,
        "the supervisor has one worker", 40,
    )
    return found[0]


def test_rolling_restarts_by_the_supervisor(rig, measured):
    """As above: the old worker is told to end when the new one says that it is ready."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    path, supervisor = start_supervised(rig)
    nginx = rig.nginx(path)
    running = rig.add(load.Load(rig.run, nginx.port, "/predict/m", ROW, check="version"))
    seen = {only_child(supervisor)}
    for _ in range(3):
        time.sleep(0.3 * harness.SLOWER)
        supervisor.send_signal(signal.SIGUSR2)
        harness.wait_for(lambda: set(harness.children(supervisor.pid)) - seen, "a new worker")
        seen.add(only_child(supervisor))
    time.sleep(0.3 * harness.SLOWER)
    counts = running.result()
    measured(f"3 rolling restarts by the supervisor, {retries(nginx)} retries by nginx", counts)
    load.assert_all_good(counts)
    assert retries(nginx) == 0
    assert len(seen) == 4
    assert supervisor.stop(seconds=40) == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in seen)


def test_killed_under_load(rig, measured):
    """kill -9: only what the worker held in its hands can be lost, and nothing afterwards."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    path, supervisor = start_supervised(rig)
    nginx = rig.nginx(path)
    running = rig.add(load.Load(rig.run, nginx.port, "/predict/m", ROW, check="version"))
    kills = 4
    for _ in range(kills):
        time.sleep(0.4)
        pid = only_child(supervisor)
        os.kill(pid, signal.SIGKILL)
        harness.wait_for(
            lambda: harness.children(supervisor.pid) not in ([], [pid]), "a new worker"
        )
        harness.wait_for(lambda: is_ready(path), "it is ready")
    counts = running.result()
    measured(f"{kills} kills under load, {retries(nginx)} retries by nginx", counts)
    assert counts["wrong"] == 0 and counts["timeout"] == 0, counts
    assert counts["bad"] + counts["shed"] <= kills * 64, counts
    assert_every_request_answered(rig, nginx.port)
    assert supervisor.is_alive()


# Swaps


def test_swaps_under_load(rig, measured, long_forms):
    """Each version answers its own number, and each answer is checked against its header."""
    swaps = 10_000 if long_forms else 1000
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    worker = rig.worker(queue_budget="0s")
    nginx = rig.nginx(worker.peer)
    running = rig.add(load.Load(rig.run, nginx.port, "/predict/m", ROW, check="version"))
    begun, settled = time.monotonic(), 0
    connection = fcgi.Connection(worker.peer, timeout=60)
    for number in range(2, swaps + 2):
        documents.put_version(rig.models, "m", number, documents.constant(number))
        harness.wait_for(
            lambda: connection.ask("POST", "/predict/m", ROW).headers["x-model-version"]
            == str(number),
            f"version {number} is live", 20, pause=0.002,
        )
        shutil.rmtree(f"{rig.models}/m/{number - 3}", ignore_errors=True)
        if number == swaps // 3:
            settled = worker.memory_kb()
    seconds = time.monotonic() - begun
    grown = worker.memory_kb() - settled
    counts = running.result()
    measured(f"{swaps} swaps in {seconds:.1f} s", counts)
    measured("memory grown over the last two thirds of the swaps", f"{grown} kB of {settled}")
    load.assert_all_good(counts)
    metrics = prometheus.parse(worker.metrics_text())
    assert sum(name == "omen_requests_total" for name, _ in metrics.samples) < 20, "series are left"
    if not harness.SANITIZED:
        assert grown < 4096, f"{grown} kB more"


def test_bad_swaps_under_load(rig):
    """Refused versions among good ones, and not one request notices."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    worker = rig.worker(queue_budget="0s")
    nginx = rig.nginx(worker.peer)
    running = rig.add(load.Load(rig.run, nginx.port, "/predict/m", ROW, check="version"))
    for number in range(2, 60):
        bad = number % 2
        document = documents.constant(number)
        if bad:
            document["golden"]["rows"][0]["out"]["value"] = 0
        documents.put_version(rig.models, "m", number, document)
        if not bad:
            worker.await_version("m", number)
    load.assert_all_good(running.result())


# Overload


@pytest.fixture
def slow_model(rig):
    """A worker with a model and a request that costs about two milliseconds of computing."""
    documents.put_version(rig.models, "m", 1, documents.wide(256, 3))
    worker = rig.worker(queue_budget="50ms")
    rows, cost = 1, 0.0
    while cost < 1.6 and rows < 4096:
        rows = rows * 2 if cost < 0.8 else int(rows * 2 / cost) + 1
        body = harness.encode({"input": [[1, 2, 3, 4]] * rows})
        costs = []
        for _ in range(9):
            answer = worker.ask("POST", "/predict/m", body)
            phases = answer.headers["server-timing"].split(", ")
            timing = dict(phase.split(";dur=") for phase in phases)
            costs.append(float(timing["compute"]))
        cost = sorted(costs)[4]
    return worker, body, cost


def test_overload(rig, slow_model, measured):
    """More than it can do: late requests are shed cheaply, the others are as fast as the budget."""
    worker, body, cost = slow_model
    nginx = rig.nginx(worker.peer)
    calm = rig.add(
        load.Load(rig.run, nginx.port, "/predict/m", body, connections=8, seconds=4, name="calm")
    ).result()
    storm = rig.add(
        load.Load(rig.run, nginx.port, "/predict/m", body, connections=128, seconds=4, name="storm")
    ).result()
    measured(f"8 connections, {cost:.1f} ms each, budget 50 ms", calm)
    measured(f"128 connections, {cost:.1f} ms each, budget 50 ms", storm)
    measured("goodput of the overloaded worker", f"{storm['rate'] / max(calm['rate'], 1):.2f}")
    for counts in (calm, storm):
        assert counts["ok"] > 0, counts
        for name in ("bad", "connect", "read", "write", "timeout", "without_retry_after"):
            assert counts[name] == 0, counts
    assert storm["longest_queue_ms"] <= 51, "an answered request waited longer than the budget"
    shed = prometheus.parse(worker.metrics_text())
    total = sum(value for (name, _), value in shed.samples.items() if "shed" in name)
    assert total >= calm["shed"] + storm["shed"], "the worker counts what it shed"
    assert worker.predict("m", [1, 2, 3, 4])


def test_the_control_thread_answers_at_once_under_overload(rig, slow_model):
    """Whatever the threads do, connections are taken: the listen queue does not fill."""
    worker, body, _ = slow_model
    nginx = rig.nginx(worker.peer)
    rig.add(load.Load(rig.run, nginx.port, "/predict/m", body, connections=128, seconds=3))
    for _ in range(20):
        answer = worker.ask("GET", "/healthz", timeout=20)
        assert answer.status in (200, 503)
        time.sleep(0.05)
    assert "Resource temporarily unavailable" not in nginx.log()
