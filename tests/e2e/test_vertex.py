"""Vertex AI's custom container contract: routes and port from the environment, through nginx."""

import documents
import harness
import pytest

PLACE = "/v1/endpoints/17/deployedModels/42"


def start(rig, health, predict):
    routes = {"AIP_HEALTH_ROUTE": health, "AIP_PREDICT_ROUTE": predict}
    worker = rig.worker(environment=routes, ready=False).await_up()
    return worker, rig.nginx(worker.peer, health_route=health, predict_route=predict)


@pytest.fixture(scope="module")
def nginx(shared):
    documents.put_version(shared.models, "total", 1, documents.total())
    worker, nginx = start(shared, PLACE, f"{PLACE}:predict")
    worker.await_ready()
    return nginx


def predict(nginx, value, status=200):
    got, answer, headers = nginx.post(f"{PLACE}:predict", value)
    assert got == status, answer
    assert headers["content-type"] == "application/json"
    return answer


def test_instances_are_answered_in_their_order(nginx):
    rows = [{"a": i, "b": 0, "c": 0} for i in range(100)]
    assert predict(nginx, {"instances": rows}) == {"predictions": list(range(100))}


def test_parameters_name_the_outputs(nginx):
    answer = predict(nginx, {"instances": [[1, 2, 3]], "parameters": {"output": ["value"]}})
    assert answer == {"predictions": [321]}
    answer = predict(nginx, {"instances": [[1, 2, 3]], "parameters": {"output": "x"}}, 400)
    assert answer["code"] == "unknown_output" and answer["outputs"] == ["value"]
    assert predict(nginx, {"instances": [[1, 2, 3]], "parameters": None}) == {"predictions": [321]}


def test_only_instances_are_the_contract(nginx):
    answer = predict(nginx, {"inputs": [[1, 2, 3]]}, 400)
    assert answer["error"] == "Missing 'instances' key" and answer["code"] == "missing_input"
    assert predict(nginx, {"instances": []}, 400)["error"] == "No values in 'instances'"


def test_health(nginx):
    status, _, _ = nginx.ask("GET", PLACE)
    assert status == 200
    status, headers, _ = nginx.ask("POST", PLACE, b"")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_health_while_there_is_no_model(rig):
    _, nginx = start(rig, "/health", "/predict")
    status, headers, body = nginx.ask("GET", "/health")
    assert status == 503 and headers["retry-after"] == "1"
    assert harness.parse_json(body)["code"] == "no_model"
    status, answer, _ = nginx.post("/predict", {"instances": [1]})
    assert (status, answer["code"]) == (503, "unavailable")


def test_the_platforms_routes_win_over_ours(rig):
    """The SDK's local mode has /predict, which is the tutorial's too, and any health path."""
    documents.put_version(rig.models, "total", 1, documents.total())
    worker, nginx = start(rig, "/healthz", "/predict")
    worker.await_ready()
    assert nginx.post("/predict", {"instances": [[1, 2, 3]]})[1] == {"predictions": [321]}
    assert nginx.post("/predict/total", {"input": [1, 2, 3]})[1] == {"prediction": 321}
    assert harness.parse_json(nginx.ask("GET", "/healthz")[2]) == {"status": "ready"}


def test_a_route_that_cannot_be_is_left_out(rig):
    worker = rig.worker(
        environment={"AIP_HEALTH_ROUTE": "/{x}", "AIP_PREDICT_ROUTE": "predict"}, ready=False)
    worker.await_up()
    assert worker.ask("GET", "/anything").status == 404
