"""Requests of the Open Inference Protocol, written by hand."""

import json
import struct

import harness


def tensor(name, datatype, shape, data=None, **parameters):
    value = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        value["data"] = data
    if parameters:
        value["parameters"] = parameters
    return value


def ask(nginx, model, inputs, blobs=b"", headers=None, **more):
    """Returns (status, JSON, headers, bytes behind the JSON)."""
    body = inputs if isinstance(inputs, bytes) else harness.encode({"inputs": inputs, **more})
    sent = dict(headers or {})
    if blobs:
        sent.setdefault("Inference-Header-Content-Length", str(len(body)))
    status, got, answer = nginx.ask("POST", f"/v2/models/{model}/infer", body + blobs, sent)
    length = int(got.get("inference-header-content-length", len(answer)))
    if got.get("content-encoding") is None:
        return status, json.loads(answer[:length]), got, answer[length:]
    return status, answer, got, b""


def infer(nginx, model, inputs, blobs=b"", **more):
    """The outputs by name: (shape, datatype, data)."""
    status, answer, _, rest = ask(nginx, model, inputs, blobs, **more)
    assert status == 200, answer
    outputs = {}
    for output in answer["outputs"]:
        data = output.get("data")
        if data is None:
            size = output["parameters"]["binary_data_size"]
            data, rest = rest[:size], rest[size:]
        outputs[output["name"]] = (output["shape"], output["datatype"], data)
    assert rest == b""
    return outputs


def refuse(nginx, model, inputs, sentence, blobs=b"", status=400, **more):
    got, answer, _, _ = ask(nginx, model, inputs, blobs, **more)
    assert got == status, answer
    assert sentence in answer["error"], answer
    return answer


def values(nginx, model, inputs, blobs=b"", **more):
    return infer(nginx, model, inputs, blobs, **more)["value"][2]


def blob(kind, *numbers):
    return struct.pack(f"<{len(numbers)}{kind}", *numbers)


def texts(*words):
    return b"".join(struct.pack("<I", len(word)) + word for word in words)


ROW = tensor("x", "FP64", [1, 3], [1, 2, 3])
