"""What an operator sees: health, readiness, status, metrics, headers, logs, configuration."""

import json
import os
import re
import signal
import subprocess
import time

import documents
import fcgi_client as fcgi
import harness
import prometheus
import pytest

ROW = {"input": [1, 2]}
SECRET = "s3cr3t-of-the-client"


@pytest.fixture
def models(rig):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    return rig.models


def check(what, peer, *more):
    command = [harness.find_worker(), "--check", what, peer, *more]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False,
        env=harness.clean_environment(),
    )


def test_a_closed_standard_error_is_no_socket(rig, models):
    """Or the log would be written to whoever connects next."""
    path = f"{rig.run}/closed.sock"
    child = rig.start(
        "closed",
        ["/bin/sh", "-c", 'exec "$0" "$@" 2>&-', harness.find_worker(),
         f"--models={models}", f"--listen=unix:{path}"],
        env=harness.clean_environment(),
    )
    harness.wait_for(lambda: os.path.exists(path), "the socket")
    assert os.readlink(f"/proc/{child.pid}/fd/2") == "/dev/null"


def test_ended_while_the_first_models_load(rig):
    """Neither the wait for the first scan nor the scan itself holds up the end."""
    text = json.dumps({
        "format": "omen/1",
        "inputs": [{"name": "x"}],
        "model": {"op": "linear_regression", "coef_": [1]},
        "golden": {"rows": [{"in": [n], "out": {"value": n}} for n in range(3000)]},
    })
    first = os.path.join(rig.models, "m0.json")
    with open(first, "w", encoding="utf-8") as file:
        file.write(text)
    for number in range(1, 900):
        os.link(first, os.path.join(rig.models, f"m{number}.json"))
    worker = rig.worker(ready=False)
    harness.wait_for(lambda: "event=live" in worker.log(), "the first model")
    assert worker.stop() == 0
    assert worker.log().count("event=live") < 60, worker.log()[-500:]


# Health and readiness


def test_healthy_without_a_model_but_not_ready(rig):
    worker = rig.worker(ready=False).await_up()
    answer = worker.ask("GET", "/readyz")
    assert answer.status == 503 and answer.headers["retry-after"]
    assert harness.parse_json(answer.body)["code"] == "no_model"
    assert worker.ask("POST", "/predict/one", b'{"input":[1,2]}').status in (404, 503)
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker.await_ready()
    assert harness.parse_json(worker.ask("GET", "/readyz").body) == {"status": "ready"}


def test_check_as_a_probe(rig, models):
    worker = rig.worker()
    assert check("live", worker.peer).returncode == 0
    assert check("ready", worker.peer).returncode == 0
    assert check("ready", f"unix:{worker.peer}").returncode == 0
    os.rename(f"{models}/one", f"{models}/.one")
    harness.wait_for(lambda: worker.ask("GET", "/readyz").status == 503, "no model is live")
    done = check("ready", worker.peer)
    assert done.returncode == 1 and "503" in done.stderr
    assert check("live", worker.peer).returncode == 0
    worker.stop()
    done = check("live", worker.peer)
    assert done.returncode == 1 and worker.peer in done.stderr


def test_check_of_something_that_never_answers(rig):
    path = f"{rig.run}/silent.sock"
    with harness.unix_listener(path):
        begun = time.monotonic()
        assert check("live", path).returncode == 1
        assert time.monotonic() - begun < 30


def test_health_takes_get_and_head_only(rig, models):
    nginx = rig.nginx(rig.worker().peer)
    for path in ("/healthz", "/readyz", "/status", "/metrics"):
        assert nginx.ask("GET", path)[0] == 200
        status, _, body = nginx.ask("HEAD", path)
        assert (status, body) == (200, b"")
        status, headers, _ = nginx.ask("POST", path, b"{}")
        assert status == 405 and "GET" in headers["allow"]


# Status


def test_status(rig, models):
    worker = rig.worker()
    for _ in range(5):
        worker.predict("one", [1, 2])
    status = worker.status()
    assert status["status"] == "ready" and status["version"]
    server = status["server"]
    for name in ("accepted", "active", "idle", "shed"):
        assert isinstance(server[name], int), server
    assert server["accepted"] >= 6 and server["active"] >= 1
    assert len(server["workers"]) == 2, "the state of each thread"
    (model,) = status["models"]
    assert (model["name"], model["version"], model["state"]) == ("one", "1", "live")


def test_status_tells_why_a_version_was_refused(rig, models):
    worker = rig.worker()
    documents.put_version(models, "one", 2, "{")
    model = harness.wait_for(
        lambda: next((m for m in worker.status()["models"] if m["version"] == "2"), None),
        "the bad version is reported",
    )
    assert model["state"] == "failed" and model["reason"]


# Metrics


def test_metrics_are_what_a_scraper_reads(rig, models):
    worker = rig.worker()
    for _ in range(7):
        worker.predict("one", [1, 2])
    worker.predict("one", [[1, 2]] * 10)
    assert worker.ask("POST", "/predict/one", b'{"input":[1,"x"]}').status == 400
    answer = worker.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    metrics = prometheus.parse(answer.body.decode())
    assert metrics.value("omen_requests_total", model="one", status="200") == 8
    assert metrics.value("omen_requests_total", model="one", status="400") == 1
    assert metrics.value("omen_requests_total", model="one", version="1") == 9
    assert metrics.value("omen_rows_total", model="one") == 17
    assert metrics.value("omen_rejected_total", model="one") >= 1
    assert metrics.value("omen_request_duration_seconds_count", model="one") == 9
    for phase in ("queue", "read", "decode", "compute", "encode"):
        assert metrics.has("omen_phase_duration_seconds_count", phase=phase), phase


def test_metrics_of_memory_models_and_connections(rig, models):
    worker = rig.worker()
    metrics = prometheus.parse(worker.metrics_text())
    assert 1 << 20 < metrics.value("process_resident_memory_bytes") < 1 << 32
    names = " ".join(metrics.types)
    for part in ("connections", "queue", "shed", "model", "swap", "build_info"):
        assert part in names, f"nothing about {part} in {names}"


def counted_statuses(worker):
    samples = prometheus.parse(worker.metrics_text()).samples
    return {dict(labels).get("status") for name, labels in samples if name == "omen_requests_total"}


def test_labels_of_the_metrics_are_bounded(rig, models):
    """Whatever a client asks for, it makes no new series."""
    worker = rig.worker()
    worker.predict("one", [1, 2])
    worker.ask("POST", "/predict/none", b"{}")
    worker.ask("GET", "/nowhere")
    # A request is counted once its answer is out: the series of these three come a moment later.
    harness.wait_for(lambda: counted_statuses(worker) >= {"200", "404"}, "they are counted")
    before = prometheus.parse(worker.metrics_text())
    for i in range(50):
        worker.ask("POST", f"/predict/{SECRET}{i}", b"{}")
        worker.ask("POST", f"/predict/one/{SECRET}{i}", b"{}")
        worker.ask("GET", f"/{SECRET}{i}")
        worker.ask(f"METHOD{i}", "/predict/one")
    text = worker.metrics_text()
    assert SECRET not in text
    assert len(prometheus.parse(text).samples) <= len(before.samples) + 60


def test_counters_never_fall(rig, models):
    """Not even when a version is unloaded and its series end."""
    worker = rig.worker(keep_versions=1)
    worker.predict("one", [1, 2])
    documents.put_version(models, "one", 2, documents.constant(2))
    worker.await_version("one", 2)
    first = prometheus.parse(worker.metrics_text())
    worker.predict("one", [1, 2])
    second = prometheus.parse(worker.metrics_text())
    for key, value in first.samples.items():
        if key in second.samples and first.types.get(key[0]) == "counter":
            assert second.samples[key] >= value, key


# Headers


def test_the_request_id_of_nginx_comes_back(rig, models):
    worker = rig.worker()
    answer = worker.ask("POST", "/predict/one", harness.encode(ROW), REQUEST_ID="abc-123")
    assert answer.headers["x-request-id"] == "abc-123"
    nginx = rig.nginx(worker.peer)
    ids = {nginx.post("/predict/one", ROW)[2]["x-request-id"] for _ in range(10)}
    assert len(ids) == 10 and all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_a_request_without_an_id_gets_one(rig, models):
    worker = rig.worker()
    ids = {
        worker.ask("POST", "/predict/one", harness.encode(ROW)).headers["x-request-id"]
        for _ in range(20)
    }
    assert len(ids) == 20 and all(ids)


@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "a\nb", "\0", "x" * 5000, "é", "a b", ""])
def test_a_request_id_that_would_forge_a_header(rig, models, bad):
    worker = rig.worker(access_log="1")
    answer = worker.ask("POST", "/predict/one", harness.encode(ROW), REQUEST_ID=bad)
    assert answer.status in (200, 400)
    assert "x-evil" not in answer.headers
    assert len(answer.headers["x-request-id"]) <= 200
    assert all(" " < c <= "~" for c in answer.headers["x-request-id"].replace(" ", "_"))


def test_model_version_and_timing_on_every_prediction(rig, models):
    nginx = rig.nginx(rig.worker().peer)
    for value, status in ((ROW, 200), ({"input": [1]}, 400)):
        got, _, headers = nginx.post("/predict/one", value)
        assert got == status
        assert headers["x-model-version"] == "1"
        assert re.fullmatch(r"\w+;dur=\d+\.\d+(, \w+;dur=\d+\.\d+)*", headers["server-timing"])
    _, _, headers = nginx.post("/predict/one", ROW)
    for phase in ("queue", "read", "decode", "compute", "encode"):
        assert f"{phase};dur=" in headers["server-timing"]


# Logs

TEXT_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (debug|info|warning|error) \S.*\Z")


def noise(worker):
    """Requests of which each holds something that belongs in no log."""
    worker.ask("POST", "/predict/one", harness.encode(ROW), HTTP_AUTHORIZATION=SECRET)
    worker.ask("POST", f"/predict/{SECRET}", harness.encode(ROW))
    worker.ask("POST", "/predict/one", harness.encode({"input": [1, SECRET]}))
    worker.ask("POST", "/predict/one", harness.encode({"input": {SECRET: 1}}))
    worker.ask("POST", "/predict/one", harness.encode({"input": [1, 2], "output": SECRET}))
    worker.ask("POST", "/predict/one", SECRET.encode())
    worker.ask("GET", f"/{SECRET}?{SECRET}")
    worker.ask(SECRET.upper(), "/predict/one")
    worker.ask("POST", "/predict/one", harness.encode(ROW), CONTENT_TYPE=SECRET)
    with fcgi.Connection(worker.peer) as connection:
        connection.send_quietly(fcgi.begin() + fcgi.record(fcgi.PARAMS, 1, SECRET.encode()))


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_are_one_line_each_and_hold_no_value_of_a_client(rig, models, form):
    worker = rig.worker(log_format=form, access_log="1", log_level="debug")
    noise(worker)
    documents.put_version(models, "one", 2, "{")
    harness.wait_for(lambda: '"failed"' in worker.log() or "failed" in worker.log(), "a refusal")
    worker.stop()
    lines = worker.log().splitlines()
    assert len(lines) > 8
    for line in lines:
        if form == "json":
            entry = harness.parse_json(line)
            assert {"time", "level", "message"} <= set(entry)
        else:
            assert TEXT_LINE.match(line), line
    assert SECRET not in worker.log() and SECRET.upper() not in worker.log()


def test_the_access_log_is_off_unless_asked_for(rig, models):
    worker = rig.worker(log_format="json")
    for _ in range(20):
        worker.predict("one", [1, 2])
    worker.stop()
    messages = [json.loads(line)["message"] for line in worker.log().splitlines()]
    assert "request" not in messages


def test_the_access_log_names_the_request(rig, models):
    worker = rig.worker(log_format="json", access_log="1")
    body = harness.encode(ROW)
    assert worker.ask("POST", "/predict/one", body, REQUEST_ID="find-me").status == 200

    def entry():
        lines = [json.loads(line) for line in worker.log().splitlines() if "find-me" in line]
        return lines[0] if lines else None

    found = harness.wait_for(entry, "the request is logged")
    assert (found["message"], found["id"], found["status"]) == ("request", "find-me", 200)
    assert (found["model"], found["version"], found["rows"]) == ("one", "1", 1)
    assert found["route"] == "/predict/{model}" and found["method"] == "POST"


# Reload


def settings(path, **values):
    sections = {"queue-budget": "server", "log-format": "log", "access-log": "log",
                "default-model": "models", "idle-timeout": "server"}
    with open(path, "w", encoding="ascii") as file:
        for name, value in values.items():
            name = name.replace("_", "-")
            file.write(f"[{sections.get(name, 'server')}]\n{name} = {value}\n")


def test_a_reload_changes_what_it_may(rig, models):
    config = f"{rig.run}/omen.conf"
    settings(config, access_log="0")
    worker = rig.worker(config=config, log_format="text")
    worker.predict("one", [1, 2])
    settings(config, access_log="1")
    worker.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: "access-log" in worker.log(), "the change is logged")
    worker.predict("one", [1, 2])
    harness.wait_for(lambda: "route=" in worker.log(), "the request is logged")


def test_a_bad_file_changes_nothing_and_is_explained(rig, models):
    config = f"{rig.run}/omen.conf"
    settings(config, access_log="1")
    worker = rig.worker(config=config)
    with open(config, "w", encoding="ascii") as file:
        file.write("[log]\naccess-log = often\n[server]\nno-such-option = 1\n")
    worker.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: "no-such-option" in worker.log(), "every mistake is told")
    assert "access-log" in worker.log() and config in worker.log()
    before = worker.log().count("route=")
    worker.predict("one", [1, 2])
    harness.wait_for(lambda: worker.log().count("route=") > before, "the old setting still holds")


def test_a_reload_looks_for_models(rig, models):
    """Long before the next rescan, and without being told by the file system."""
    worker = rig.worker(rescan_interval="1h")
    documents.put_version(models, "one", 2, documents.constant(2))
    worker.send_signal(signal.SIGHUP)
    worker.await_version("one", 2)


def test_a_bad_configuration_at_the_start_names_everything(rig, models):
    config = f"{rig.run}/omen.conf"
    with open(config, "w", encoding="ascii") as file:
        file.write("[server]\nthreads = many\nread-timeout = 5 apples\n[nowhere]\nx = 1\n")
    worker = rig.worker(ready=False, config=config, queue_budget="-1s")
    assert worker.wait() == 2
    for part in ("threads", "read-timeout", "nowhere", "queue-budget", f"{config}:2"):
        assert part in worker.log(), worker.log()


def test_a_models_directory_that_is_not_there(rig):
    """It may be mounted later: the worker says so, is alive, and is not ready."""
    worker = rig.worker(ready=False, models=f"{rig.run}/later")
    time.sleep(0.3)
    if worker.is_alive():
        worker.await_up()
        assert worker.ask("GET", "/readyz").status == 503
        documents.put_version(f"{rig.run}/later", "one", 1, documents.constant(1))
        worker.await_ready()
    assert "later" in worker.log()


# Scheduling


def scheduling_of_threads(worker):
    return [os.sched_getscheduler(int(task)) for task in os.listdir(f"/proc/{worker.pid}/task")]


@pytest.mark.parametrize("options, batch", [({}, 2), ({"scheduling": "normal"}, 0)])
def test_scheduling_of_the_threads(rig, models, options, batch):
    """Those that answer requests do not interrupt the web server; the others are as usual."""
    worker = rig.worker(**options)
    # Each thread sets its own as it starts, and one can answer before the other has begun.
    harness.wait_for(
        lambda: scheduling_of_threads(worker).count(os.SCHED_BATCH) == batch, "they are set"
    )
    found = scheduling_of_threads(worker)
    assert found.count(os.SCHED_BATCH) == batch, found
    assert found.count(os.SCHED_OTHER) == len(found) - batch
