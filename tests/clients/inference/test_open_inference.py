"""The client that is generated from the protocol's own OpenAPI document."""

import inference_models
import pytest
from open_inference.openapi.client import InferenceRequest, OpenInferenceClient
from open_inference.openapi.errors import BadRequestError, NotFoundError


@pytest.fixture(scope="module")
def client(shared):
    inference_models.put_all(shared.models)
    port = shared.nginx(shared.worker().peer).port
    return OpenInferenceClient(base_url=f"http://127.0.0.1:{port}")


def request(*rows):
    return InferenceRequest.parse_obj({
        "id": "a", "inputs": [{"name": "input-0", "datatype": "FP64", "shape": [len(rows), 4],
                               "data": [value for row in rows for value in row]}]})


def test_health(client):
    client.check_server_liveness()
    client.check_server_readiness()
    client.check_model_readiness(model_name="iris")
    client.check_model_version_readiness(model_name="iris", model_version="1")
    with pytest.raises(NotFoundError):
        client.check_model_readiness(model_name="nope")


def test_metadata(client):
    assert client.read_server_metadata().name == "omen"
    model = client.read_model_metadata(model_name="iris")
    assert model.name == "iris" and model.versions == ["1"]
    assert [output.name for output in model.outputs] == ["label", "probability"]


def test_infer(client):
    answer = client.model_infer(model_name="iris", request=request([5.1, 3.5, 1.4, 0.2],
                                                                   [6.7, 3.0, 5.2, 2.3]))
    assert answer.model_name == "iris" and answer.id == "a"
    assert answer.outputs[0].shape == [2, 1]


def test_a_request_that_is_refused(client):
    with pytest.raises(BadRequestError):
        client.model_infer(model_name="passenger", request=request([1, 2, 3, 4]))
