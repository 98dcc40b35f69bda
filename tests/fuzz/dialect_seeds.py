"""Requests of every dialect and content type, for fuzz_dialect: over the models of
tests/unit/protocols/fixture.h, of which "people" is the default."""

import gzip
import json
import struct
import zlib

PERSON = {"age": 31, "sex": "female", "class": 2, "fare": None}
JSON = "Content-Type: application/json"


def request(line, *headers, body=b""):
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    elif isinstance(body, str):
        body = body.encode()
    return "\n".join([line, *headers]).encode() + b"\n\n" + body


def npy(dtype, shape, data, order=False):
    header = f"{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def binary(document, blobs, line="POST /v2/models/double/infer", *headers):
    head = json.dumps(document).encode()
    length = f"Inference-Header-Content-Length: {len(head)}"
    return request(line, length, *headers, body=head + blobs)


def tensor(name, datatype, values, **more):
    return {"name": name, "shape": [len(values)], "datatype": datatype, "data": values, **more}


def sized(name, datatype, shape, size):
    parameters = {"binary_data_size": size}
    return {"name": name, "shape": shape, "datatype": datatype, "parameters": parameters}


PEOPLE = [
    tensor("age", "FP64", [31.5, None]),
    tensor("sex", "BYTES", ["male", "female"]),
    tensor("class", "INT64", [1, 3]),
    tensor("fare", "FP32", [7, 8.25]),
]
TWO = struct.pack("<4d", 1, 2, 3, 4)
WORDS = b"".join(struct.pack("<I", len(word)) + word for word in (b"male", b"female"))
MATRIX = json.dumps({"inputs": [sized("input-0", "FP64", [2, 2], 32)]}).encode()
PERSONS = json.dumps(
    {"inputs": [PEOPLE[0], sized("sex", "BYTES", [2], len(WORDS)), PEOPLE[2], PEOPLE[3]],
     "parameters": {"binary_data_output": True}}
).encode()  # fmt: skip
SPLIT = {"dataframe_split": {"columns": ["x", "y"], "data": [[1, 2], [3, 4]]}}

SEEDS = {
    "predict": request("POST /predict", JSON, body={"input": PERSON}),
    "predict-rows": request(
        "POST /predict/flowers", JSON, body={"input": [[1, 2], [3, 4]], "output": ["label"]}
    ),
    "predict-by-row": request(
        "POST /predict/double", JSON,
        body={"input": [[1, 2], [3], {"x": 1}], "parameters": {"on_error": "row"}},
    ),
    "predict-gzip": request(
        "POST /predict/line", JSON, "Content-Encoding: gzip", "Accept-Encoding: gzip",
        body=gzip.compress(b'{"input":[1]}', mtime=0),
    ),
    "predict-form": request(
        "POST /predict", "Content-Type: application/x-www-form-urlencoded", body="input=1"
    ),
    "validate": request("POST /predict/people:validate", JSON, body={"input": [PERSON, {}]}),
    "validate-v1": request(
        "POST /v1/models/flowers:validate",
        body={"instances": [[1, 2], [3]], "parameters": {"on_error": "row"}},
    ),
    "validate-v2": request("POST /v2/models/people/infer:validate", body={"inputs": PEOPLE}),
    "v1-rows": request("POST /v1/models/people:predict", body={"instances": [PERSON, PERSON]}),
    "v1-lists": request("POST /v1/models/flowers:predict", body={"instances": [[1, 2], [3, 4]]}),
    "v1-columns": request(
        "POST /v1/models/double/labels/old:predict", body={"inputs": {"x": [1, 2], "y": [[3], [4]]}}
    ),
    "v1-base64": request(
        "POST /v1/models/people:predict",
        body={"instances": [{**PERSON, "sex": {"b64": "bWFsZQ=="}}], "signature_name": "value"},
    ),
    "v1-classify": request(
        "POST /v1/models/flowers:classify", body={"context": {"a": 1}, "examples": [{"b": 2}]}
    ),
    "v1-regress": request("POST /v1/models/line:regress", body={"examples": [{"x": 2}]}),
    "v1-deflate": request(
        "POST /v1/models/line:predict", "Content-Encoding: deflate", "Accept-Encoding: deflate",
        body=zlib.compress(b'{"instances":[1,2]}'),
    ),
    "v1-status": request("GET /v1/models/double/versions/2"),
    "v1-metadata": request("GET /v1/models/people/metadata"),
    "v2-columns": request("POST /v2/models/people/infer", body={"id": "a", "inputs": PEOPLE}),
    "v2-matrix": request(
        "POST /v2/models/double/versions/1/infer",
        body={
            "inputs": [tensor("input-0", "FP32", [[1, 2], [3, 4]], shape=[2, 2])],
            "outputs": [{"name": "output-0"}],
        },
    ),
    "v2-classification": request(
        "POST /v2/models/flowers/infer",
        body={
            "inputs": [tensor("a", "FP64", [1]), tensor("b", "FP64", [2])],
            "outputs": [{"name": "probability", "parameters": {"classification": 2}}],
        },
    ),
    "v2-binary": binary(
        {"inputs": [sized("input-0", "FP64", [2, 2], 32)],
         "parameters": {"binary_data_output": True}}, TWO,
    ),
    "v2-binary-words": binary(
        {"inputs": [PEOPLE[0], sized("sex", "BYTES", [2], len(WORDS)), PEOPLE[2], PEOPLE[3]]},
        WORDS, "POST /v2/models/people/infer",
    ),
    "v2-binary-half": binary(
        {"inputs": [sized("input-0", "FP16", [1, 2], 4)]}, struct.pack("<2e", 1, 2)
    ),
    "v2-binary-gzip": request(
        "POST /v2/models/double/infer", "Content-Encoding: gzip", "Accept-Encoding: gzip",
        f"Inference-Header-Content-Length: {len(MATRIX)}",
        body=gzip.compress(MATRIX + TWO, mtime=0),
    ),
    "v2-binary-cut": binary({"inputs": [sized("input-0", "FP64", [2, 2], 32)]}, TWO[:20]),
    "v2-binary-huge": binary(
        {"inputs": [sized("input-0", "FP64", [1 << 40, 1 << 40], 1 << 62)]}, TWO
    ),
    "v2-raw": request(
        "POST /v2/models/line/infer", "Inference-Header-Content-Length: 0",
        "Content-Type: application/octet-stream", "Accept: application/json", body=TWO,
    ),
    "v2-length": request(
        "POST /v2/models/line/infer", "Inference-Header-Content-Length: 99999999999", body="{}"
    ),
    "v2-model": request("GET /v2/models/people"),
    "v2-config": request("GET /v2/models/flowers/versions/1/config"),
    "v2-stats": request("GET /v2/models/stats"),
    "v2-index": request("POST /v2/repository/index", body={"ready": True}),
    "v2-load": request("POST /v2/repository/models/line/load", body={"parameters": {}}),
    "csv": request("POST /invocations", "Content-Type: text/csv", body="31,male,2,7\n40,,1,\n"),
    "csv-gzip": request(
        "POST /invocations", "Content-Type: text/csv", "Content-Encoding: gzip",
        body=gzip.compress(b"31,male,2,7\n", mtime=0),
    ),
    "csv-header": request(
        "POST /invocations", "Content-Type: text/csv; header=present", "Accept: text/csv",
        body='age,"sex",class,fare\n31,female,2,\n',
    ),
    "libsvm": request(
        "POST /invocations", "Content-Type: text/libsvm", "Accept: application/jsonlines",
        body="1 0:31 2:2 3:7\n0 0:40 2:1\n",
    ),
    "jsonlines": request(
        "POST /invocations", "Content-Type: application/jsonlines",
        body=json.dumps(PERSON) + '\n{"features":[31,"male",1,2]}\n',
    ),
    "npy": request(
        "POST /invocations", "Content-Type: application/x-npy", "Accept: application/x-npy",
        body=npy("<f8", (1, 4), TWO),
    ),
    "npy-columns": request(
        "POST /invocations", "Content-Type: application/x-npy",
        body=npy("<f4", (1, 4), struct.pack("<4f", 1, 2, 3, 4), True),
    ),
    "mlflow-split": request("POST /invocations", JSON, body=SPLIT),
    "mlflow-records": request("POST /invocations", JSON, body={"dataframe_records": [PERSON]}),
    "mlflow-inputs": request(
        "POST /invocations", JSON, body={"inputs": {"age": [31]}, "params": {"output": "value"}}
    ),
    "sagemaker-triton": request(
        "POST /invocations",
        "Content-Type: application/vnd.sagemaker-triton.binary+json;"
        f"json-header-size={len(PERSONS)}",
        body=PERSONS + WORDS,
    ),
    "attributes": request(
        "POST /invocations", "Content-Type: text/csv",
        "X-Amzn-SageMaker-Custom-Attributes: output=value,nothing", body="31,male,2,7",
    ),
    "ping": request("GET /ping"),
    "limits": request("GET /execution-parameters"),
    "models-load": request("POST /models", JSON, body={"model_name": "a", "url": "/opt/ml/a"}),
    "models-invoke": request("POST /models/line/invoke", JSON, body=[[1], [2]]),
    "document": request("GET /openapi.json"),
    "page": request("GET /docs"),
}  # fmt: skip
