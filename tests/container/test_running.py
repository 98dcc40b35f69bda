"""The images as a cluster runs them: read-only, without rights, each end of the socket in a container
of its own."""

import http.client
import json
import os
import select
import socket
import time

import documents
import harness
import pytest

import balancer
import engine as engines
import load

BODY = harness.encode({"input": [1, 2, 3]})


@pytest.fixture(scope="module")
def pair(shared):
    """A worker and an nginx that share a volume for the socket."""
    documents.put_version(shared.models, "total", 1, documents.total())
    shared.run = shared.volume("run")
    shared.the_worker = shared.worker(shared.run)
    shared.the_nginx = shared.nginx(shared.run)
    engines.await_answer(shared.the_nginx.port)
    return shared


def predict(port, value=321, path="/predict"):
    status, headers, body = harness.http_ask(
        port, "POST", path, BODY, {"Content-Type": "application/json"}
    )
    assert status == 200, body
    assert json.loads(body) == {"prediction": value}
    return headers


def test_worker_and_nginx_answer_a_prediction(pair):
    predict(pair.the_nginx.port)


def test_processes_have_no_rights(pair):
    for container in (pair.the_worker, pair.the_nginx):
        processes = container.processes()
        assert processes, container.name
        for status in processes.values():
            assert status["Uid"].split() == status["Gid"].split() == ["10001"] * 4, container.name
            for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(status[which], 16) == 0, (container.name, which)
            assert status["NoNewPrivs"] == "1"
            assert status["Seccomp"] == "2"


def test_root_is_read_only(pair):
    for container in (pair.the_worker, pair.the_nginx):
        assert "ro" in container.mounts()["/"], container.name
    status, output = pair.the_nginx.exec("/usr/bin/sh", "-c", ": >/usr/share/omen/new")
    assert status != 0 and "Read-only file system" in output


def test_probes_say_who_is_well(pair):
    socket = "/run/omen/worker.sock"
    for what in ("live", "ready"):
        assert pair.the_worker.exec("/usr/bin/omen-worker", "--check", what, socket)[0] == 0
    assert pair.the_worker.exec("/usr/bin/omen-worker", "--check", "ready", "/run/omen/other")[0] == 1
    assert pair.the_nginx.exec("/usr/bin/check-nginx", "/readyz")[0] == 0
    assert pair.the_nginx.exec("/usr/bin/check-nginx", "/nothing")[0] == 1


def test_another_user_is_refused_at_the_socket(pair):
    """A container of another user has the volume and still no worker."""
    other = pair.nginx(pair.run, name="other", options=["--user", "20000:20000"])
    engines.await_answer(other.port, status=502)
    status, _, body = harness.http_ask(
        other.port, "POST", "/predict", BODY, {"Content-Type": "application/json"}
    )
    assert (status, json.loads(body)["code"]) == (502, "unavailable")
    assert "Permission denied" in other.logs()
    predict(pair.the_nginx.port)


def test_root_gets_no_rights_back(pair):
    """Started as root by mistake, a worker can still not write where root owns nothing."""
    word = "--listen=unix:/run/omen/another.sock"
    careless = pair.worker(pair.run, word, name="careless", options=["--user=0:0"])
    harness.wait_for(lambda: not careless.is_alive(), "the worker ends")
    assert careless.state()["ExitCode"] == 1
    assert "Permission denied" in careless.logs()


def test_model_directory_cannot_be_written_by_the_worker(pair):
    options = pair.the_worker.mounts()
    assert "ro" in options["/models"]
    assert "ro" not in options["/run/omen"]


def threads_of(container):
    return int(container.processes()[container.pid]["Threads"])


def test_cpu_limit_decides_how_many_work(pair):
    granted = len(os.sched_getaffinity(0))
    if granted < 2:
        pytest.skip("this machine has one CPU")
    if not pair.engine.may_limit("cpu"):
        pytest.skip("this user may not limit CPUs")
    one = pair.worker(pair.volume("run-one"), name="one", options=["--cpus=1"])
    all_of_them = pair.worker(pair.volume("run-all"), name="all", options=[f"--cpus={granted}"])
    for container in (one, all_of_them):
        harness.wait_for(lambda at=container: "event=live" in at.logs(), "a model is live")
    assert threads_of(all_of_them) - threads_of(one) == granted - 1


def test_memory_limit_holds_a_worker_that_serves(stage):
    """Half of what a pod grants it, and a request that asks for too much is refused, not killed."""
    if not stage.engine.may_limit("memory"):
        pytest.skip("this user may not limit memory")
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    worker = stage.worker(run, "--request-memory=16m", options=["--memory=64m"])
    nginx = stage.nginx(run, options=["--memory=64m"])
    engines.await_answer(nginx.port)
    rows = harness.encode({"input": [[1, 2, 3]] * 100_000})
    for _ in range(20):
        status, _, _ = harness.http_ask(
            nginx.port, "POST", "/predict", rows, {"Content-Type": "application/json"}
        )
        assert status in (200, 413)
        predict(nginx.port)
    assert worker.is_alive() and nginx.is_alive()


def test_bodies_for_which_there_is_no_room_are_refused(stage):
    """Four of 4 MB, in a volume of 8: whoever sends them, the others go on, and nothing ends."""
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    stage.worker(run)
    nginx = stage.nginx(run, size="8m", options=["-e", "OMEN_NGINX_BODY_BUFFER=64k"])
    engines.await_answer(nginx.port)
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", nginx.port), 10) for _ in range(4)]
    for client in clients:
        client.sendall(head + BODY + b" " * 3_000_000)
    refused, _, _ = select.select(clients, [], [], 10)
    assert refused, "one of them is answered before it is at its end"
    answer = http.client.HTTPResponse(refused[0])
    answer.begin()
    assert answer.status == 503 and answer.headers["Retry-After"] == "1"
    assert json.loads(answer.read())["code"] == "unavailable"
    predict(nginx.port)
    for client in clients:
        client.close()
    large = lambda: harness.http_ask(nginx.port, "POST", "/predict", BODY.ljust(4_000_000),  # noqa: E731
                                     {"Content-Type": "application/json"})[0]
    harness.wait_for(lambda: large() == 200, "there is room again")
    assert nginx.is_alive()


def test_cold_start(stage, measured):
    """From the engine's start of both containers to the first prediction, and the worker's own."""
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    begin = time.monotonic()
    worker = stage.worker(run)
    nginx = stage.nginx(run)
    engines.await_answer(nginx.port)
    predict(nginx.port)
    seconds = time.monotonic() - begin
    measured("containers' start to first prediction through nginx", f"{seconds:.2f} s")
    assert seconds < 10 * harness.SLOWER
    stamps = [line.split()[0] for line in worker.logs().splitlines() if "starting" in line or "event=live" in line]
    seconds = [float(stamp.rstrip("Z").split(":")[-1]) for stamp in stamps[:2]]
    measured("worker's start to first model live", f"{(seconds[1] - seconds[0]) % 60 * 1000:.0f} ms")


def test_stops_in_order_and_at_once(stage):
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    worker = stage.worker(run)
    nginx = stage.nginx(run)
    engines.await_answer(nginx.port)
    predict(nginx.port)
    begin = time.monotonic()
    assert nginx.stop() == 0
    assert worker.stop() == 0
    assert time.monotonic() - begin < 20


def assert_nothing_failed(counts):
    assert counts["ok"] > 100, counts
    assert engines.failures(counts) == 0, counts


def under_load(stage, port, connections=64):
    return stage.rig.add(load.Load(stage.rig.run, port, "/predict", BODY, connections=connections))


def test_worker_that_is_killed_is_back_without_a_failure(stage, measured):
    """Under omen-supervise, which is in the image and keeps the socket."""
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    words = ["--socket=/run/omen/worker.sock", "--", "/usr/bin/omen-worker"]
    worker = stage.worker(run, *words, options=["--entrypoint=/usr/bin/omen-supervise"])
    nginx = stage.nginx(run)
    engines.await_answer(nginx.port)
    wrk = under_load(stage, nginx.port)
    kills = 3
    for _ in range(kills):
        time.sleep(1)
        children = [pid for pid, status in worker.processes().items() if "omen-worker" in status["Name"]]
        assert len(children) == 1
        worker.exec("/usr/bin/omen-worker", "--version")  # the container itself is well
        stage.engine.kill(children[0])
    time.sleep(1)
    counts = wrk.result()
    measured("worker killed 3 times under 64 connections", engines.summary(counts))
    assert_nothing_failed(counts)


def test_containers_that_are_killed_are_restarted(stage):
    """By the engine, as a kubelet does it; a socket that was left behind is no hindrance."""
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    worker = stage.worker(run, options=["--restart=always"])
    nginx = stage.nginx(run, options=["--restart=always"])
    engines.await_answer(nginx.port)
    for container in (worker, nginx):
        before = container.pid
        stage.engine.kill(before)
        harness.wait_for(lambda at=container, old=before: at.pid not in (0, old), "started anew", 20)
        engines.await_answer(nginx.port)
        predict(nginx.port)


def test_nginx_reload_and_model_swap_under_load_lose_nothing(stage, measured):
    documents.put_version(stage.models, "total", 1, documents.total())
    run = stage.volume("run")
    stage.worker(run, "--rescan-interval=200ms")
    nginx = stage.nginx(run)
    engines.await_answer(nginx.port)
    wrk = under_load(stage, nginx.port)
    for version in range(2, 5):
        status, output = nginx.exec("/usr/bin/render-nginx", "--reload")
        assert status == 0, output
        documents.put_version(stage.models, "total", version, documents.total())
        harness.wait_for(
            lambda want=str(version): predict(nginx.port)["x-model-version"] == want, "the swap"
        )
    counts = wrk.result()
    measured("nginx reloaded and model swapped 3 times under 64 connections", engines.summary(counts))
    assert_nothing_failed(counts)


@pytest.fixture
def bucket(stage):
    """A bucket that is a directory, with version 1 in it, and how to push another."""
    volume = stage.volume("bucket")

    def push(version):
        documents.put_version(stage.models, "total", version, documents.total())
        command = ["run", "--rm", "--network=host", "--entrypoint=/usr/bin/omen-sync"]
        command += ["-v", f"{volume}:/models", "-v", f"{stage.models}:/trained:ro"]
        words = ["push", f"/trained/total/{version}", "file:///models"]
        stage.engine.run(*command, stage.engine.image("sync"), *words)

    push(1)
    return volume, push


def synced_pod(stage, bucket, name):
    """What the Deployment is: synchronised first, then for good; a worker; nginx."""
    models, run = stage.volume(f"{name}-models"), stage.volume(f"{name}-run")
    source = ["-e", "MODEL_SOURCE=file:///bucket", "-v", f"{bucket}:/bucket:ro", "-v", f"{models}:/models"]
    first = stage.start(f"{name}-init", "sync", "--once", options=source)
    harness.wait_for(lambda: not first.is_alive(), "the first synchronisation", 60)
    assert first.state()["ExitCode"] == 0, first.logs()
    sync = stage.start(f"{name}-sync", "sync", options=[*source, "-e", "MODEL_PERIOD=1s"])
    words = ["--socket=/run/omen/worker.sock", "--", "/usr/bin/omen-worker", "--rescan-interval=1s"]
    entry = ["--entrypoint=/usr/bin/omen-supervise", "-v", f"{models}:/models:ro", "-v", f"{run}:/run/omen"]
    worker = stage.start(f"{name}-worker", "worker", *words, options=entry)
    nginx = stage.nginx(run, name=f"{name}-nginx")
    engines.await_answer(nginx.port)
    return sync, worker, nginx


def test_models_come_from_a_bucket_and_the_sync_may_die(stage, bucket, measured):
    volume, push = bucket
    sync, _, nginx = synced_pod(stage, volume, "pod")
    wrk = under_load(stage, nginx.port)
    for version in (2, 3):
        stage.engine.kill(sync.pid)
        harness.wait_for(lambda: not sync.is_alive(), "it is dead")
        push(version)
        stage.engine.run("start", sync.name)
        harness.wait_for(
            lambda want=str(version): predict(nginx.port)["x-model-version"] == want, "the version", 40
        )
    counts = wrk.result()
    measured("sync killed and started anew with a new version twice, 64 connections", engines.summary(counts))
    assert_nothing_failed(counts)


def test_pods_are_replaced_one_by_one_without_a_failure(stage, bucket, measured):
    """maxSurge 1, maxUnavailable 0: the next is ready before the one before is taken out, drained and
    ended, sidecars last."""
    volume, _ = bucket
    pod = synced_pod(stage, volume, "first")
    service = balancer.Balancer([pod[2].port])
    wrk = under_load(stage, service.port)
    for name in ("second", "third"):
        following = synced_pod(stage, volume, name)
        service.endpoints = [following[2].port]
        status, output = pod[2].exec("/usr/bin/render-nginx", "--drain")
        assert status == 0, output
        for container in reversed(pod):
            assert container.stop(40) == 0, container.logs()
        pod = following
    counts = wrk.result()
    service.close()
    measured("pod replaced twice under 64 connections", engines.summary(counts))
    assert_nothing_failed(counts)
