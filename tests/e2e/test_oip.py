"""The Open Inference Protocol v2 through nginx: each point that specifications leave open is a test of
its own with our rule, status and sentence."""

import json
import struct

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


# Server and model


def get(nginx, path):
    status, headers, body = nginx.ask("GET", path)
    return status, json.loads(body), headers


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/v2?x=1"])
def test_the_server_says_its_name_and_extensions(nginx, path):
    status, answer, headers = get(nginx, path)
    assert status == 200 and answer["name"] == "our own"
    assert {"binary_tensor_data", "classification", "nan_as_null"} <= set(answer["extensions"])
    assert headers["content-type"] == "application/json"


def test_health(nginx):
    assert get(nginx, "/v2/health/live")[:2] == (200, {"live": True})
    assert get(nginx, "/v2/health/ready")[:2] == (200, {"ready": True, "live": True})
    assert nginx.ask("HEAD", "/v2/health/ready")[0] == 200
    assert nginx.ask("POST", "/v2/health/ready", b"")[0] == 405


def test_a_worker_without_a_model_is_live_and_not_ready(rig):
    worker = rig.worker(ready=False).await_up()
    harness.wait_for(lambda: b"live" in worker.ask("GET", "/v2/health/ready").body, "it scanned")
    answer = worker.ask("GET", "/v2/health/ready")
    assert answer.status == 503 and json.loads(answer.body)["ready"] is False
    assert json.loads(answer.body)["error"] and answer.headers["retry-after"]
    assert worker.ask("GET", "/v2/health/live").status == 200


def test_metadata_of_a_matrix(nginx):
    status, answer, _ = get(nginx, "/v2/models/total")
    assert status == 200
    assert answer == {
        "name": "total", "versions": ["2", "1"], "platform": "omen_omen_1",
        "inputs": [{"name": "input-0", "datatype": "FP64", "shape": [-1, 3],
                    "parameters": {"columns": ["a", "b", "c"]}}],
        "outputs": [{"name": "value", "datatype": "FP64", "shape": [-1, 1]}],
    }


def test_metadata_of_columns_and_of_tensors(nginx):
    answer = get(nginx, "/v2/models/passenger/versions/1")[1]
    assert [(one["name"], one["datatype"], one["shape"]) for one in answer["inputs"]] == [
        ("age", "FP64", [-1, 1]), ("sex", "BYTES", [-1, 1]), ("deck", "BYTES", [-1, 1]),
        ("fare", "FP64", [-1, 1])]
    answer = get(nginx, "/v2/models/simple")[1]
    assert answer["inputs"] == [{"name": name, "datatype": "INT32", "shape": [-1, 16]}
                                for name in ("INPUT0", "INPUT1")]
    assert [one["name"] for one in answer["outputs"]] == ["OUTPUT0", "OUTPUT1"]


def test_readiness_of_a_model(nginx):
    assert get(nginx, "/v2/models/total/ready")[:2] == (200, {"name": "total", "ready": True})
    assert get(nginx, "/v2/models/total/versions/1/ready")[0] == 200
    status, answer, _ = get(nginx, "/v2/models/nope/ready")
    assert status == 404 and answer["error"] == "Request for unknown model: 'nope' is not found"


@pytest.mark.parametrize("path", ["", "/ready", "/config"])
def test_unknown_models_and_versions(nginx, path):
    status, answer, _ = get(nginx, f"/v2/models/nope{path}")
    assert status == 404 and answer["error"] == "Request for unknown model: 'nope' is not found"
    status, answer, _ = get(nginx, f"/v2/models/total/versions/3{path}")
    sentence = "Request for unknown model: 'total' version 3 is not found"
    assert status == 404 and answer["error"] == sentence


def test_configuration(nginx):
    answer = get(nginx, "/v2/models/simple/config")[1]
    assert answer["name"] == "simple" and answer["max_batch_size"] == 1000
    assert answer["input"][0]["data_type"] == "TYPE_INT32" and answer["input"][0]["dims"] == [16]
    assert [one["name"] for one in answer["output"]] == ["OUTPUT0", "OUTPUT1"]


# Forms of the same rows


def test_a_matrix_by_any_name(nginx):
    for name in ("input-0", "predict", "float_input"):
        assert values(nginx, "total", [tensor(name, "FP64", [2, 3], [1, 2, 3, 4, 5, 6])]) == [
            642, 1308]


def test_a_tensor_per_column(nginx):
    columns = [tensor("c", "FP64", [2], [3, 6]), tensor("a", "FP32", [2, 1], [[1], [4]]),
               tensor("b", "INT64", [2, 1], [2, 5])]
    assert values(nginx, "total", columns) == [642, 1308]


def test_versions(nginx):
    status, answer, headers, _ = ask(nginx, "total/versions/1", [ROW])
    assert status == 200 and answer["outputs"][0]["data"] == [321]
    assert answer["model_name"] == "total" and answer["model_version"] == "1"
    assert headers["x-model-version"] == "1"


def test_nested_data_is_flat_data(nginx):
    flat, nested = [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]
    deep = [[[[[[1, 2, 3], [4, 5, 6]]]]]]
    for data in (flat, nested, deep, [[1, 2], [3, 4], [5, 6]]):
        assert values(nginx, "total", [tensor("x", "FP64", [2, 3], data)]) == [642, 1308]
    assert values(nginx, "total", [tensor("x", "FP64", [2, 3, 1], flat)]) == [642, 1308]


def test_one_value_in_fifty_brackets(nginx):
    body = ('{"inputs":[{"name":"n","datatype":"FP64","shape":[1,1],"data":' + "[" * 50 + "7"
            + "]" * 50 + "}]}")
    assert values(nginx, "whole", body.encode()) == [7]


def test_ragged_data_is_refused(nginx):
    for data in ([[1, 2, 3], [4, 5]], [[1, 2], 3], [1, [2, 3]]):
        answer = refuse(nginx, "total", [tensor("x", "FP64", [1, 3], data)],
                        "not all of one length and depth")
        assert answer["input"] == "x" and answer["code"] == "wrong_shape"


def test_deep_nesting_is_refused(nginx):
    body = '{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":' + "[" * 250000
    refuse(nginx, "total", body.encode(),
           "JSON nesting depth exceeds maximum allowed limit (100)")


@pytest.mark.parametrize("data", [[1, 2], [1, 2, 3, 4], []])
def test_the_count_must_be_the_shape_s(nginx, data):
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], data)],
           "Unable to parse 'data': Shape does not match true shape of 'data' field")


@pytest.mark.parametrize("shape", [[-1, 3], [1, -3], [1.5, 3], ["1", 3], [None, 3]])
def test_negative_sizes_are_refused(nginx, shape):
    refuse(nginx, "total", [tensor("x", "FP64", shape, [1, 2, 3])],
           "Unable to parse 'shape': attempt to access JSON non-unsigned-integer as "
           "unsigned-integer")


def test_no_rows_are_no_rows(nginx):
    assert infer(nginx, "total", [tensor("x", "FP64", [0, 3], [])])["value"] == ([0, 1], "FP64", [])
    outputs = infer(nginx, "flower", [tensor("x", "FP64", [0, 4], [])])
    assert outputs["probability"] == ([0, 3], "FP64", [])


# Values


def test_null_is_missing_where_numbers_are_real(nginx):
    rows = tensor("x", "FP64", [2, 2], [1, None, 2, 3])
    assert values(nginx, "gaps", [rows]) == [51, 32]
    single = [tensor("a", "FP32", [1], [1]), tensor("b", "FP32", [1], [None])]
    assert values(nginx, "gaps", single) == [51]
    answer = refuse(nginx, "total", [tensor("x", "FP64", [1, 3], [1, None, 3])], "is missing")
    assert answer["field"] == "b" and answer["code"] == "missing"


@pytest.mark.parametrize("datatype,data", [("INT32", [1, None, 3]), ("BOOL", [True, None, False]),
                                           ("UINT8", [1, None, 3])])
def test_null_is_refused_elsewhere(nginx, datatype, data):
    answer = refuse(nginx, "total", [tensor("x", datatype, [1, 3], data)], "element 1 is null")
    assert answer["index"] == 1 and answer["input"] == "x"


def test_null_is_no_word(nginx):
    columns = [tensor("code", "BYTES", [2], ["7", None]), tensor("on", "BYTES", [2], ["true"] * 2)]
    assert refuse(nginx, "coded", columns, "element 1 is null")["input"] == "code"


def raw_row(text, datatype="FP64"):
    return (f'{{"inputs":[{{"name":"x","datatype":"{datatype}","shape":[1,2],"data":[1,{text}]}}]}}'
            ).encode()


def test_bare_nan_is_missing_and_infinity_is_judged(nginx):
    assert values(nginx, "gaps", raw_row("NaN")) == [51]
    assert values(nginx, "gaps", raw_row("NaN", "FP32")) == [51]
    for token in ("Infinity", "-Infinity"):
        assert refuse(nginx, "gaps", raw_row(token), "must be finite")["field"] == "b"
    for token in ("nan", "inf", "-NaN", "infinity"):
        refuse(nginx, "gaps", raw_row(token), "failed to parse the request JSON buffer")
    for token in ("NaN", "Infinity"):
        refuse(nginx, "gaps", raw_row(token, "INT32"), "element 1 is no whole number")


def test_bare_nan_elsewhere_is_no_json(nginx):
    refuse(nginx, "total", b'{"inputs":[],"x":NaN}', "failed to parse the request JSON buffer")


def test_whole_numbers_are_real_ones(nginx):
    assert values(nginx, "total", [tensor("x", "FP64", [1, 3], [1, 2.0, 3e0])]) == [642]
    body = (b'{"inputs":[{"name":"n","datatype":"FP64","shape":[1],"data":[9007199254740993]}]}')
    assert values(nginx, "whole", body) == [9007199254740992]


def test_a_real_number_is_whole_only_if_it_is(nginx):
    assert values(nginx, "total", [tensor("x", "INT32", [1, 3], [1.0, 2, 30e-1])]) == [642]
    answer = refuse(nginx, "total", [tensor("x", "INT32", [1, 3], [1, 2.5, 3])],
                    "element 1 is no whole number")
    assert answer["index"] == 1


@pytest.mark.parametrize("datatype,bad", [
    ("INT8", 128), ("INT8", -129), ("UINT8", -1), ("UINT8", 256), ("INT16", 32768),
    ("UINT16", 65536), ("INT32", 2**31), ("UINT32", 2**32), ("INT64", 2**63), ("UINT64", 2**64),
    ("UINT64", -1), ("BOOL", 2)])
def test_integers_out_of_their_datatype(nginx, datatype, bad):
    answer = refuse(nginx, "total", [tensor("x", datatype, [1, 3], [1, 0, bad])],
                    "element 2 is out of the range of its datatype")
    assert answer["index"] == 2


def test_whole_numbers_of_64_bits_are_exact(nginx):
    on = tensor("on", "BYTES", [1], ["false"])
    for datatype, number, answer in (("INT64", 9007199254740993, 0), ("UINT64", 2**64 - 1, 100),
                                     ("INT8", 7, 200)):
        body = [tensor("code", datatype, [1], [number]), on]
        assert values(nginx, "coded", body) == [answer]
    for number in (9007199254740994, 2**63 - 1):
        answer = refuse(nginx, "coded", [tensor("code", "INT64", [1], [number]), on],
                        "must be one of")
        assert answer["field"] == "code"


def test_a_number_field_takes_no_rounded_integer(nginx):
    assert values(nginx, "whole", [tensor("n", "INT64", [1], [2**53])]) == [2**53]
    assert float(values(nginx, "whole", [tensor("n", "INT64", [1], [2**60])])[0]) == 2.0**60
    for number in (2**53 + 1, 2**63 - 1):
        refuse(nginx, "whole", [tensor("n", "INT64", [1], [number])], "without loss")
        blob = struct.pack("<q", number)
        refuse(nginx, "whole", [tensor("n", "INT64", [1], binary_data_size=8)], "without loss",
               blob)


def test_numbers_beyond_their_datatype(nginx):
    body = b'{"inputs":[{"name":"n","datatype":"%s","shape":[1],"data":[%s]}]}'
    refuse(nginx, "whole", body % (b"FP64", b"1e400"), "element 0 is beyond what FP64 holds")
    refuse(nginx, "whole", body % (b"FP32", b"1e39"), "element 0 is beyond what FP32 holds")


def test_fp32_is_rounded_once(nginx):
    """0.1 as float32, and a text whose double lies just between two floats."""
    body = (b'{"inputs":[{"name":"INPUT0","datatype":"FP32","shape":[1,4],'
            b'"data":[0.1,1.00000005960464477539062500001,1.000000059604644775390625,6.8]}]}')
    got = infer(nginx, "total", [tensor("x", "FP32", [1, 3], [0.1, 0, 0])])["value"][2][0]
    assert got == 2 * struct.unpack("<f", struct.pack("<f", 0.1))[0]
    status, answer, _, _ = ask(nginx, "identity", body)
    assert answer["outputs"][0]["datatype"] == "FP32"
    assert answer["outputs"][0]["data"] == [0.1, 1.0000001, 1, 6.8]


def test_booleans(nginx):
    on = tensor("on", "BOOL", [2], [True, False])
    assert values(nginx, "coded", [tensor("code", "BYTES", [2], ["7", "7"]), on]) == [201, 200]
    assert values(nginx, "total", [tensor("x", "BOOL", [1, 3], [1, False, True])]) == [202]
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], [1, True, 3])], "element 1 is a boolean")


def test_words_for_numbers_and_numbers_for_words(nginx):
    refuse(nginx, "total", [tensor("x", "BYTES", [1, 3], ["1", "2", "3"])],
           "inference input 'x' data-type is 'BYTES', but model 'total' expects 'FP64'")
    columns = [tensor("age", "FP64", [1], [1]), tensor("sex", "INT64", [1], [1])]
    refuse(nginx, "passenger", columns,
           "inference input 'sex' data-type is 'INT64', but model 'passenger' expects 'BYTES'")


def test_half_numbers_are_binary_only(nginx):
    for datatype in ("FP16", "BF16"):
        refuse(nginx, "total", [tensor("x", datatype, [1, 3], [1, 2, 3])],
               f"sending {datatype} data via JSON is not supported")


def test_a_string_is_of_bytes(nginx):
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], [1, "2", 3])], "element 1 is a string")
    refuse(nginx, "passenger", [tensor("age", "FP64", [1], [1]), tensor("sex", "BYTES", [1], [7])],
           "element 0 is no string")
    refuse(nginx, "total", [tensor("x", "FP64", [1, 3], [1, {}, 3])], "element 1 is an object")


def test_a_number_is_a_word_where_a_category_has_it(nginx):
    for words in ([7], ["7"], [7.0]):
        columns = [tensor("code", "BYTES", [1], words), tensor("on", "BYTES", [1], ["true"])]
        assert values(nginx, "coded", columns) == [201]
    columns[0]["data"] = [2**53 + 1]
    refuse(nginx, "coded", columns, "element 0 is no string")


def test_base64_of_bytes(nginx):
    columns = [tensor("code", "BYTES", [1], ["Nw=="], content_type="base64"),
               tensor("on", "BYTES", [1], ["true"])]
    assert values(nginx, "coded", columns) == [201]
    columns[0]["data"] = ["7"]
    refuse(nginx, "coded", columns, "element 0 is not base 64")


# Names, shapes


@pytest.mark.parametrize("shape,data", [([1, 2], [1, 2]), ([3], [1, 2, 3]), ([1, 4], [1, 2, 3, 4]),
                                        ([1, 1, 2], [1, 2]), ([], [1])])
def test_wrong_shapes(nginx, shape, data):
    text = ",".join(map(str, shape))
    answer = refuse(nginx, "total", [tensor("input-0", "FP64", shape, data)],
                    "unexpected shape for input 'input-0' for model 'total'. "
                    f"Expected [-1,3], got [{text}]")
    assert answer["code"] == "wrong_shape"


def test_all_missing_and_all_unexpected_names_at_once(nginx):
    answer = refuse(nginx, "passenger", [tensor("age", "FP64", [1], [1]),
                                         tensor("x", "FP64", [1], [1]),
                                         tensor("y", "FP64", [1], [1])],
                    "expected 4 inputs but got 3 inputs for model 'passenger'")
    assert answer["missing"] == ["sex"] and answer["unexpected"] == ["x", "y"]
    answer = refuse(nginx, "simple", [tensor("INPUT0", "INT32", [1, 16], [1] * 16)],
                    "expected 2 inputs but got 1 inputs for model 'simple'")
    assert answer["missing"] == ["INPUT1"] and answer["unexpected"] == []
    columns = [tensor(name, "FP64", [1], [1]) for name in "abcd"]
    assert refuse(nginx, "total", columns, "unexpected inference input 'd' for model 'total'")


def test_what_may_be_missing_need_not_be_there(nginx):
    columns = [tensor("age", "FP64", [1], [1]), tensor("sex", "BYTES", [1], ["male"])]
    assert "label" in infer(nginx, "passenger", columns)


def test_an_input_twice(nginx):
    columns = [tensor(name, "FP64", [1], [1]) for name in "abca"]
    refuse(nginx, "total", columns, "input 'a' already exists in request")
    columns = [tensor(name, "FP64", [1], [1]) for name in "xx"]
    refuse(nginx, "total", columns, "input 'x' already exists in request")


def test_inputs_of_unequal_length(nginx):
    columns = [tensor("a", "FP64", [2], [1, 2]), tensor("b", "FP64", [1], [1]),
               tensor("c", "FP64", [2], [1, 2])]
    refuse(nginx, "total", columns, "input 'b' batch size does not match other inputs for 'total'")


def test_too_many_rows(nginx):
    answer = refuse(nginx, "whole", [tensor("n", "FP64", [1001], [1] * 1001)],
                    "1001 rows, the limit is 1000", status=413)
    assert answer["code"] == "limit"


# Outputs


def test_outputs_in_the_order_they_are_asked_for(nginx):
    row = tensor("x", "FP64", [1, 4], [5.1, 3.5, 0.4, 0.2])
    for names in (["probability", "label"], ["label", "probability"], ["predict_proba", "predict"]):
        status, answer, _, _ = ask(nginx, "flower", [row], outputs=[{"name": name} for name in names])
        assert status == 200 and [one["name"] for one in answer["outputs"]] == names
    for outputs in ([], None):
        answer = ask(nginx, "flower", [row], outputs=outputs)[1]
        assert [one["name"] for one in answer["outputs"]] == ["label", "probability", "score"]


def test_names_of_sklearn_servers(nginx):
    row = tensor("x", "FP64", [1, 4], [5.1, 3.5, 0.4, 0.2])
    everything = infer(nginx, "flower", [row])
    for alias, name in (("predict", "label"), ("output-0", "label"), ("predict_proba", "probability"),
                        ("prediction", "label")):
        assert infer(nginx, "flower", [row], outputs=[{"name": alias}])[alias] == everything[name]
    refuse(nginx, "total", [ROW], "unexpected inference output 'predict_proba' for model 'total'",
           outputs=[{"name": "predict_proba"}])


def test_unknown_and_repeated_outputs(nginx):
    answer = refuse(nginx, "total", [ROW], "unexpected inference output 'x' for model 'total'",
                    outputs=[{"name": "x"}])
    assert answer["code"] == "unknown_output"
    refuse(nginx, "total", [ROW], "output 'value' already exists in request",
           outputs=[{"name": "value"}, {"name": "value"}])


def test_labels(nginx):
    row = tensor("x", "FP64", [1, 4], [5.1, 3.5, 1.4, 0.2])
    assert infer(nginx, "iris", [row])["label"] == ([1, 1], "BYTES", ["setosa"])
    assert infer(nginx, "flower", [row])["label"][1] == "INT64"


def test_classification(nginx):
    row = tensor("x", "FP64", [1, 4], [5.1, 3.5, 1.4, 0.2])
    for name in ("probability", "predict", "label"):
        output = {"name": name, "parameters": {"classification": 2}}
        shape, datatype, data = infer(nginx, "iris", [row], outputs=[output])[name]
        assert (shape, datatype) == ([1, 2], "BYTES")
        assert [text.split(":")[1:] for text in data] == [["0", "setosa"], ["1", "versicolor"]]
        assert float(data[0].split(":")[0]) >= float(data[1].split(":")[0])
    output["parameters"]["classification"] = 10
    assert infer(nginx, "iris", [row], outputs=[output])["label"][0] == [1, 3]


def test_what_is_not_finite_is_null_or_bare(nginx):
    column = tensor("x", "FP64", [2], [-1, 1])
    assert values(nginx, "root", [column]) == [None, 1]
    body = harness.encode({"inputs": [column], "parameters": {"nan": "bare"}})
    assert b'"data":[NaN,1]' in nginx.ask("POST", "/v2/models/root/infer", body)[2]
    data = infer(nginx, "root", [column], parameters={"binary_data_output": True})["value"][2]
    assert [str(x) for x in struct.unpack("<2f", data)] == ["nan", "1.0"]


def test_labels_that_json_cannot_say(nginx):
    row = tensor("x", "FP64", [1, 2], [0, 5])
    refuse(nginx, "broken_words", [row], "output 'label' has labels that are not UTF-8")
    data = infer(nginx, "broken_words", [row], parameters={"binary_data_output": True})["label"][2]
    assert data == texts(b"b\xffd")


def test_the_digits_of_float32_and_strict_datatypes(shared, nginx):
    """Options of the server."""
    worker = shared.worker(float_digits="double", strict_datatypes="yes", name="strict")
    other = shared.nginx(worker.peer)
    row = tensor("INPUT0", "FP64", [1, 4], [6.8, 0.1, 1, -0.0])
    assert infer(nginx, "identity", [row])["value"][2] == [6.8, 0.1, 1, 0]
    assert infer(other, "identity", [row])["value"][2] == [
        6.800000190734863, 0.10000000149011612, 1, 0]
    refuse(other, "identity", [tensor("INPUT0", "FP32", [1, 4], [1, 2, 3, 4])],
           "inference input 'INPUT0' data-type is 'FP32', but model 'identity' expects 'FP64'")


# The rest of a request


@pytest.mark.parametrize("name", ["r-17", "", "\"\\/\b\f\n\r\t\x00é😀\u2028", "a" * 5000])
def test_the_id_comes_back(nginx, name):
    answer = ask(nginx, "total", [ROW], id=name)[1]
    assert answer["id"] == name


def test_no_id_is_made_up(nginx):
    assert "id" not in ask(nginx, "total", [ROW])[1]
    assert "id" not in ask(nginx, "total", [ROW], id=None, parameters=None, outputs=None)[1]
    refuse(nginx, "total", [ROW], "Unable to parse 'id'", id=7)


def test_unknown_members_and_parameters_are_passed_over(nginx):
    row = {**ROW, "more": 1, "parameters": {"content_type": "np", "object": {"a": [1]}}}
    answer = ask(nginx, "total", [row], model_name="x", anything=[1],
                 parameters={"sequence_id": 7, "priority": 1, "object": {"a": 1}, "s": "t"})
    assert answer[0] == 200 and "parameters" not in answer[1]


def test_content_types_are_not_looked_at(nginx):
    for kind in ("application/json", "application/octet-stream", "text/html",
                 "application/x-www-form-urlencoded"):
        assert ask(nginx, "total", [ROW], headers={"Content-Type": kind})[0] == 200


def test_the_query_is_not_looked_at(nginx):
    assert ask(nginx, "total/versions/1", [ROW])[0] == 200
    body = harness.encode({"inputs": [ROW]})
    assert nginx.ask("POST", "/v2/models/total/infer?test_1=1&test_2=2", body)[0] == 200


def test_of_members_of_one_name_the_last_one_counts(nginx):
    body = (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[9,9,9],'
            b'"data":[1,2,3]}],"id":"a","id":"b"}')
    status, answer, _, _ = ask(nginx, "total", body)
    assert status == 200 and answer["id"] == "b" and answer["outputs"][0]["data"] == [642]


@pytest.mark.parametrize("body,sentence", [
    (b"", "failed to parse the request JSON buffer"),
    (b"{", "failed to parse the request JSON buffer"),
    (b"[]", "must be a JSON object"),
    (b"null", "must be a JSON object"),
    (b"{}", "Unable to parse 'inputs'"),
    (b'{"inputs":{}}', "Unable to parse 'inputs'"),
    (b'{"inputs":[]}', "Unable to parse 'inputs'"),
    (b'{"inputs":[1]}', "each needs a 'name'"),
    (b'{"inputs":[{}]}', "each needs a 'name'"),
    (b'{"inputs":[{"name":"x"}]}', "Unable to parse 'datatype' of input 'x'"),
    (b'{"inputs":[{"name":"x","datatype":"FP8","shape":[1],"data":[1]}]}', "'datatype'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","data":[1]}]}', "Unable to parse 'shape'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":1,"data":[1]}]}', "Unable to parse 'shape'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,1,1,1,1,1,1,1,1],"data":[1]}]}',
     "more than 8 dimensions"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1]}]}', "Unable to parse 'data'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":1}]}', "Unable to parse 'data'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[4294967296,4294967296],"data":[1]}]}',
     "causes total element count to exceed maximum size of 9223372036854775807"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[1,2,3]}],"outputs":{}}',
     "Unable to parse 'outputs'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1,3],"data":[1,2,3]}],"outputs":[{}]}',
     "each needs a 'name'"),
    (b'{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"parameters":'
     b'{"shared_memory_region":"r"}}]}', "shared memory is not supported"),
])
def test_what_is_no_request(nginx, body, sentence):
    refuse(nginx, "total", body, sentence)


def test_a_timeout_of_the_client_s(nginx):
    """A microsecond has always passed before the second block of rows."""
    rows = tensor("x", "FP64", [1000, 3], [0] * 3000)
    status, answer, _, _ = ask(nginx, "total", [rows], parameters={"timeout": 1})
    assert status == 504 and answer["code"] == "timeout"
    assert ask(nginx, "total", [ROW], parameters={"timeout": 10**7})[0] == 200
    assert ask(nginx, "total", [ROW], parameters={"timeout": 0})[0] == 200
    refuse(nginx, "total", [ROW], "parameter 'timeout'", parameters={"timeout": "x"})


# Names of models


@pytest.mark.parametrize("name", ["..", "a%2Fb", "%00", "a%5Cb", " ", "..%2Ftotal"])
def test_names_that_are_no_models(nginx, name):
    status, _, answer = nginx.ask("GET", f"/v2/models/{name.replace(' ', '%20')}")
    assert status in (400, 404), answer


def test_wrong_methods_and_paths(nginx):
    status, headers, _ = nginx.ask("GET", "/v2/models/total/infer")
    assert status == 405 and headers["allow"] == "POST"
    assert nginx.ask("GET", "/v2/nothing")[0] == 404
