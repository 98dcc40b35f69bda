"""Requests that fuzz_oip starts from."""

import gzip
import json
import struct
import zlib


def tensor(name, datatype, shape, data=None, **parameters):
    value = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        value["data"] = data
    if parameters:
        value["parameters"] = parameters
    return value


def seed(model, *inputs, blob=b"", coding="-", pack=None, **more):
    text = json.dumps({"inputs": inputs, **more}).encode()
    header = str(len(text)) if blob else "-"
    body = text + blob
    return f"{model} {header} {coding}\n".encode() + (pack(body) if pack else body)


def words(*texts):
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


AGE = tensor("age", "FP64", [2], [31.5, None])
PEOPLE = [AGE, tensor("sex", "BYTES", [2], ["male", "female"]), tensor("class", "INT8", [2], [1, 2])]

REQUESTS = {
    "matrix": seed("flowers", tensor("input-0", "FP64", [2, 2], [[1, 2], [3, 4]]), id="a"),
    "single": seed("flowers", tensor("x", "FP32", [1, 2], [0.1, 1e-3]), outputs=[{"name": "predict"}]),
    "columns": seed("people", *PEOPLE),
    "by-row": seed("people", *PEOPLE, parameters={"on_error": "row"}),
    "classes": seed("flowers", tensor("x", "INT64", [1, 2], [1, 2]),
                    outputs=[{"name": "label", "parameters": {"classification": 2}}]),
    "deep": seed("line", tensor("x", "FP64", [1, 1], [[[[[[7]]]]]])),
    "words-for-numbers": seed("line", tensor("x", "BYTES", [1], ["7"])),
    "wide": seed("line", tensor("x", "UINT64", [1], [2**64 - 1])),
    "empty": seed("double", tensor("x", "FP64", [0, 2], [])),
    "binary": seed("double", tensor("x", "FP64", [1, 2], binary_data_size=16), blob=bytes(16),
                   parameters={"binary_data_output": True}),
    "half": seed("double", tensor("x", "FP16", [1, 2], binary_data_size=4), blob=b"\0\x3c\0\x7c"),
    "booleans": seed("double", tensor("x", "BOOL", [1, 2], binary_data_size=2), blob=b"\1\2"),
    "binary-words": seed("people", AGE, tensor("sex", "BYTES", [2], binary_data_size=18),
                         tensor("class", "INT32", [2], binary_data_size=8),
                         blob=words(b"male", b"female") + struct.pack("<2i", 1, 3)),
    "labels": seed("flowers", tensor("x", "BF16", [1, 2], binary_data_size=4), blob=bytes(4),
                   parameters={"binary_data_output": True}),
    "raw": b"double 0 -\n" + struct.pack("<4d", 1, 2, 3, 4),
    "header-range": b"double 99999999999 -\n{}",
    "gzip": seed("line", tensor("x", "FP64", [1], [1]), coding="gzip",
                 pack=lambda body: gzip.compress(body, mtime=0)),
    "deflate": seed("line", tensor("x", "FP64", [1], [1]), coding="deflate", pack=zlib.compress),
    "bare-nan": b'line - -\n{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[NaN]}]}',
    "overflow": seed("line", tensor("x", "FP64", [2**62, 4], [1])),
}
