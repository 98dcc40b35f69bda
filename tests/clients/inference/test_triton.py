"""tritonclient[http], unmodified: what its simple examples do, and what they check."""


import inference_models
import ml_dtypes
import numpy
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_async
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def port(shared):
    inference_models.put_all(shared.models)
    return shared.nginx(shared.worker(max_body="1m", max_rows=1000).peer, max_body="8m").port


@pytest.fixture
def client(port):
    with triton.InferenceServerClient(f"127.0.0.1:{port}", concurrency=4) as client:
        yield client


LEFT = numpy.arange(16, dtype=numpy.int32).reshape(1, 16)
RIGHT = numpy.full((1, 16), 1, dtype=numpy.int32)


def simple_inputs(binary=True, datatype="INT32", left=LEFT, right=RIGHT):
    inputs = [triton.InferInput("INPUT0", [1, 16], datatype),
              triton.InferInput("INPUT1", [1, 16], datatype)]
    inputs[0].set_data_from_numpy(left, binary_data=binary)
    inputs[1].set_data_from_numpy(right, binary_data=binary)
    return inputs


def check_simple(result):
    assert (result.as_numpy("OUTPUT0") == LEFT + RIGHT).all()
    assert (result.as_numpy("OUTPUT1") == LEFT - RIGHT).all()


# health, metadata


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("simple") and client.is_model_ready("simple", "1")
    assert not client.is_model_ready("wrong")
    assert client.get_server_metadata(query_params={"test_1": 1, "test_2": 2})["name"] == "omen"
    metadata = client.get_model_metadata("simple", query_params={"test_1": 1, "test_2": 2})
    assert metadata["name"] == "simple" and len(metadata["inputs"]) == 2
    assert client.get_model_config("simple")["name"] == "simple"
    with pytest.raises(InferenceServerException, match="Request for unknown model"):
        client.get_model_metadata("wrong_model_name")


# infer


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("packing", [None, "gzip", "deflate"])
def test_infer(client, binary, packing):
    outputs = [triton.InferRequestedOutput("OUTPUT0", binary_data=binary),
               triton.InferRequestedOutput("OUTPUT1", binary_data=not binary)]
    check_simple(client.infer("simple", simple_inputs(binary), outputs=outputs,
                              query_params={"test_1": 1}, headers={"test": "1"},
                              request_compression_algorithm=packing,
                              response_compression_algorithm=packing))


def test_infer_without_outputs(client):
    result = client.infer("simple", simple_inputs(), model_version="1", request_id="my id")
    check_simple(result)
    assert result.get_response()["id"] == "my id"


def test_one_input_is_missing(client):
    with pytest.raises(InferenceServerException, match="expected 2 inputs but got 1 inputs"):
        client.infer("simple", simple_inputs()[:1])


def test_async(client):
    requests = [client.async_infer("simple", simple_inputs()) for _ in range(20)]
    for request in requests:
        check_simple(request.get_result())


def test_aio(port):
    import asyncio

    async def run():
        async with triton_async.InferenceServerClient(f"127.0.0.1:{port}") as client:
            assert await client.is_server_live()
            results = await asyncio.gather(
                *(client.infer("simple", simple_inputs(binary)) for binary in [True, False] * 5)
            )
            for result in results:
                check_simple(result)

    asyncio.run(run())


@pytest.mark.parametrize("binary", [True, False])
def test_strings(client, binary):
    left, right = (numpy.array([str(x).encode() for x in row[0]], dtype=object).reshape(1, 16)
                   for row in (LEFT, RIGHT))
    outputs = [triton.InferRequestedOutput(name, binary_data=binary)
               for name in ("OUTPUT0", "OUTPUT1")]
    check_simple(client.infer("simple_string", simple_inputs(binary, "BYTES", left, right),
                              outputs=outputs))


@pytest.mark.parametrize("binary", [True, False])
def test_labels_are_strings(client, binary):
    rows = numpy.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])
    row = triton.InferInput("input-0", [2, 4], "FP64").set_data_from_numpy(rows)
    output = triton.InferRequestedOutput("label", binary_data=binary)
    labels = client.infer("iris", [row], outputs=[output]).as_numpy("label")
    assert [str(x if isinstance(x, str) else x.decode()) for x in labels.ravel()] == [
        "setosa", "virginica"]


def test_classification(client):
    rows = numpy.array([[5.1, 3.5, 1.4, 0.2]])
    row = triton.InferInput("input-0", [1, 4], "FP64").set_data_from_numpy(rows)
    output = triton.InferRequestedOutput("probability", class_count=2)
    classes = client.infer("iris", [row], outputs=[output]).as_numpy("probability")
    assert classes.shape == (1, 2)
    assert classes[0][0].decode().split(":")[2] == "setosa"


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                                   "uint64", "float16", "float32", "float64"])
def test_every_datatype(client, dtype):
    rows = numpy.array([[1, 2, 3], [4, 5, 6]], dtype=dtype)
    row = triton.InferInput("x", [2, 3], triton_datatype(rows.dtype)).set_data_from_numpy(rows)
    assert client.infer("total", [row]).as_numpy("value").tolist() == [[642], [1308]]


def triton_datatype(dtype):
    from tritonclient.utils import np_to_triton_dtype

    return np_to_triton_dtype(dtype)


def test_bf16(client):
    rows = numpy.array([[1, 2, 3]], dtype=ml_dtypes.bfloat16)
    row = triton.InferInput("x", [1, 3], "BF16").set_data_from_numpy(rows)
    assert client.infer("total", [row]).as_numpy("value").tolist() == [[642]]


@pytest.mark.parametrize("binary", [True, False])
def test_identity_to_the_last_bit(client, binary):
    rows = numpy.array([[0.1, 6.8, 1e-45, 3.4e38], [-0.0, 1 / 3, 2**-126, 7]], dtype=numpy.float32)
    row = triton.InferInput("INPUT0", [2, 4], "FP32").set_data_from_numpy(rows, binary_data=binary)
    output = triton.InferRequestedOutput("output-0", binary_data=binary)
    answer = client.infer("identity", [row], outputs=[output]).as_numpy("output-0")
    assert answer.dtype == numpy.float32 and answer.tobytes() == rows.tobytes()


def test_no_rows(client):
    row = triton.InferInput("INPUT0", [0, 4], "FP32")
    row.set_data_from_numpy(numpy.zeros((0, 4), dtype=numpy.float32))
    assert client.infer("identity", [row]).as_numpy("value").shape == (0, 4)


def test_a_large_answer_comes_packed(client):
    rows = numpy.ones((1000, 3))
    row = triton.InferInput("x", [1000, 3], "FP64").set_data_from_numpy(rows)
    result = client.infer("total", [row], response_compression_algorithm="gzip",
                          request_compression_algorithm="gzip")
    assert (result.as_numpy("value") == 222).all()


def test_a_raw_binary_request(client):
    body = numpy.array([[1.0, 2, 3]]).tobytes()
    answer = client._post(  # as its users do for bodies of their own
        "v2/models/total/infer", body, {"Inference-Header-Content-Length": "0"}, None)
    length = int(answer.get("Inference-Header-Content-Length"))
    result = triton.InferenceServerClient.parse_response_body(answer.read(), header_length=length)
    assert result.as_numpy("value").tolist() == [[642]]


def test_bodies_made_and_parsed_apart(client, port):
    """generate_request_body and parse_response_body, with any HTTP client between."""
    import requests

    body, length = triton.InferenceServerClient.generate_request_body(simple_inputs())
    answer = requests.post(f"http://127.0.0.1:{port}/v2/models/simple/infer", data=body, timeout=10,
                           headers={"Inference-Header-Content-Length": str(length)})
    check_simple(triton.InferenceServerClient.parse_response_body(
        answer.content, header_length=int(answer.headers["Inference-Header-Content-Length"])))
