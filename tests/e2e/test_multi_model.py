"""SageMaker's multi-model endpoints: models that are loaded, asked and unloaded by request."""

import json
import os

import documents
import harness
import pytest


@pytest.fixture(scope="module")
def place(shared):
    """A directory of models as the platform unpacks them."""
    place = os.path.join(shared.run, "unpacked")
    for name, document in (("one", documents.total()), ("two", documents.total(2)),
                           ("bad", {"format": "omen/1"})):
        documents.write(os.path.join(place, name, "model.json"), document)
    os.symlink("/etc", os.path.join(place, "outside"))
    return place


@pytest.fixture(scope="module")
def worker(shared, place):
    documents.put_version(shared.models, "own", 1, documents.flower())
    return shared.worker(sagemaker_models=place, max_models=4)


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer)


def ask(nginx, method, path, value=None, status=200):
    body = None if value is None else harness.encode(value)
    got, _, answer = nginx.ask(method, path, body, {"Content-Type": "application/json"})
    assert got == status, answer
    return harness.parse_json(answer)


def load(nginx, name, url, status=200):
    return ask(nginx, "POST", "/models", {"model_name": name, "url": url}, status)


def test_a_models_life(nginx, place):
    one = os.path.join(place, "one")
    assert load(nginx, "first", one) == {"status": "Workers scaled"}
    assert ask(nginx, "GET", "/models/first") == {"modelName": "first", "modelUrl": one}
    listed = ask(nginx, "GET", "/models")["models"]
    assert {"modelName": "first", "modelUrl": one} in listed
    assert {"modelName": "own", "modelUrl": ""} in listed
    status, headers, body = nginx.ask("POST", "/models/first/invoke", b"1,2,3\n", {
        "Content-Type": "text/csv", "X-Amzn-SageMaker-Target-Model": "first.tar.gz"})
    assert (status, body) == (200, b"321.0\n") and headers["x-model-version"] == "1"
    assert ask(nginx, "DELETE", "/models/first") == {"status": 'Model "first" unregistered'}
    assert ask(nginx, "GET", "/models/first", status=404)["code"] == "unknown_model"
    assert ask(nginx, "DELETE", "/models/first", status=404)["error"] == (
        "no model of this name was loaded by request")
    answer = ask(nginx, "POST", "/models/first/invoke", [[1, 2, 3]], 404)
    assert answer["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_taken_once(nginx, place):
    one, two = os.path.join(place, "one"), os.path.join(place, "two")
    load(nginx, "taken", one)
    answer = load(nginx, "taken", two, 409)
    assert answer["error"] == "there is a model of this name already"
    assert load(nginx, "own", two, 409)["code"] == "exists"
    assert ask(nginx, "POST", "/models/taken/invoke", [[1, 2, 3]]) == [321]
    ask(nginx, "DELETE", "/models/taken")
    load(nginx, "taken", two)
    assert ask(nginx, "POST", "/models/taken/invoke", [[1, 2, 3]]) == [642]
    ask(nginx, "DELETE", "/models/taken")


def test_only_what_was_loaded_by_request_is_unloaded(nginx):
    ask(nginx, "DELETE", "/models/own", status=404)
    assert ask(nginx, "GET", "/models/own")["modelName"] == "own"


def test_what_cannot_be_loaded(nginx, place):
    for url in (os.path.join(place, "none"), "/etc", os.path.join(place, "outside"), place,
                os.path.join(place, "one", "..", "..", "models"), "one", "",
                os.path.join(place, "one", "model.json")):
        answer = load(nginx, "x", url, 404)
        assert answer["error"] == "there is no such directory where models may be"
    for name in ("", "a/b", "..", ".hidden", "a b", "x" * 200):
        assert load(nginx, name, os.path.join(place, "one"), 400)["code"] == "invalid"
    answer = load(nginx, "bad", os.path.join(place, "bad"), 400)
    assert "inputs" in answer["error"]
    ask(nginx, "GET", "/models/bad", status=404)
    for body in ({"model_name": "x"}, {"url": "x"}, {"model_name": 1, "url": []}, [], None):
        ask(nginx, "POST", "/models", body if body is not None else [], 400)
    got, _, answer = nginx.ask("POST", "/models", b"{")
    assert got == 400 and json.loads(answer)["code"] == "invalid_json"


def test_no_more_than_may_be(nginx, place):
    for i in range(3):
        load(nginx, f"many{i}", os.path.join(place, "one"))
    answer = load(nginx, "many3", os.path.join(place, "one"), 507)
    assert answer["code"] == "limit"
    for i in range(3):
        ask(nginx, "DELETE", f"/models/many{i}")
    load(nginx, "many3", os.path.join(place, "one"))
    ask(nginx, "DELETE", "/models/many3")


def test_off_unless_configured(rig, place):
    documents.put_version(rig.models, "own", 1, documents.flower())
    nginx = rig.nginx(rig.worker().peer)
    ask(nginx, "GET", "/models", status=404)
    load(nginx, "first", os.path.join(place, "one"), 404)
    ask(nginx, "POST", "/models/own/invoke", [[1, 2, 3, 4]], 404)


def test_the_platform_may_begin_without_a_model(rig, place):
    """It sends none until the first ping succeeds."""
    worker = rig.worker(sagemaker_models=place, ready=False).await_up()
    answer = worker.ask("GET", "/ping")
    assert (answer.status, answer.body) == (200, b"")
    assert json.loads(worker.ask("GET", "/models").body) == {"models": []}
    assert worker.ask("GET", "/readyz").status == 503


def test_not_for_everyone(shared, worker):
    nginx = shared.nginx(worker.peer, allow="192.0.2.1")
    for method, path in (("GET", "/models"), ("POST", "/models"), ("DELETE", "/models/own")):
        assert ask(nginx, method, path, status=403)["code"] == "forbidden"


def test_the_platforms_own_switch(rig):
    documents.put_version(rig.models, "own", 1, documents.flower())
    worker = rig.worker(environment={"SAGEMAKER_MULTI_MODEL": "true"})
    assert json.loads(worker.ask("GET", "/models").body)["models"][0]["modelName"] == "own"
