"""A bucket, omen-sync and the worker together: what is pushed is served, what is bad is not."""

import json
import os
import threading
import time

import documents
import harness
import pytest
import sync_tool
from sync_tool import current, sync

PERIOD = 0.3


@pytest.fixture
def rig_with_source(rig, bucket):
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    return rig, web


def push(rig, web, version, document):
    """As a trainer would; omen check looks at it first unless it is to be bad."""
    local = os.path.join(rig.run, "local", "iris", str(version))
    sync_tool.put_tree(local, {"model.json": json.dumps(document).encode()})
    done = sync("push", local, web.url, checker="")
    assert done.code == 0, done.log


class Load:
    """Clients that ask for the default version all the time, and what they saw."""

    def __init__(self, nginx, clients=3):
        self.nginx = nginx
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.failures = []
        self.asked = 0
        self.first = {}  # version: when it first answered
        self.backwards = []
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        client = harness.HttpClient(self.nginx.port)
        newest = 0
        while not self.stopped.is_set():
            status, headers, body = client.ask(
                "POST", "/predict/iris", b'{"input": [1, 2]}', {"Content-Type": "application/json"}
            )
            now = time.monotonic()
            version = int(headers.get("x-model-version", -1))
            with self.lock:
                self.asked += 1
                if status != 200 or json.loads(body)["prediction"] != version:
                    self.failures.append((status, version, body))
                if version < newest:
                    self.backwards.append((newest, version))
                self.first.setdefault(version, now)
            newest = max(newest, version)
            time.sleep(0.002)
        client.close()

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def test_versions_pushed_under_load_are_served_in_time(rig_with_source, long_forms, measured):
    """Pushed one after another; every answer is of a whole version, none fails, none is older than
    the one before, and new ones come within a period and a second."""
    rig, web = rig_with_source
    count = 200 if long_forms else 40
    models = os.path.join(rig.run, "synced")
    push(rig, web, 1, documents.constant(1))
    sync_tool.start_pull(rig, web.url, models, period=f"{PERIOD * 1000:.0f}ms", keep=2, grace="1s")
    worker = rig.worker(models=models, rescan_interval="5s")
    nginx = rig.nginx(worker.peer)
    load = Load(nginx)
    pushed = {}
    try:
        for version in range(2, count + 2):
            push(rig, web, version, documents.constant(version))
            pushed[version] = time.monotonic()
            harness.wait_for(lambda v=version: v in load.first, f"{version} is served", seconds=20)
    finally:
        load.stop()
    delays = sorted(max(0.0, load.first[version] - pushed[version]) for version in pushed)
    at_95 = delays[int(len(delays) * 0.95) - 1]
    measured("versions served after a push, p95", f"{at_95 * 1000:.0f} ms of {len(delays)}")
    measured("requests meanwhile", load.asked)
    assert not load.failures, load.failures[:3]
    assert not load.backwards, load.backwards[:3]
    assert load.asked > count
    assert at_95 <= (PERIOD + 1) * harness.SLOWER


def test_what_the_worker_refuses_is_quarantined_and_rolled_back(rig_with_source):
    rig, web = rig_with_source
    models, state = os.path.join(rig.run, "synced"), os.path.join(rig.run, "state.json")
    push(rig, web, 1, documents.constant(1))
    sidecar = sync_tool.start_pull(
        rig, web.url, models, worker_state=state, auto_rollback="yes"
    )
    harness.wait_for(lambda: current(models, "iris") == "1", "1 is there")
    worker = rig.worker(models=models, state_file=state)
    worker.await_version("iris", 1)
    bad = documents.constant(2)
    bad["golden"]["rows"][0]["out"]["value"] = 77
    push(rig, web, 2, bad)
    harness.wait_for(lambda: "quarantined" in sidecar.log(), "the worker's refusal is heeded")
    harness.wait_for(lambda: current(models, "iris") == "1", "the version before is current")
    time.sleep(1)
    assert current(models, "iris") == "1"
    assert worker.predict("iris", [1, 2])["prediction"] == 1
    push(rig, web, 3, documents.constant(3))
    worker.await_version("iris", 3)
    assert current(models, "iris") == "3"


def test_without_rollback_what_was_served_stays_served(rig_with_source):
    rig, web = rig_with_source
    models, state = os.path.join(rig.run, "synced"), os.path.join(rig.run, "state.json")
    push(rig, web, 1, documents.constant(1))
    sidecar = sync_tool.start_pull(rig, web.url, models, worker_state=state)
    harness.wait_for(lambda: current(models, "iris") == "1", "1 is there")
    worker = rig.worker(models=models, state_file=state, keep_versions=1)
    push(rig, web, 2, {"format": "omen/1", "not": "a model"})
    harness.wait_for(lambda: "quarantined" in sidecar.log(), "the worker's refusal is heeded")
    for _ in range(20):
        assert worker.predict("iris", [1, 2])["prediction"] == 1
        time.sleep(0.05)


def test_rollback_is_served_and_stays(rig_with_source):
    rig, web = rig_with_source
    models = os.path.join(rig.run, "synced")
    push(rig, web, 1, documents.constant(1))
    sync_tool.start_pull(rig, web.url, models)
    harness.wait_for(lambda: current(models, "iris") == "1", "1 is there")
    worker = rig.worker(models=models, keep_versions=1)
    push(rig, web, 2, documents.constant(2))
    worker.await_version("iris", 2)
    assert sync("rollback", "iris", directory=models).code == 0
    worker.await_version("iris", 1)
    time.sleep(0.5)
    worker.await_version("iris", 1)
    assert sync("pin", "iris", "none", directory=models).code == 0
    worker.await_version("iris", 2)


def test_state_file(rig):
    documents.put_version(rig.models, "iris", 1, documents.constant(1))
    state = os.path.join(rig.run, "state.json")
    rig.worker(state_file=state)
    with open(state, encoding="utf-8") as file:
        entries = json.load(file)["models"]
    assert [(entry["version"], entry["state"]) for entry in entries] == [("1", "live")]
    documents.put_version(rig.models, "iris", 2, {"format": "omen/1"})

    def refused():
        with open(state, encoding="utf-8") as file:
            return [entry for entry in json.load(file)["models"] if entry["state"] == "failed"]

    harness.wait_for(refused, "the refusal is told")
    entry = refused()[0]
    assert entry["version"] == "2" and entry["reason"] and len(entry["refused"]) == 64


def test_state_file_tells_of_all_that_came_at_once(rig):
    """It is not written for each of them, but after the last."""
    for i in range(60):
        documents.put_version(rig.models, f"m{i}", 1, documents.constant(1))
    state = os.path.join(rig.run, "state.json")
    rig.worker(state_file=state, rescan_interval="1h")

    def told():
        with open(state, encoding="utf-8") as file:
            return [entry["state"] for entry in json.load(file)["models"]]

    harness.wait_for(lambda: told() == ["live"] * 60, "all are told of")
