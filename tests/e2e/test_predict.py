"""The tutorial's contract, sentence by sentence, through nginx."""

import json
import math

import documents
import harness
import pytest

REASONS = {"missing", "unknown_category", "out_of_range", "wrong_type"}


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "total", 1, documents.total())
    documents.put_version(shared.models, "total", 2, documents.total(2))
    documents.put_version(shared.models, "flower", 1, documents.flower())
    documents.put_version(shared.models, "passenger", 1, documents.passenger())
    return shared.worker(max_body="1m", max_rows=1000)


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="8m")


def predict(nginx, name, value, status=200, **more):
    got, answer, _ = nginx.post(f"/predict/{name}", {"input": value, **more})
    assert got == status, answer
    return answer


def refuse(nginx, name, value, code, **expected):
    """The error object of a refused request."""
    answer = value if isinstance(value, bytes) else {"input": value}
    status, answer, _ = nginx.post(f"/predict/{name}", answer)
    assert 400 <= status < 500, (status, answer)
    assert answer["code"] == code, answer
    assert isinstance(answer["error"], str) and answer["error"]
    assert {key: answer.get(key) for key in expected} == expected, answer
    return answer


# Rows


def test_one_row_one_answer(nginx):
    assert predict(nginx, "flower", [5.1, 3.5, 0.4, 0.2]) == {"prediction": 0}


def test_rows_are_answered_in_order(nginx):
    rows = [[5.1, 3.5, 0.4, 0.2], [6.2, 3.4, 5.4, 2.3], [5.9, 3.0, 2.2, 1.5]]
    assert predict(nginx, "flower", rows) == {"prediction": [0, 2, 1]}
    assert predict(nginx, "flower", rows[:1]) == {"prediction": [0]}


def test_a_row_by_name_in_any_order(nginx):
    assert predict(nginx, "total/1", {"c": 3, "a": 1, "b": 2}) == {"prediction": 321}
    assert predict(nginx, "total/1", {"a": 1, "b": 2, "c": 3}) == {"prediction": 321}


def test_rows_by_name(nginx):
    rows = [{"a": 1, "b": 0, "c": 0}, {"c": 1, "b": 0, "a": 0}]
    assert predict(nginx, "total/1", rows) == {"prediction": [1, 100]}


def test_rows_of_both_kinds(nginx):
    assert predict(nginx, "total/1", [[1, 2, 3], {"a": 3, "b": 2, "c": 1}]) == {
        "prediction": [321, 123]
    }


def test_no_rows(nginx):
    assert predict(nginx, "total/1", []) == {"prediction": []}


def test_as_many_rows_as_allowed_and_one_more(nginx):
    rows = [[1, 0, 0]] * 1000
    assert predict(nginx, "total/1", rows) == {"prediction": [1] * 1000}
    status, answer, _ = nginx.post("/predict/total", {"input": rows + rows[:1]})
    assert (status, answer["code"]) == (413, "limit")


# Which model


def test_versions_and_the_newest_as_default(nginx):
    assert predict(nginx, "total", [1, 2, 3]) == {"prediction": 642}
    assert predict(nginx, "total/2", [1, 2, 3]) == {"prediction": 642}
    assert predict(nginx, "total/1", [1, 2, 3]) == {"prediction": 321}


def test_the_version_that_answered_is_told(nginx):
    for path, version in (("total", "2"), ("total/1", "1"), ("total/2", "2")):
        _, _, headers = nginx.post(f"/predict/{path}", {"input": [1, 2, 3]})
        assert headers["x-model-version"] == version


def test_an_unknown_model_is_told_which_there_are(nginx):
    status, answer, _ = nginx.post("/predict/titanic", {"input": [1]})
    assert (status, answer["code"]) == (404, "unknown_model")
    for name in ("total", "flower", "passenger"):
        assert name in answer["error"]


def test_an_unknown_version_is_told_which_there_are(nginx):
    status, answer, _ = nginx.post("/predict/total/7", {"input": [1, 2, 3]})
    assert status == 404
    assert "1" in answer["error"] and "2" in answer["error"]


def test_without_a_name_among_several(nginx):
    status, answer, _ = nginx.post("/predict", {"input": [1, 2, 3]})
    assert 400 <= status < 500
    assert "flower" in answer["error"]


def test_without_a_name_the_only_model(rig):
    documents.put_version(rig.models, "total", 1, documents.total())
    nginx = rig.nginx(rig.worker().peer)
    status, answer, _ = nginx.post("/predict", {"input": [1, 2, 3]})
    assert (status, answer) == (200, {"prediction": 321})


def test_without_a_name_the_default_model(rig):
    documents.put_version(rig.models, "total", 1, documents.total())
    documents.put_version(rig.models, "flower", 1, documents.flower())
    nginx = rig.nginx(rig.worker(default_model="total").peer)
    status, answer, _ = nginx.post("/predict", {"input": [1, 2, 3]})
    assert (status, answer) == (200, {"prediction": 321})


def test_a_name_that_needs_escapes(rig):
    documents.put_version(rig.models, "two words", 1, documents.total())
    nginx = rig.nginx(rig.worker(ready=False).await_up().peer)
    status, _, _ = nginx.post("/predict/two%20words", {"input": [1, 2, 3]})
    assert status in (200, 404, 503)


# Words


PASSENGER = {"age": 31, "sex": "female", "deck": "8", "fare": 5}


def probability(age=31.0, female=1, deck=1, fare=5.0):
    return 1 / (1 + math.exp(-(0.01 * age + female + 2 * deck + 0.001 * fare - 0.5)))


def yes(answer):
    assert answer["labels"] == ["no", "yes"]
    return answer["probability"][1]


def test_words(nginx):
    answer = predict(nginx, "passenger", PASSENGER, output=["label", "probability"])
    assert answer["label"] == "yes"
    assert yes(answer) == pytest.approx(probability(), rel=1e-12)
    assert sum(answer["probability"]) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("deck", ["8", 8, 8.0, 80e-1])
def test_the_same_word_however_it_is_written(nginx, deck):
    answer = predict(nginx, "passenger", {**PASSENGER, "deck": deck}, output="probability")
    assert yes(answer) == pytest.approx(probability(), rel=1e-12)


def test_words_in_lists(nginx):
    answer = predict(nginx, "passenger", [31, "female", "8", 5], output="probability")
    assert yes(answer) == pytest.approx(probability(), rel=1e-12)


def test_a_number_where_the_schema_has_words(nginx):
    """Only where the schema's own words are numbers is a number a word."""
    answer = refuse(nginx, "passenger", {**PASSENGER, "sex": 1}, "wrong_type", field="sex")
    assert answer.get("row", 0) == 0


def test_a_word_where_the_schema_has_a_number(nginx):
    refuse(nginx, "passenger", {**PASSENGER, "age": "thirty"}, "wrong_type", field="age")
    refuse(nginx, "total", ["1", 2, 3], "wrong_type", field="a")


@pytest.mark.parametrize("value", [True, False, [], {}, [1], {"a": 1}])
def test_neither_number_nor_word(nginx, value):
    refuse(nginx, "passenger", {**PASSENGER, "age": value}, "wrong_type", field="age")
    refuse(nginx, "passenger", {**PASSENGER, "sex": value}, "wrong_type", field="sex")


# Policies: each of the three has its own


def test_an_unknown_word_is_refused(nginx):
    answer = refuse(nginx, "passenger", {**PASSENGER, "sex": "Female"}, "unknown_category")
    assert answer["field"] == "sex"
    assert "Female" not in answer["error"], "a value of the client in an answer"


def test_an_unknown_word_that_counts_as_none(nginx):
    answer = predict(nginx, "passenger", {**PASSENGER, "deck": "9"}, output="probability")
    assert yes(answer) == pytest.approx(probability(deck=0), rel=1e-12)


@pytest.mark.parametrize("age", [-1, 120.5, 1e300])
def test_out_of_range_is_refused(nginx, age):
    refuse(nginx, "passenger", {**PASSENGER, "age": age}, "out_of_range", field="age")


@pytest.mark.parametrize("age", [0, 120])
def test_the_ends_of_a_range_are_within(nginx, age):
    answer = predict(nginx, "passenger", {**PASSENGER, "age": age}, output="probability")
    assert yes(answer) == pytest.approx(probability(age=age), rel=1e-12)


@pytest.mark.parametrize("fare, taken", [(-5, 0), (99, 10)])
def test_out_of_range_is_clipped(nginx, fare, taken):
    answer = predict(nginx, "passenger", {**PASSENGER, "fare": fare}, output="probability")
    assert yes(answer) == pytest.approx(probability(fare=taken), rel=1e-12)


def test_a_missing_value_is_refused(nginx):
    refuse(nginx, "total", [1, None, 3], "missing", field="b")
    refuse(nginx, "total", {"a": 1, "b": None, "c": 3}, "missing", field="b")
    refuse(nginx, "passenger", {**PASSENGER, "sex": None}, "missing", field="sex")


def test_a_missing_value_is_replaced(nginx):
    answer = predict(nginx, "passenger", {**PASSENGER, "age": None}, output="probability")
    assert yes(answer) == pytest.approx(probability(age=30), rel=1e-12)


def test_an_absent_key_where_the_schema_allows(nginx):
    row = {"age": 31, "sex": "female"}
    answer = predict(nginx, "passenger", row, output="probability")
    assert yes(answer) == pytest.approx(probability(deck=0, fare=0), rel=1e-12)


def test_all_missing_and_unexpected_fields_at_once(nginx):
    answer = refuse(nginx, "total", {"b": 1, "x": 2, "y": 3}, "missing_field", row=0)
    assert sorted(answer["missing"]) == ["a", "c"]
    assert sorted(answer["unexpected"]) == ["x", "y"]


def test_unexpected_fields_alone(nginx):
    row = {"a": 1, "b": 2, "c": 3, "d": 4}
    answer = refuse(nginx, "total", row, "unexpected_field", row=0)
    assert answer["unexpected"] == ["d"] and answer["missing"] == []


def test_which_row_is_wrong(nginx):
    rows = [[1, 2, 3], [1, 2, 3], [1, "x", 3]]
    refuse(nginx, "total", rows, "wrong_type", row=2, field="b")
    refuse(nginx, "total", [[1, 2, 3], {"a": 1}], "missing_field", row=1)
    refuse(nginx, "total", [[1, 2, 3], [1, 2]], "wrong_length", row=1, expected=3, got=2)


def test_several_wrong_values_are_told_together(nginx):
    answer = refuse(nginx, "passenger", {"age": -1, "sex": "x", "fare": []}, "out_of_range")
    assert answer["problem_count"] == 3
    assert {problem["field"] for problem in answer["problems"]} == {"age", "sex", "fare"}
    assert {problem["code"] for problem in answer["problems"]} <= REASONS


# Outputs


def test_an_output_by_name(nginx):
    row = [5.1, 3.5, 0.4, 0.2]
    answer = predict(nginx, "flower", row, output="label")
    assert answer == {"label": 0}
    answer = predict(nginx, "flower", row, output="score")
    assert answer["score"] == pytest.approx([0, 4 * 0.4 - 4, 8 * 0.4 - 16], rel=1e-12)


def test_probabilities_come_with_their_labels(nginx):
    answer = predict(nginx, "flower", [[5.1, 3.5, 0.4, 0.2]] * 2, output=["probability"])
    assert set(answer) == {"probability", "labels"} and answer["labels"] == [0, 1, 2]
    for row in answer["probability"]:
        assert sum(row) == pytest.approx(1, rel=1e-12)
        assert max(range(3), key=row.__getitem__) == 0


def test_several_outputs(nginx):
    row = [5.1, 3.5, 5.4, 0.2]
    answer = predict(nginx, "flower", row, output=["label", "score", "probability"])
    assert set(answer) == {"label", "score", "probability", "labels"}
    assert answer["label"] == 2


@pytest.mark.parametrize("output", ["nonsense", "", ["label", "nonsense"], 1, {}, [1], [], True])
def test_an_output_that_there_is_not(nginx, output):
    status, answer, _ = nginx.post(
        "/predict/flower", {"input": [1, 2, 3, 4], "output": output}
    )
    assert (status, answer["code"]) == (400, "unknown_output")
    assert {"label", "probability"} <= set(answer["outputs"])


# Numbers


NUMBERS = [0.1, 0.2, 0.30000000000000004, 1e21, 1e22, 1e-7, 123456789.125, 5e-324, 2**53, 1 / 3,
           1.7976931348623157e308, -0.1, 100, 1e15, 1e16, 123456789012345680]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_come_back_shortest(rig_one, number):
    """x * 1 + 0: what comes back must be the same double in as few digits as tell it."""
    nginx = rig_one
    body = b'{"input":[' + repr(number).encode() + b"]}"
    status, _, answer = nginx.ask(
        "POST", "/predict", body, {"Content-Type": "application/json"}
    )
    assert status == 200
    text = answer.decode().removeprefix('{"prediction":').removesuffix("}")
    assert float(text) == number
    shortest = len(repr(float(number)).replace("+", "").replace(".0", "").replace("e0", "e"))
    digits = sum(c.isdigit() for c in text.partition("e")[0].strip("-0."))
    assert digits <= max(shortest, 17), text
    significant = repr(float(number)).partition("e")[0].replace(".", "").replace("-", "").strip("0")
    assert text.partition("e")[0].replace(".", "").replace("-", "").strip("0") == significant


@pytest.fixture(scope="module")
def rig_one(shared, worker):
    """A worker with the identity as its only model."""
    models = f"{shared.run}/identity-models"
    document = documents.total()
    document["inputs"] = document["inputs"][:1]
    document["model"]["coef_"] = [1]
    document["golden"]["rows"] = [{"in": [2], "out": {"value": 2}}]
    documents.put_version(models, "identity", 1, document)
    return shared.nginx(shared.worker(models=models).peer)


def test_no_bare_infinity(nginx):
    """An overflow in the model is not a number that JSON has."""
    answer = predict(nginx, "total/1", [0, 0, 1e308])
    assert answer["prediction"] is None


# Bodies


BODIES = {
    "empty": (b"", 400),
    "blank": (b"   ", 400),
    "cut": (b'{"input":[1,2', 400),
    "trailing": (b'{"input":[1,2,3]} x', 400),
    "two": (b'{"input":[1,2,3]}{"input":[1,2,3]}', 400),
    "comment": (b'{"input":[1,2,3]/* */}', 400),
    "trailing-comma": (b'{"input":[1,2,3,]}', 400),
    "single-quotes": (b"{'input':[1,2,3]}", 400),
    "nan": (b'{"input":[NaN,2,3]}', 400),
    "infinity": (b'{"input":[Infinity,2,3]}', 400),
    "too-large-number": (b'{"input":[1e999,2,3]}', None),
    "plus": (b'{"input":[+1,2,3]}', 400),
    "leading-zero": (b'{"input":[01,2,3]}', 400),
    "hex": (b'{"input":[0x1,2,3]}', 400),
    "nul": (b'{"input":[1,2,3]}\0', 400),
    "bad-utf8": (b'{"input":{"\xff":1}}', 400),
    "bom": (b'\xef\xbb\xbf{"input":[1,2,3]}', None),
    "utf16": ('{"input":[1,2,3]}'.encode("utf-16"), 400),
    "no-input": (b'{"inputs":[1,2,3]}', 400),
    "number": (b"1", 400),
    "string": (b'"input"', 400),
    "null": (b"null", 400),
    "list": (b"[1,2,3]", 400),
    "input-null": (b'{"input":null}', 400),
    "input-number": (b'{"input":1}', 400),
    "input-string": (b'{"input":"1,2,3"}', 400),
    "row-null": (b'{"input":[[1,2,3],null]}', 400),
    "short": (b'{"input":[1,2]}', 400),
    "long": (b'{"input":[1,2,3,4]}', 400),
    "empty-row": (b'{"input":[[]]}', 400),
    "empty-object": (b'{"input":{}}', 400),
    "deep": (b'{"input":' + b"[" * 100000 + b"]" * 100000 + b"}", 400),
    "deep-object": (b'{"input":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400),
    "binary": (bytes(range(256)), 400),
    "huge-integer": (b'{"input":[' + b"9" * 400 + b",2,3]}", None),
    "long-number": (b'{"input":[0.' + b"1" * 5000 + b",2,3]}", None),
    "surrogate": (b'{"input":{"\\ud800":1}}', 400),
    "long-name": (b'{"input":{"' + b"n" * 60000 + b'":1}}', 400),
    "many-names": (b'{"input":{' + b",".join(b'"n%d":1' % i for i in range(9000)) + b"}}", 400),
}


@pytest.mark.parametrize("case", BODIES)
def test_no_body_leads_to_a_server_error(nginx, worker, case):
    body, expected = BODIES[case]
    for name in ("total", "passenger"):
        status, answer, _ = nginx.post(f"/predict/{name}", body)
        assert status < 500, (status, answer)
        if expected is not None:
            assert status == expected, answer
        if status != 200:
            assert answer["error"] and answer["code"]
            assert len(json.dumps(answer)) < 40000
    assert worker.is_alive()


def test_bodies_that_are_too_large(nginx):
    status, answer, _ = nginx.post("/predict/total", b" " * (2 << 20))
    assert (status, answer["code"]) == (413, "limit"), "by the worker"
    status, answer, _ = nginx.post("/predict/total", b" " * (9 << 20))
    assert (status, answer["code"]) == (413, "limit"), "by nginx"


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/csv", "application/xml", "application/x-www-form-urlencoded"]
)
def test_another_content_type(nginx, kind):
    status, answer, _ = nginx.post("/predict/total", {"input": [1, 2, 3]}, Content_Type=kind)
    assert (status, answer["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", "application/json; charset=utf-8"]
)
def test_the_right_content_type(nginx, kind):
    assert nginx.post("/predict/total", {"input": [1, 2, 3]}, Content_Type=kind)[0] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method(nginx, method):
    status, headers, body = nginx.ask(method, "/predict/total")
    assert status == 405
    assert headers["allow"] == "POST"
    if method != "HEAD":
        assert harness.parse_json(body)["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/predict/", "/predict/a/b/c", "/predictor", "/predict//1"])
def test_paths_that_there_are_not(nginx, path):
    status, answer, _ = nginx.post(path, {"input": [1, 2, 3]})
    assert status == 404 and answer["error"]


def test_a_query_changes_nothing(nginx):
    assert nginx.post("/predict/total?x=1&y=%zz", {"input": [1, 2, 3]})[0] == 200
