"""The image that has all in one, started as each platform starts it, and with no more rights than the
others. What omen-serve makes of every variable is in tests/e2e/test_serve.py."""

import json
import time

import documents
import harness
import pytest

import engine as engines
import load

BODY = harness.encode({"input": [1, 2, 3]})
JSON = {"Content-Type": "application/json"}
TMP = ["--tmpfs", "/tmp:mode=1777"]


def put_files(models, document=None):
    """One model's files, alone, as a platform lays them down."""
    documents.write(f"{models}/model.json", document or documents.total())


def start(stage, *arguments, port=None, options=(), name="omen"):
    container = stage.start(name, "all-in-one", *arguments, options=[*TMP, *options])
    container.port = port
    engines.await_answer(port)
    return container


def post(port, path, value, kind="application/json"):
    body = value if isinstance(value, bytes) else harness.encode(value)
    status, _, answer = harness.http_ask(port, "POST", path, body, {"Content-Type": kind})
    assert status == 200, answer
    return answer.decode()


@pytest.fixture
def plain(stage):
    documents.put_version(stage.models, "total", 1, documents.total())
    port = harness.free_port()
    return start(
        stage, "--rescan-interval=200ms", port=port,
        options=["-v", f"{stage.models}:/models:ro", "-e", f"PORT={port}"],
    )


def test_plain_and_cloud_run(plain):
    """Nothing but a port and a volume: docker run -p 8080:8080 -v models:/models."""
    assert json.loads(post(plain.port, "/predict", BODY)) == {"prediction": 321}
    assert harness.http_ask(plain.port, "GET", "/readyz")[0] == 200


def test_vertex(stage):
    """Port, routes and artifacts as Vertex AI's variables have them."""
    documents.put_version(stage.models, "total", 1, documents.total())
    port = harness.free_port()
    variables = {
        "AIP_HTTP_PORT": port,
        "AIP_HEALTH_ROUTE": "/v1/endpoints/7/deployedModels/9",
        "AIP_PREDICT_ROUTE": "/v1/endpoints/7/deployedModels/9:predict",
        "AIP_STORAGE_URI": "file:///artifacts",
    }
    options = ["-v", f"{stage.models}:/artifacts:ro"]
    for name, value in variables.items():
        options += ["-e", f"{name}={value}"]
    start(stage, port=port, options=options)
    assert harness.http_ask(port, "GET", variables["AIP_HEALTH_ROUTE"])[0] == 200
    answer = post(port, variables["AIP_PREDICT_ROUTE"], {"instances": [[1, 2, 3], [0, 0, 1]]})
    assert json.loads(answer) == {"predictions": [321, 100]}


def test_sagemaker(stage):
    """`serve`, with one model's files in /opt/ml/model."""
    put_files(stage.models)
    port = harness.free_port()
    options = ["-v", f"{stage.models}:/opt/ml/model:ro", "-e", f"SAGEMAKER_BIND_TO_PORT={port}"]
    start(stage, "serve", port=port, options=options)
    assert harness.http_ask(port, "GET", "/ping")[0] == 200
    answer = post(port, "/invocations", b"1,2,3\n0,0,1\n", "text/csv")
    assert [float(value) for value in answer.split(",")] == [321, 100]


def test_sagemaker_at_its_port(stage):
    """8080 and no word of it."""
    if harness.accepts(("127.0.0.1", 8080)):
        pytest.skip("another program listens on port 8080")
    put_files(stage.models)
    start(stage, "serve", port=8080, options=["-v", f"{stage.models}:/opt/ml/model:ro"])
    assert harness.http_ask(8080, "GET", "/ping")[0] == 200


def test_sagemaker_multi_model(stage):
    put_files(f"{stage.models}/one")
    port = harness.free_port()
    options = ["-v", f"{stage.models}:/opt/ml/models:ro", "-e", f"SAGEMAKER_BIND_TO_PORT={port}"]
    options += ["-e", "SAGEMAKER_MULTI_MODEL=true"]
    container = stage.start("omen", "all-in-one", "serve", options=[*TMP, *options])
    engines.await_answer(port, "/ping")
    body = {"model_name": "one", "url": "/opt/ml/models/one"}
    post(port, "/models", body)
    assert float(post(port, "/models/one/invoke", b"1,2,3\n", "text/csv")) == 321
    assert container.is_alive()


def test_kserve(stage):
    """Arguments as the ClusterServingRuntime has them."""
    put_files(stage.models)
    port = harness.free_port()
    words = ["--model-name=demo", "--model-dir=/mnt/models", f"--http-port={port}"]
    start(stage, *words, port=port, options=["-v", f"{stage.models}:/mnt/models:ro"])
    assert harness.http_ask(port, "GET", "/v2/models/demo/ready")[0] == 200
    tensor = {"name": "row", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]}
    answer = json.loads(post(port, "/v2/models/demo/infer", {"inputs": [tensor]}))
    assert answer["model_name"] == "demo" and answer["outputs"][0]["data"] == [321]
    assert json.loads(post(port, "/v1/models/demo:predict", {"instances": [[1, 2, 3]]})) == {
        "predictions": [321]
    }


def test_has_no_rights_and_a_read_only_root(plain):
    names = set()
    for status in plain.processes().values():
        names.add(status["Name"])
        assert status["Uid"].split() == ["10001"] * 4
        assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
        assert status["NoNewPrivs"] == "1"
    assert {"omen-supervise", "omen-worker", "nginx"} <= names
    assert "ro" in plain.mounts()["/"]


def test_health_check_of_the_image(plain):
    assert plain.exec("/usr/bin/check-nginx", "/readyz")[0] == 0


def child(container, name):
    found = [pid for pid, status in container.processes().items() if status["Name"] == name]
    assert found, name
    return min(found)


def test_killed_programs_are_back(plain, stage, measured):
    """A worker's death costs nobody an answer; nginx is back, and the container never ended."""
    before = plain.pid
    wrk = stage.rig.add(load.Load(stage.rig.run, plain.port, "/predict", BODY))
    for _ in range(3):
        time.sleep(1)
        stage.engine.kill(child(plain, "omen-worker"))
    time.sleep(1)
    counts = wrk.result()
    measured("all-in-one, worker killed 3 times under 64 connections", engines.summary(counts))
    assert engines.failures(counts) == 0, counts
    nginx = child(plain, "nginx")
    stage.engine.kill(nginx)
    harness.wait_for(lambda: nginx not in plain.processes(), "nginx has ended", 20)
    engines.await_answer(plain.port)
    assert json.loads(post(plain.port, "/predict", BODY)) == {"prediction": 321}
    assert plain.pid == before


def test_rolling_restart_loses_nothing(plain, stage, measured):
    wrk = stage.rig.add(load.Load(stage.rig.run, plain.port, "/predict", BODY))
    for _ in range(3):
        old = child(plain, "omen-worker")
        plain.send_signal("USR2")
        harness.wait_for(
            lambda gone=old: gone not in plain.processes(), "the old worker has ended", 40, pause=0.1
        )
    counts = wrk.result()
    measured("all-in-one, worker replaced 3 times under 64 connections", engines.summary(counts))
    assert engines.failures(counts) == 0, counts


def test_stops_in_order(plain):
    post(plain.port, "/predict", BODY)
    begin = time.monotonic()
    assert plain.stop(40) == 0
    assert time.monotonic() - begin < 35


def test_cold_start(stage, measured):
    documents.put_version(stage.models, "total", 1, documents.total())
    port = harness.free_port()
    begin = time.monotonic()
    options = [*TMP, "-v", f"{stage.models}:/models:ro", "-e", f"PORT={port}"]
    stage.start("omen", "all-in-one", options=options)
    engines.await_answer(port)
    post(port, "/predict", BODY)
    seconds = time.monotonic() - begin
    measured("all-in-one, container's start to first prediction", f"{seconds:.2f} s")
    assert seconds < 10 * harness.SLOWER
