"""tritonclient[http], unmodified: model control, repository and statistics, as its examples have
them."""

import inference_models
import numpy
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(shared):
    inference_models.put_all(shared.models)
    worker = shared.worker(management="yes", rescan_interval="1h")
    port = shared.nginx(worker.peer).port
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        yield client


def test_control_and_statistics(client):
    names = {one["name"] for one in client.get_model_repository_index()}
    assert {"simple", "simple_string", "identity", "iris"} <= names
    client.load_model("simple")
    assert client.is_model_ready("simple")
    client.unload_model("simple")
    assert not client.is_model_ready("simple")
    states = {one["name"]: one["state"] for one in client.get_model_repository_index()}
    assert states["simple"] == "UNAVAILABLE" and states["iris"] == "READY"
    with pytest.raises(InferenceServerException, match="failed to load"):
        client.load_model("wrong_model_name")
    client.load_model("simple")
    assert client.is_model_ready("simple")
    inputs = [triton.InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1")]
    for each in inputs:
        each.set_data_from_numpy(numpy.ones((1, 16), dtype=numpy.int32))
    client.infer("simple", inputs)
    statistics = client.get_inference_statistics(model_name="simple")
    assert len(statistics["model_stats"]) == 1
    assert statistics["model_stats"][0]["inference_count"] == 1
    assert len(client.get_inference_statistics()["model_stats"]) >= 4
