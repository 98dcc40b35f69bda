"""The REST client of kserve, version 2 of the protocol, unmodified."""

import asyncio

import inference_models
import numpy
import pandas
import pytest
from httpx import HTTPStatusError
from kserve import InferInput, InferRequest, InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


@pytest.fixture(scope="module")
def url(shared):
    inference_models.put_all(shared.models)
    return f"http://127.0.0.1:{shared.nginx(shared.worker().peer).port}"


def call(work):
    async def run():
        async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
            return await work(client)

    return asyncio.run(run())


def infer(url, model, inputs, outputs=None, **parameters):
    request = InferRequest(model_name=model, infer_inputs=inputs, request_outputs=outputs,
                           request_id="r-1", parameters=parameters or None)
    return call(lambda client: client.infer(url, request, model_name=model))


ROWS = numpy.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])


def test_health(url):
    assert call(lambda client: client.is_server_live(url)) is True
    assert call(lambda client: client.is_server_ready(url)) is True
    assert call(lambda client: client.is_model_ready(url, "iris")) is True
    assert call(lambda client: client.is_model_ready(url, "nope")) is False


@pytest.mark.parametrize("binary", [True, False])
def test_infer(url, binary):
    rows = InferInput("input-0", list(ROWS.shape), "FP64")
    rows.set_data_from_numpy(ROWS, binary_data=binary)
    answer = infer(url, "iris", [rows])
    assert answer.model_name == "iris" and answer.id == "r-1"
    assert answer.outputs[0].name == "label"
    assert list(answer.outputs[0].data) == ["setosa", "virginica"]
    assert answer.outputs[1].as_numpy().shape == (2, 3)


def test_the_output_s_name_of_its_own_server(url):
    rows = InferInput("input-0", [1, 4], "FP32", data=[[5.1, 3.5, 1.4, 0.2]])
    answer = infer(url, "flower", [rows], [RequestedOutput("output-0")])
    assert [one.name for one in answer.outputs] == ["output-0"]
    assert answer.outputs[0].data == [1]


def test_binary_outputs(url):
    rows = InferInput("input-0", [2, 4], "FP64")
    rows.set_data_from_numpy(ROWS, binary_data=True)
    plain = infer(url, "iris", [rows])
    binary = infer(url, "iris", [rows], binary_data_output=True)
    assert (binary.outputs[1].as_numpy() == plain.outputs[1].as_numpy()).all()
    assert binary.outputs[0].as_numpy().ravel().tolist() == [b"setosa", b"virginica"] or (
        binary.outputs[0].as_numpy().ravel().tolist() == ["setosa", "virginica"])


def test_a_data_frame_is_a_tensor_per_column(url):
    frame = pandas.DataFrame({"age": [31.5, numpy.nan], "sex": ["male", "female"]})
    inputs = [InferInput("age", [2], "FP64"), InferInput("sex", [2], "BYTES")]
    inputs[0].set_data_from_numpy(frame["age"].to_numpy(), binary_data=True)
    inputs[1].set_data_from_numpy(frame["sex"].to_numpy(dtype=object), binary_data=True)
    answer = infer(url, "passenger", inputs)
    assert len(answer.outputs[0].data) == 2
    assert (infer(url, "passenger", [InferInput("age", [2], "FP64", data=[31.5, None]),
                                     InferInput("sex", [2], "BYTES", data=["male", "female"])]
                  ).outputs[0].data == answer.outputs[0].data)


def test_errors_are_told(url):
    rows = InferInput("input-0", [1, 3], "FP64", data=[1, 2, 3])
    with pytest.raises(HTTPStatusError, match="unexpected shape for input 'input-0'") as caught:
        infer(url, "iris", [rows])
    assert caught.value.response.status_code == 400
    with pytest.raises(HTTPStatusError, match="Request for unknown model: 'nope' is not found"):
        infer(url, "nope", [rows])
