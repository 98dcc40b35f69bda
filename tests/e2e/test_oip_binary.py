"""The binary tensor extension, raw binary requests and packed bodies through nginx: each rule and each
error of theirs, with its status and sentence."""

import gzip
import json
import struct
import zlib

import harness
import inference_models
import pytest
from inference import ROW, ask, blob, infer, refuse, tensor, texts, values


@pytest.fixture(scope="module")
def worker(shared):
    inference_models.put_all(shared.models)
    return shared.worker(max_body="1m", max_rows=1000, server_name="our own")


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="8m")


# The binary tensor extension


@pytest.mark.parametrize("datatype,kind", [
    ("FP64", "d"), ("FP32", "f"), ("FP16", "e"), ("INT8", "b"), ("INT16", "h"), ("INT32", "i"),
    ("INT64", "q"), ("UINT8", "B"), ("UINT16", "H"), ("UINT32", "I"), ("UINT64", "Q")])
def test_binary_numbers(nginx, datatype, kind):
    data = blob(kind, 1, 2, 3, 4, 5, 6)
    whole = [tensor("x", datatype, [2, 3], binary_data_size=len(data))]
    assert values(nginx, "total", whole, data) == [642, 1308]
    size = len(data) // 6
    columns = [tensor(name, datatype, [2], binary_data_size=2 * size) for name in "cab"]
    assert values(nginx, "total", columns, blob(kind, 3, 6, 1, 4, 2, 5)) == [642, 1308]


def test_binary_bf16_and_special_halves(nginx):
    brain = b"".join(struct.pack("<f", x)[2:] for x in (1, 2, 3))
    assert values(nginx, "total", [tensor("x", "BF16", [1, 3], binary_data_size=6)], brain) == [642]
    half = [tensor("x", "FP16", [1, 2], binary_data_size=4)]
    assert values(nginx, "gaps", half, blob("e", 2**-24, float("nan"))) == [50 + 2**-24]
    refuse(nginx, "gaps", half, "must be finite", blob("e", 1, float("inf")))


def test_binary_booleans(nginx):
    inputs = [tensor("x", "BOOL", [1, 3], binary_data_size=3)]
    assert values(nginx, "total", inputs, b"\1\0\1") == [202]
    refuse(nginx, "total", inputs, "element 1 is a BOOL that is neither 0 nor 1", b"\1\2\1")


def test_binary_words(nginx):
    code, on = texts(b"7", b"9007199254740993"), texts(b"true", b"false")
    inputs = [tensor("code", "BYTES", [2], binary_data_size=len(code)),
              tensor("on", "BYTES", [2, 1], binary_data_size=len(on))]
    assert values(nginx, "coded", inputs, code + on) == [201, 0]


@pytest.mark.parametrize("data,sentence", [
    (texts(b"7")[:3], "element 0 is missing"),
    (texts(b"7"), "element 1 is missing"),
    (texts(b"7", b"7")[:-1], "element 1 is longer than the bytes that are left"),
    (texts(b"7", b"7") + b"x", "has bytes behind its last element"),
    (struct.pack("<I", 2**32 - 1), "element 0 is longer than the bytes that are left"),
    (texts(b"7", b"\xff"), "element 1 is not UTF-8"),
])
def test_binary_words_that_are_none(nginx, data, sentence):
    inputs = [tensor("code", "BYTES", [2], binary_data_size=len(data)),
              tensor("on", "BYTES", [2], ["true", "true"])]
    refuse(nginx, "coded", inputs, sentence, data)


def test_json_and_binary_inputs_mixed(nginx):
    inputs = [tensor("a", "FP64", [1], binary_data_size=8), tensor("b", "FP64", [1], [2]),
              tensor("c", "FP32", [1], binary_data_size=4)]
    assert values(nginx, "total", inputs, blob("d", 1) + blob("f", 3)) == [642]


def test_binary_outputs(nginx):
    row = tensor("x", "FP64", [2, 4], [5.1, 3.5, 1.4, 0.2, 6.2, 3.4, 5.4, 2.3])
    plain = infer(nginx, "iris", [row])
    binary = infer(nginx, "iris", [row], parameters={"binary_data_output": True})
    assert binary["label"] == ([2, 1], "BYTES", texts(b"setosa", b"virginica"))
    assert struct.unpack("<6d", binary["probability"][2]) == tuple(plain["probability"][2])
    outputs = [{"name": "probability", "parameters": {"binary_data": True}}, {"name": "label"}]
    mixed = infer(nginx, "iris", [row], outputs=outputs,
                  parameters={"binary_data_output": True})
    assert mixed["label"] == plain["label"], "listed without binary_data: JSON"
    assert mixed["probability"] == binary["probability"]


def test_headers_of_a_binary_answer(nginx):
    status, _, headers, rest = ask(nginx, "total", [ROW], parameters={"binary_data_output": True})
    assert status == 200 and headers["content-type"] == "application/octet-stream"
    assert rest == blob("d", 642)
    empty = tensor("x", "FP64", [0, 3], [])
    status, answer, headers, _ = ask(nginx, "total", [empty],
                                     parameters={"binary_data_output": True})
    assert "inference-header-content-length" not in headers
    assert headers["content-type"] == "application/json"
    assert answer["outputs"][0]["parameters"] == {"binary_data_size": 0}


BINARY = [tensor("x", "FP64", [1, 3], binary_data_size=24)]


@pytest.mark.parametrize("value,sentence", [
    ("x", "Unable to parse Inference-Header-Content-Length"),
    ("12x", "Unable to parse Inference-Header-Content-Length"),
    ("99999999999", "Unable to parse Inference-Header-Content-Length, value is out of range "
                    "[ -2147483648, 2147483647 ], got: 99999999999"),
    ("9" * 400, "value is out of range"),
    ("-1", "inference header size should be in range (0, "),
    ("100000", "inference header size should be in range (0, "),
])
def test_the_header_s_range(nginx, value, sentence):
    body = harness.encode({"inputs": BINARY})
    headers = {"Inference-Header-Content-Length": value}
    status, answer, _, _ = ask(nginx, "total", body, bytes(24), headers)
    assert status == 400 and sentence in answer["error"], answer


def test_binary_sizes(nginx):
    refuse(nginx, "total", BINARY, "unexpected size for input 'x', expecting 1 additional bytes for "
                                   "model 'total'", bytes(23))
    refuse(nginx, "total", BINARY, "unexpected additional input data for model 'total'", bytes(25))
    refuse(nginx, "total", BINARY, "must specify valid 'Infer-Header-Content-Length' in request "
                                   "header and 'binary_data_size'")
    for size in (16, 32):
        refuse(nginx, "total", [tensor("x", "FP64", [1, 3], binary_data_size=size)],
               "input byte size mismatch for input 'x'", bytes(size))
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], [1, 2, 3], binary_data_size=24)],
           "must specify only one of 'data' and 'binary_data_size'", bytes(24))
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], binary_data_size=-1)],
           "parameter 'binary_data_size'", bytes(24))
    refuse(nginx, "total", [tensor("x", "FP64", [2**31, 2**31], binary_data_size=24)],
           "byte size overflow for input 'x': ", bytes(24))
    refuse(nginx, "total", [tensor("x", "FP64", [2**32, 2**32], binary_data_size=24)],
           "causes total element count to exceed maximum size of 9223372036854775807", bytes(24))


def test_bytes_behind_json_inputs(nginx):
    refuse(nginx, "total", [ROW], "unexpected additional input data for model 'total'", b"x")


def test_a_raw_binary_request(nginx):
    raw = {"Inference-Header-Content-Length": "0"}
    status, answer, headers, rest = ask(nginx, "total", blob("d", 1, 2, 3, 4, 5, 6), headers=raw)
    assert status == 200 and rest == blob("d", 642, 1308)
    assert answer["outputs"][0]["shape"] == [2, 1]
    status, answer, headers, _ = ask(nginx, "total", blob("d", 1, 2, 3),
                                     headers={**raw, "Accept": "application/json"})
    assert headers["content-type"] == "application/json"
    assert answer["outputs"][0]["data"] == [642]
    status, answer, _, _ = ask(nginx, "total", b"1234567", headers=raw)
    assert status == 400 and "raw binary request of 7 bytes" in answer["error"]
    status, answer, _, _ = ask(nginx, "passenger", bytes(8), headers=raw)
    assert status == 400 and "exactly one input" in answer["error"]


# Bodies that travel packed


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress,
           "x-gzip": gzip.compress}


@pytest.mark.parametrize("coding", PACKERS)
def test_packed_requests(nginx, coding):
    pack = PACKERS[coding]
    body = harness.encode({"inputs": [ROW]})
    headers = {"Content-Encoding": coding}
    assert ask(nginx, "total", pack(body), headers=headers)[1]["outputs"][0]["data"] == [642]
    body = harness.encode({"inputs": BINARY})
    headers["Inference-Header-Content-Length"] = str(len(body))
    packed = pack(body + blob("d", 1, 2, 3))
    assert ask(nginx, "total", packed, headers=headers)[1]["outputs"][0]["data"] == [642]


@pytest.mark.parametrize("coding,unpack", [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
def test_packed_answers(nginx, coding, unpack):
    rows = tensor("x", "FP64", [500, 3], [1] * 1500)
    plain = ask(nginx, "total", [rows])
    status, answer, headers, _ = ask(nginx, "total", [rows], headers={"Accept-Encoding": coding})
    assert status == 200 and headers["content-encoding"] == coding
    assert json.loads(unpack(answer)) == plain[1]
    status, answer, headers, _ = ask(nginx, "total", [rows], headers={"Accept-Encoding": coding},
                                     parameters={"binary_data_output": True})
    length = int(headers["inference-header-content-length"])
    assert unpack(answer)[length:] == blob("d", *[222] * 500)


def test_packed_bodies_that_are_refused(nginx):
    bomb = gzip.compress(b" " * 20_000_000)
    status, answer, _, _ = ask(nginx, "total", bomb, headers={"Content-Encoding": "gzip"})
    assert status == 413 and "unpacks to more than" in answer["error"]
    for coding, body in (("gzip", b"{}"), ("deflate", b"{}"), ("gzip", bomb[:-3])):
        status, answer, _, _ = ask(nginx, "total", body, headers={"Content-Encoding": coding})
        assert status in (400, 413), answer
    status, answer, headers, _ = ask(nginx, "total", b"{}", headers={"Content-Encoding": "br"})
    assert status == 415 and headers["accept-encoding"] == "gzip, deflate"


def test_chunked_bodies(nginx):
    """nginx puts the chunks together."""
    body = harness.encode({"inputs": BINARY})
    client = harness.HttpClient(nginx.port)
    chunks = iter([body[:10], body[10:], blob("d", 1, 2), blob("d", 3)])
    client.connection.request("POST", "/v2/models/total/infer", chunks,
                              {"Inference-Header-Content-Length": str(len(body))},
                              encode_chunked=True)
    answer = client.connection.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["outputs"][0]["data"] == [642]
    client.close()
