"""The repository, statistics and row-by-row extensions of the Open Inference Protocol."""

import json
import time

import documents
import harness
import pytest
from inference import ROW, ask, refuse, tensor


def post(peer, path, value=None):
    body = b"" if value is None else value if isinstance(value, bytes) else harness.encode(value)
    answer = peer.ask("POST", f"/v2/repository/{path}", body)
    return answer.status, json.loads(answer.body)


@pytest.fixture
def worker(rig):
    documents.put_version(rig.models, "total", 1, documents.total())
    documents.put_version(rig.models, "flower", 3, documents.flower())
    return rig.worker(management="yes", rescan_interval="1h")


def index(worker, **body):
    status, answer = post(worker, "index", body)
    assert status == 200, answer
    return [(one["name"], one.get("version"), one["state"], one["reason"]) for one in answer]


def test_it_is_off_unless_configured(rig):
    documents.put_version(rig.models, "total", 1, documents.total())
    worker = rig.worker()
    for path in ("index", "models/total/load", "models/total/unload"):
        status, answer = post(worker, path)
        assert status == 403 and answer["code"] == "forbidden"
    assert b"model_repository" not in worker.ask("GET", "/v2").body
    assert worker.ask("GET", "/v2/models/total/ready").status == 200


def test_it_has_a_location_of_its_own(rig, worker):
    """Which lets in who may see the status."""
    nginx = rig.nginx(worker.peer, allow="10.1.2.3")
    assert nginx.ask("POST", "/v2/repository/index", b"")[0] == 403
    assert nginx.ask("GET", "/v2/models/total/ready")[0] == 200
    nginx = rig.nginx(worker.peer)
    assert nginx.ask("POST", "/v2/repository/index", b"")[0] == 200


def test_unload_and_load(worker):
    assert b"model_repository" in worker.ask("GET", "/v2").body
    ready = [("flower", "3", "READY", ""), ("total", "1", "READY", "")]
    assert index(worker) == ready == index(worker, ready=True)
    assert post(worker, "models/total/unload") == (200, {"name": "total", "unload": True})
    assert worker.ask("GET", "/v2/models/total/ready").status == 404
    assert worker.ask("POST", "/predict/total", b'{"input":[1,2,3]}').status == 404
    assert ("total", None, "UNAVAILABLE", "unloaded") in index(worker)
    assert index(worker, ready=True) == ready[:1]
    assert post(worker, "models/total/load", {"parameters": {}}) == (
        200, {"name": "total", "load": True})
    assert worker.predict("total", [1, 2, 3])["prediction"] == 321
    assert index(worker) == ready


def test_a_model_stays_unloaded_whatever_comes(rig, worker):
    assert post(worker, "models/total/unload", {})[0] == 200
    documents.put_version(rig.models, "total", 2, documents.total(2))
    documents.put_version(rig.models, "late", 1, documents.constant(5))
    worker.await_version("late", 1)
    assert worker.ask("GET", "/v2/models/total/ready").status == 404
    assert post(worker, "models/total/load")[0] == 200
    assert worker.predict("total", [1, 2, 3])["prediction"] == 642


def test_load_sees_what_is_new(rig, worker):
    documents.put_version(rig.models, "fresh", 1, documents.constant(5))
    assert post(worker, "models/fresh/load")[0] == 200
    assert worker.predict("fresh", [1, 2])["prediction"] == 5


def test_a_load_that_fails(rig, worker):
    status, answer = post(worker, "models/nope/load")
    assert status == 400 and answer["error"].startswith("failed to load 'nope', failed to poll")
    documents.put_version(rig.models, "broken", 1, "{}")
    status, answer = post(worker, "models/broken/load")
    assert status == 400 and answer["error"].startswith("failed to load 'broken', ")
    assert [state for name, _, state, _ in index(worker) if name == "broken"] == ["UNAVAILABLE"]
    status, answer = post(worker, "models/nope/unload")
    assert status == 404 and answer["error"] == "Request for unknown model: 'nope' is not found"


@pytest.mark.parametrize("name,sentence", [
    ("..", "model name must not contain path traversal characters"),
    ("a%5Cb", "model name must not contain path traversal characters"),
    ("%20", "Model name cannot be empty. Please enter a valid name to deploy."),
])
def test_names_that_are_none(worker, name, sentence):
    for verb in ("load", "unload"):
        assert post(worker, f"models/{name}/{verb}") == (
            400, {"error": sentence, "code": "invalid"})


def test_bodies_that_are_none(worker):
    for body in (b"{", b"[]", b"[" * 250000):
        assert post(worker, "index", body)[0] == 400
        assert post(worker, "models/total/load", body)[0] == 400
    for ready in ("yes", 1, [], {}):
        status, answer = post(worker, "index", {"ready": ready})
        assert status == 400
        assert answer["error"] == "Invalid value for 'ready': expected a boolean"
    assert post(worker, "index", {"ready": None})[0] == 200


# Statistics


def statistics(worker, path):
    answer = worker.ask("GET", path)
    assert answer.status == 200, answer
    return json.loads(answer.body)["model_stats"]


def test_statistics(worker):
    before = statistics(worker, "/v2/models/total/stats")[0]
    assert before["inference_count"] == before["last_inference"] == 0
    rows = tensor("x", "FP64", [2, 3], [1, 2, 3, 4, 5, 6])
    for inputs in ([rows], [rows], [ROW]):
        body = harness.encode({"inputs": inputs})
        assert worker.ask("POST", "/v2/models/total/infer", body).status == 200
    assert worker.ask("POST", "/v2/models/total/infer", b"{}").status == 400
    [after] = statistics(worker, "/v2/models/total/versions/1/stats")
    assert (after["name"], after["version"]) == ("total", "1")
    assert after["inference_count"] == 5 and after["execution_count"] == 3
    counts = after["inference_stats"]
    assert counts["success"]["count"] == 3 and counts["fail"]["count"] == 1
    for phase in ("queue", "compute_input", "compute_infer", "compute_output"):
        assert counts[phase]["count"] >= 3 and counts[phase]["ns"] > 0
    assert counts["success"]["ns"] >= counts["compute_infer"]["ns"]
    assert abs(after["last_inference"] / 1000 - time.time()) < 60
    assert [one["name"] for one in statistics(worker, "/v2/models/stats")] == ["flower", "total"]
    assert worker.ask("GET", "/v2/models/nope/stats").status == 404


# A bad row in its place


@pytest.fixture(scope="module")
def nginx(shared):
    documents.put_version(shared.models, "passenger", 1, documents.passenger())
    return shared.nginx(shared.worker().peer)


def columns(*ages):
    return [tensor("age", "FP64", [len(ages)], list(ages)),
            tensor("sex", "BYTES", [len(ages)], ["male"] * len(ages))]


def test_a_bad_row_is_answered_in_its_place(nginx):
    good = ask(nginx, "passenger", columns(10, 30))[1]["outputs"]
    refuse(nginx, "passenger", columns(10, 500, 30), "must be from 0 to 120")
    status, answer, _, _ = ask(nginx, "passenger", columns(10, 500, 30),
                               parameters={"on_error": "row"})
    assert status == 200
    assert [(one["row"], one["field"]) for one in answer["row_errors"]] == [(1, "age")]
    for output, expected in zip(answer["outputs"], good):
        width = output["shape"][1]
        assert output["shape"][0] == 3
        data = output["data"]
        assert data[:width] + data[2 * width:] == expected["data"]
    assert answer["outputs"][1]["data"][2:4] == [None, None]
    refuse(nginx, "passenger", columns(10), "on_error", parameters={"on_error": "x"})


def test_a_request_is_checked_without_computing(nginx):
    def check(*ages, **more):
        body = harness.encode({"inputs": columns(*ages), **more})
        status, _, answer = nginx.ask("POST", "/v2/models/passenger/infer:validate", body)
        return status, json.loads(answer)

    assert check(10, 30) == (200, {"valid": True, "rows": 2})
    status, answer = check(10, 500)
    assert status == 400 and answer["field"] == "age"
    status, answer = check(10, 500, parameters={"on_error": "row"})
    assert status == 200 and answer["valid"] is False and answer["bad_rows"] == 1
