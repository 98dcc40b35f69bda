"""TensorFlow Serving's REST interface and KServe v1, through nginx: requests as their clients and
their documentation write them."""

import base64
import json
import shutil
import subprocess

import documents
import harness
import pytest


def identity(name, times=1, **more):
    """Answers what it is given, so many times."""
    return {
        "format": "omen/1",
        "inputs": [{"name": name, **more}],
        "model": {"op": "linear_regression", "coef_": [times], "intercept_": 0},
    }


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "half_plus_two", 1, documents.half_plus_two())
    documents.put_version(shared.models, "total", 1, documents.total())
    documents.put_version(shared.models, "total", 2, documents.total(2))
    documents.put_version(shared.models, "flower", 1, documents.flower())
    documents.put_version(shared.models, "passenger", 1, documents.passenger())
    documents.put_version(shared.models, "reader", 1, documents.reader())
    documents.put_version(shared.models, "sum-model", 1, documents.sum_model())
    shutil.copytree(harness.ROOT / "tests/golden/exported/iris", f"{shared.models}/iris/1",
                    ignore=shutil.ignore_patterns("[!m]*"))
    documents.put_version(shared.models, "whole", 1, identity("n", integer=True))
    documents.put_version(shared.models, "tenfold", 1, identity("x", 10))
    documents.put_version(shared.models, "broken", 1, {"format": "omen/1"})
    return shared.worker(
        max_body="1m", max_rows=1000, version_labels="total/stable=1, total/canary=2, total/gone=9"
    )


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="8m")


def ask(nginx, path, value, status=200):
    got, answer, headers = nginx.post(f"/v1/models/{path}", value)
    assert got == status, answer
    assert headers["content-type"] == "application/json"
    return answer


def get(nginx, path, status=200):
    got, headers, body = nginx.ask("GET", path)
    assert got == status, body
    assert headers["content-type"] == "application/json"
    return harness.parse_json(body)


def raw(nginx, path, value):
    status, _, body = nginx.ask("POST", f"/v1/models/{path}", harness.encode(value))
    assert status == 200, body
    return body.decode()


def refuse(nginx, path, value, sentence, code=None, status=400, **expected):
    answer = ask(nginx, path, value, status)
    assert answer["error"] == sentence
    if code:
        assert answer["code"] == code
    assert {key: answer.get(key) for key in expected} == expected, answer


# Rows


def test_the_tutorial_of_tensorflow_serving(nginx):
    answer = raw(nginx, "half_plus_two:predict", {"instances": [1.0, 2.0, 5.0]})
    assert answer == '{"predictions":[2.5,3.0,4.5]}'


def test_curl_as_the_documentation_has_it(nginx):
    """Its Content-Type is that of a form."""
    done = subprocess.run(
        ["curl", "-sS", "-d", '{"instances": [1.0, 2.0, 5.0]}', "-X", "POST",
         f"http://127.0.0.1:{nginx.port}/v1/models/half_plus_two:predict"],
        stdout=subprocess.PIPE, check=True, timeout=20)
    assert json.loads(done.stdout) == {"predictions": [2.5, 3.0, 4.5]}


def test_kserves_iris_and_mlservers_sum(nginx):
    rows = [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]
    iris = ask(nginx, "iris:predict", {"instances": rows})
    assert iris == {"predictions": ["versicolor", "versicolor"]}
    assert ask(nginx, "sum-model:predict", {"instances": rows}) == {
        "predictions": [sum(row) for row in rows]}


def test_a_single_input_as_value_list_or_object(nginx):
    for instances in ([1, 5], [[1], [5]], [{"x": 1}, {"x": 5}], [{"x": [1]}, {"x": [5]}]):
        answer = ask(nginx, "half_plus_two:predict", {"instances": instances})
        assert answer == {"predictions": [2.5, 4.5]}


def test_rows_as_lists_and_as_objects(nginx):
    rows = [[1, 2, 3], [4, 5, 6]]
    named = [dict(zip("abc", row)) for row in rows]
    assert ask(nginx, "total/versions/1:predict", {"instances": rows}) == {
        "predictions": [321, 654]}
    assert ask(nginx, "total/versions/1:predict", {"instances": named}) == {
        "predictions": [321, 654]}


def test_whole_floats_keep_their_point_and_labels_do_not(nginx):
    assert raw(nginx, "total:predict", {"instances": [[1, 2, 3]]}) == '{"predictions":[642.0]}'
    flower = [5.1, 3.5, 0.4, 0.2]
    assert raw(nginx, "flower:predict", {"instances": [flower]}) == '{"predictions":[0]}'


def test_several_outputs_make_each_prediction_an_object(nginx):
    answer = ask(nginx, "flower:predict", {
        "instances": [[5.1, 3.5, 0.4, 0.2]], "parameters": {"output": ["label", "probability"]}})
    prediction = answer["predictions"][0]
    assert prediction["label"] == 0
    assert sum(prediction["probability"]) == pytest.approx(1)


def test_a_signature_is_an_output(nginx):
    rows = [[5.1, 3.5, 0.4, 0.2]]
    default = ask(nginx, "flower:predict", {"instances": rows})
    named = ask(nginx, "flower:predict", {"instances": rows, "signature_name": "serving_default"})
    assert named == default
    chosen = ask(nginx, "flower:predict", {"instances": rows, "signature_name": "probability"})
    assert len(chosen["predictions"][0]) == 3
    refuse(nginx, "flower:predict", {"instances": rows, "signature_name": "other"},
           "Serving signature name not found in signature def: it is serving_default, or the name "
           "of an output", "unknown_output")


def test_null_is_a_missing_value_and_other_members_are_passed_over(nginx):
    row = {"age": None, "sex": "female", "fare": None}
    answer = ask(nginx, "passenger:predict", {"instances": [row], "model_name": "x", "id": 7})
    assert answer == {"predictions": ["yes"]}


def test_base64_is_the_text_it_stands_for(nginx):
    def encoded(text):
        return {"b64": base64.b64encode(text.encode()).decode()}

    plain = ask(nginx, "reader:predict", {"instances": [{"text": "good good", "shop": "süd"}]})
    assert plain == {"predictions": ["gut ü"]}
    answer = ask(nginx, "reader:predict", {
        "instances": [{"text": encoded("good good"), "shop": encoded("süd")}]})
    assert answer == plain
    bad = {"text": {"b64": "===="}, "shop": "north"}
    answer = ask(nginx, "reader:predict", {"instances": [bad]}, 400)
    assert answer["code"] == "wrong_type" and answer["field"] == "text"
    latin = {"text": {"b64": base64.b64encode(b"\xff").decode()}, "shop": "north"}
    assert ask(nginx, "reader:predict", {"instances": [latin]}, 400)["code"] == "wrong_type"


def test_an_output_that_is_called_bytes_is_base64(nginx):
    answer = ask(nginx, "reader:predict", {
        "instances": [{"text": "good good", "shop": "süd"}], "signature_name": "label_bytes"})
    assert base64.b64decode(answer["predictions"][0]["b64"]).decode() == "gut ü"


# Columns


def test_columns_are_answered_by_column(nginx):
    columns = {"a": [1, 4], "b": [2, 5], "c": [[3], [6]]}
    assert ask(nginx, "total/versions/1:predict", {"inputs": columns}) == {"outputs": [321, 654]}
    answer = ask(nginx, "flower:predict", {
        "inputs": {"sl": [5.1], "sw": [3.5], "pl": [0.4], "pw": [0.2]},
        "parameters": {"output": ["label", "score"]}})
    assert answer["outputs"]["label"] == [0] and len(answer["outputs"]["score"]) == 1


def test_rows_as_inputs(nginx):
    assert ask(nginx, "half_plus_two:predict", {"inputs": [1, 5]}) == {"outputs": [2.5, 4.5]}
    assert ask(nginx, "total/versions/1:predict", {"inputs": [[1, 2, 3]]}) == {"outputs": [321]}


def test_columns_with_words_and_without_the_optional_ones(nginx):
    columns = {"age": [31.5, None], "sex": ["female", "male"]}
    assert ask(nginx, "passenger:predict", {"inputs": columns}) == {"outputs": ["yes", "no"]}


def test_what_is_wrong_with_columns(nginx):
    path = "total:predict"
    refuse(nginx, path, {"inputs": {"a": [1], "b": [2], "d": [3]}},
           "missing c; unexpected d", "missing_field", missing=["c"], unexpected=["d"])
    refuse(nginx, path, {"inputs": {"a": [1], "b": [2, 3], "c": [3]}},
           "the column 'b' of 'inputs' has another length than the one before it", field="b")
    refuse(nginx, path, {"inputs": {"a": 1, "b": [2], "c": [3]}},
           "the column 'a' of 'inputs' is no list of values, one for each row", field="a")
    refuse(nginx, path, {"inputs": {"a": [], "b": [], "c": []}}, "No values in 'inputs'")
    refuse(nginx, path, {"inputs": {"a": [1], "b": ["x"], "c": [3]}},
           "field 'b' must be a number", "wrong_type", row=0, field="b")


# Each line of the table of points where the two servers differ: our rule, status, sentence.


def test_both_instances_and_inputs(nginx):
    refuse(nginx, "half_plus_two:predict", {"instances": [1], "inputs": [1]},
           "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist",
           "invalid")


def test_neither_instances_nor_inputs(nginx):
    for value in ({}, {"instance": [1]}, {"data": []}):
        refuse(nginx, "half_plus_two:predict", value, "Missing 'inputs' or 'instances' key",
               "missing_input")


def test_instances_that_are_no_list(nginx):
    for value in (1, {"x": 1}, "x", None, True):
        refuse(nginx, "half_plus_two:predict", {"instances": value},
               "Expecting 'instances' to be an list/array", "invalid")


def test_no_instances(nginx):
    refuse(nginx, "half_plus_two:predict", {"instances": []}, "No values in 'instances'", "invalid")


def test_names_that_are_not_the_inputs(nginx):
    refuse(nginx, "total:predict", {"instances": [
        {"a": 1, "b": 2, "c": 3}, {"a": 1, "d": 2, "e": 3}]},
           "row 1: missing b, c; unexpected d, e", "missing_field", row=1, missing=["b", "c"],
           unexpected=["d", "e"])


def test_mixed_rows(nginx):
    objects = [{"a": 1, "b": 2, "c": 3}] * 3
    refuse(nginx, "total:predict", {"instances": [*objects, [1, 2, 3]]},
           "Expecting object but got list at item 3 of input list", row=3)
    refuse(nginx, "total:predict", {"instances": [[1, 2, 3], [1, 2, 3], objects[0]]},
           "Expecting value/list but got object at item 2 of input list", row=2)
    refuse(nginx, "half_plus_two:predict", {"instances": [1, [2]]},
           "Expecting value but got list at item 1 of input list", row=1)
    refuse(nginx, "half_plus_two:predict", {"instances": [[1], 2]},
           "Expecting list but got value at item 1 of input list", row=1)


def test_a_value_that_cannot_be(nginx):
    """TensorFlow Serving's place, our reason; its sentence would quote the value."""
    rows = [{"age": 1, "sex": "male"}] * 3 + [{"age": "secret", "sex": "male"}]
    refuse(nginx, "passenger:predict", {"instances": rows},
           "Failed to process element: 3 key: age of 'instances' list. Error: row 3: field 'age' "
           "must be a number", "wrong_type", row=3, field="age")


def test_unknown_members_are_passed_over(nginx):
    assert ask(nginx, "half_plus_two:predict", {"instances": [1], "more": {"a": []}}) == {
        "predictions": [2.5]}


def test_whole_numbers_and_numbers_out_of_range(nginx):
    assert ask(nginx, "half_plus_two:predict", {"instances": [2]}) == {"predictions": [3]}
    body = b'{"instances":[1e400]}'
    answer = ask(nginx, "half_plus_two:predict", body, 400)
    assert answer["code"] == "out_of_range" and answer["row"] == 0


def test_the_words_for_what_is_no_number(nginx):
    """They are no JSON; json.dumps writes them, and TensorFlow Serving reads them."""
    body = b'{"instances":[{"age":NaN,"sex":"female"},{"age":31,"sex":"male"}]}'
    assert ask(nginx, "passenger:predict", body) == {"predictions": ["yes", "no"]}
    answer = ask(nginx, "total:predict", b'{"instances":[[1,2,Infinity]]}', 400)
    assert (answer["code"], answer["field"]) == ("out_of_range", "c")
    assert ask(nginx, "total:predict", b'{"instances":[[1,2,nan]]}', 400)["code"] == "invalid_json"
    assert ask(nginx, "total:predict", b'{"instances":[[1,2,NaN]', 400)["code"] == "invalid_json"


def test_the_wrong_number_of_values(nginx):
    refuse(nginx, "total:predict", {"instances": [[1, 2, 3], [1, 2]]},
           "row 1 has 2 values, the model takes 3", "wrong_length", row=1, expected=3, got=2)
    refuse(nginx, "total:predict", {"instances": [1, 2]},
           "row 0 has 1 values, the model takes 3", "wrong_length", row=0)


def test_what_is_no_json_object(nginx):
    answer = ask(nginx, "total:predict", b"{", 400)
    assert answer["code"] == "invalid_json"
    refuse(nginx, "total:predict", [1], "the body must be a JSON object", "invalid")
    assert ask(nginx, "total:predict", b"", 400)["code"] == "invalid_json"


def test_too_many_rows(nginx):
    answer = ask(nginx, "half_plus_two:predict", {"instances": [0] * 1001}, 413)
    assert answer["code"] == "limit"


def test_a_whole_number_may_have_a_point(nginx):
    assert ask(nginx, "whole:predict", b'{"instances":[1.0,2,3e0]}') == {"predictions": [1, 2, 3]}
    answer = ask(nginx, "whole:predict", {"instances": [1, 1.5]}, 400)
    assert (answer["code"], answer["row"], answer["field"]) == ("wrong_type", 1, "n")
    assert answer["error"].endswith("row 1: field 'n' must be a whole number")


def test_an_answer_that_is_no_number(nginx):
    """null, as JSON has nothing else; the bare word on request, as TensorFlow Serving writes it."""
    rows = {"instances": [1e308, -1e308, 2]}
    assert raw(nginx, "tenfold:predict", rows) == '{"predictions":[null,null,20.0]}'
    bare = raw(nginx, "tenfold:predict", {**rows, "parameters": {"nan": "bare"}})
    assert bare == '{"predictions":[Infinity,-Infinity,20.0]}'


# Classify and regress


def test_classify(nginx):
    row = dict(zip(("sl", "sw", "pl", "pw"), [5.1, 3.5, 0.4, 0.2]))
    answer = ask(nginx, "flower:classify", {"examples": [row, row]})
    assert len(answer["results"]) == 2
    assert [name for name, _ in answer["results"][0]] == ["0", "1", "2"]
    assert sum(score for _, score in answer["results"][0]) == pytest.approx(1)


def test_the_context_is_for_all_examples(nginx):
    example = {"pl": 0.4, "pw": 0.2}
    context = {"sl": 5.1, "sw": 3.5, "pw": 9}
    whole = ask(nginx, "flower:classify", {"examples": [{**context, **example}]})
    assert ask(nginx, "flower:classify", {"context": context, "examples": [example]}) == whole
    answer = ask(nginx, "flower:classify", {
        "context": context, "examples": [{**example, "colour": 1}]}, 400)
    assert answer["unexpected"] == ["colour"]


def test_regress(nginx):
    assert ask(nginx, "half_plus_two:regress", {"examples": [{"x": 1}, {"x": [5]}]}) == {
        "results": [2.5, 4.5]}


def test_what_a_model_cannot(nginx):
    refuse(nginx, "total:classify", {"examples": [{"a": 1, "b": 2, "c": 3}]},
           "Expected classification signature: the model has no probabilities of classes; use "
           ":predict", "unsupported")
    refuse(nginx, "flower:regress", {"examples": [{}]},
           "Expected regression signature: the model has no output of one value; use :predict",
           "unsupported")
    refuse(nginx, "half_plus_two:regress", {"instances": [1]}, "Missing 'examples' key")
    for examples in ({}, [], None):
        ask(nginx, "half_plus_two:regress", {"examples": examples}, 400)
    refuse(nginx, "half_plus_two:regress", {"examples": [{"x": 1}, [1]]},
           "Expecting object but got list at item 1 of input list", row=1)


# Models, versions, labels


def test_versions_and_labels(nginx):
    rows = {"instances": [[1, 2, 3]]}
    assert ask(nginx, "total:predict", rows) == {"predictions": [642]}
    assert ask(nginx, "total/versions/1:predict", rows) == {"predictions": [321]}
    assert ask(nginx, "total/labels/stable:predict", rows) == {"predictions": [321]}
    assert ask(nginx, "total/labels/canary:predict", rows) == {"predictions": [642]}


def test_what_is_not_there(nginx):
    rows = {"instances": [[1, 2, 3]]}
    refuse(nginx, "nobody:predict", rows, "Model with name nobody does not exist.",
           "unknown_model", 404)
    refuse(nginx, "nobody/versions/1:predict", rows, "Model with name nobody does not exist.",
           status=404)
    refuse(nginx, "total/versions/7:predict", rows,
           "Servable not found for request: Specific(total, 7)", "unknown_model", 404)
    refuse(nginx, "total/labels/gone:predict", rows,
           "Servable not found for request: Specific(total, gone)", status=404)
    refuse(nginx, "total/labels/other:predict", rows, "Unrecognized servable version label",
           status=404)
    assert get(nginx, "/v1/models/nobody", 404)["error"] == "Model with name nobody does not exist."
    assert get(nginx, "/v1/models/total/versions/7", 404)["error"] == (
        "Servable not found for request: Specific(total, 7)")
    get(nginx, "/v1/models/total/labels/other", 404)
    get(nginx, "/v1/models/nobody/metadata", 404)


def test_a_model_that_cannot_answer(nginx):
    answer = ask(nginx, "broken:predict", {"instances": [1]}, 503)
    assert answer["code"] == "unavailable"
    status = get(nginx, "/v1/models/broken", 503)
    assert status["ready"] is False and status["error"]
    assert status["model_version_status"][0]["state"] == "END"
    assert status["model_version_status"][0]["status"]["error_code"] == "INVALID_ARGUMENT"
    assert status["model_version_status"][0]["status"]["error_message"]


def test_status(nginx):
    answer = get(nginx, "/v1/models/half_plus_two")
    assert answer == {
        "name": "half_plus_two",
        "ready": True,
        "model_version_status": [{
            "version": "1", "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""}}],
    }
    versions = get(nginx, "/v1/models/total")["model_version_status"]
    assert [one["version"] for one in versions] == ["2", "1"]
    for path in ("versions/1", "labels/stable"):
        versions = get(nginx, f"/v1/models/total/{path}")["model_version_status"]
        assert [one["version"] for one in versions] == ["1"]


def test_metadata(nginx):
    answer = get(nginx, "/v1/models/reader/metadata")
    assert answer["model_spec"] == {"name": "reader", "signature_name": "", "version": "1"}
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    served = signatures["serving_default"]
    assert served["inputs"]["text"]["dtype"] == "DT_STRING"
    assert served["inputs"]["text"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    assert served["method_name"] == "tensorflow/serving/predict"
    assert signatures["probability"]["outputs"]["probability"]["tensor_shape"]["dim"][1] == {
        "size": "2", "name": ""}
    assert get(nginx, "/v1/models/total/versions/1/metadata")["model_spec"]["version"] == "1"
    assert get(nginx, "/v1/models/total/labels/stable/metadata")["model_spec"]["version"] == "1"


def test_the_models_and_that_it_is_alive(nginx):
    assert set(get(nginx, "/v1/models")["models"]) >= {"half_plus_two", "total", "flower"}
    assert get(nginx, "/") == {"status": "alive"}


def test_the_wrong_method(nginx):
    for path, allow in (("half_plus_two:predict", "POST"), ("total/versions/1:predict", "POST"),
                        ("half_plus_two:classify", "POST")):
        status, headers, body = nginx.ask("GET", f"/v1/models/{path}")
        assert status == 405 and headers["allow"] == allow, body
    status, headers, _ = nginx.ask("POST", "/v1/models/half_plus_two", b"{}")
    assert status == 405 and headers["allow"] == "GET, HEAD"


def test_a_query_is_passed_over(nginx):
    assert ask(nginx, "half_plus_two:predict?a=1", {"instances": [1]}) == {"predictions": [2.5]}


def test_a_computation_that_takes_longer_than_allowed(rig):
    """TensorFlow Serving's status for it, for those who share its shape too."""
    documents.put_version(rig.models, "slow", 1, documents.wide(400, 8))
    routes = {"AIP_PREDICT_ROUTE": "/vertex"}
    nginx = rig.nginx(rig.worker(compute_timeout="1ms", environment=routes).peer,
                      predict_route="/vertex")
    rows = {"instances": [[1, 2, 3, 4]] * 2000}
    for path in ("/v1/models/slow:predict", "/vertex", "/invocations"):
        status, answer, _ = nginx.post(path, rows)
        assert (status, answer["code"]) == (504, "timeout"), path
