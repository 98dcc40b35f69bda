"""One bad row does not fail ten thousand, if the client says so; and a request can be checked
without being answered. In every dialect that speaks of rows, through nginx."""

import random

import documents
import pytest


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "total", 1, documents.total())
    documents.put_version(shared.models, "passenger", 1, documents.passenger())
    documents.put_version(shared.models, "power", 1, {
        "format": "omen/1",
        "inputs": [{"name": "x"}],
        "steps": [{"op": "power_transformer", "method": "box-cox", "lambdas_": [1.0]}],
        "model": {"op": "linear_regression", "coef_": [2], "intercept_": 1},
    })
    return shared.worker(max_body="4m", max_rows=20000)


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="8m")


BY_ROW = {"parameters": {"on_error": "row"}}


def ask(nginx, path, value, status=200):
    got, answer, _ = nginx.post(path, value)
    assert got == status, answer
    return answer


def test_a_bad_row_answers_in_its_place(nginx):
    rows = [[1, 2, 3], [1, "x", 3], [3, 2, 1], [1, 2], {"a": 1, "d": 2}, 7, {"a": 1, "b": 0, "c": 0}]
    got = ask(nginx, "/predict/total", {"input": rows, **BY_ROW})["prediction"]
    assert [got[i] for i in (0, 2, 6)] == [321, 123, 1]
    assert got[1] == {"error": "row 1: field 'b' must be a number", "code": "wrong_type", "row": 1,
                      "field": "b"}
    assert got[3]["code"] == "wrong_length" and (got[3]["expected"], got[3]["got"]) == (3, 2)
    assert got[4]["code"] == "missing_field"
    assert got[4]["missing"] == ["b", "c"] and got[4]["unexpected"] == ["d"]
    assert got[5]["code"] == "invalid" and got[5]["row"] == 5


def test_without_the_parameter_one_bad_row_fails_the_request(nginx):
    rows = [[1, 2, 3], [1, "x", 3]]
    for more in ({}, {"parameters": {}}, {"parameters": {"on_error": "request"}}, {"parameters": None}):
        assert ask(nginx, "/predict/total", {"input": rows, **more}, 400)["row"] == 1
    answer = ask(nginx, "/predict/total", {"input": rows, "parameters": {"on_error": "skip"}}, 400)
    assert "on_error" in answer["error"]


def test_numbers_that_are_wrong(nginx):
    """Plain rows of numbers take the fast way in, and are judged one by one as well."""
    got = ask(nginx, "/predict/total", {"input": [[1, 2, 3], [None, None, 1], [1, 1, 1]], **BY_ROW})
    assert got["prediction"][::2] == [321, 111]
    assert got["prediction"][1] == {
        "error": "row 1: field 'a' is missing", "code": "missing", "row": 1, "field": "a",
        "problem_count": 2,
    }
    answer = ask(nginx, "/predict/total", {"input": [[1, 2], [3, 4]], **BY_ROW}, 400)
    assert answer["code"] == "wrong_length"  # of all rows: the request's own mistake


def test_a_row_by_itself_and_none(nginx):
    assert ask(nginx, "/predict/total", {"input": [1, 2, 3], **BY_ROW}) == {"prediction": 321}
    assert ask(nginx, "/predict/total", {"input": [], **BY_ROW}) == {"prediction": []}
    got = ask(nginx, "/predict/total", {"input": [1, "x", 3], **BY_ROW})["prediction"]
    assert got["code"] == "wrong_type"
    got = ask(nginx, "/predict/total", {"input": {"a": 1}, **BY_ROW})["prediction"]
    assert got["missing"] == ["b", "c"]


def test_rows_that_the_model_refuses(nginx):
    """Box-Cox takes numbers above 0 only; the schema does not say so."""
    assert ask(nginx, "/predict/power", {"input": [[1], [-1]]}, 400)["row"] == 1
    got = ask(nginx, "/predict/power", {"input": [[1], [-1], [4], [0]], **BY_ROW})["prediction"]
    assert got[0] == 1 and got[2] == 7
    assert [got[i]["row"] for i in (1, 3)] == [1, 3]
    assert got[1]["error"].startswith("row 1: ")


def test_good_rows_are_answered_as_without_the_bad_ones(nginx):
    draw = random.Random(4)
    rows = [[draw.uniform(-9, 9) for _ in range(3)] for _ in range(3000)]
    whole = ask(nginx, "/predict/total", {"input": rows})["prediction"]
    bad = sorted(draw.sample(range(len(rows)), 700))
    for row in bad:
        rows[row] = draw.choice([[1, 2], [1, None, 3], ["a", 1, 2], {"a": 1}, "word", None])
    got = ask(nginx, "/predict/total", {"input": rows, **BY_ROW})["prediction"]
    assert [i for i, answer in enumerate(got) if isinstance(answer, dict)] == bad
    assert all(got[i]["row"] == i and "error" in got[i] for i in bad)
    assert all(got[i] == whole[i] for i in range(len(rows)) if i not in set(bad))


def test_the_v1_dialect_answers_bad_rows_too(nginx):
    value = {"instances": [[1, 2, 3], [1, 2], [3, 2, 1]], **BY_ROW}
    got = ask(nginx, "/v1/models/total:predict", value)["predictions"]
    assert got[0] == 321.0 and got[2] == 123.0 and got[1]["code"] == "wrong_length"
    value = {"instances": [{"a": 1, "b": 2, "c": 3}, [1, 2, 3], {"a": 1}], **BY_ROW}
    got = ask(nginx, "/v1/models/total:predict", value)["predictions"]
    assert got[0] == 321.0
    assert got[1]["error"] == "Expecting object but got list at item 1 of input list"
    assert got[2]["missing"] == ["b", "c"]
    value = {"inputs": {"a": [1, "x", 3], "b": [2, 2, 2], "c": [3, 2, 1]}, **BY_ROW}
    got = ask(nginx, "/v1/models/total:predict", value)["outputs"]
    assert got[0] == 321.0 and got[2] == 123.0 and got[1]["field"] == "a"


def series(worker, name, **labels):
    """The sum of a counter's series that have these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(float(line.rsplit(" ", 1)[1]) for line in worker.metrics_text().splitlines()
               if line.startswith(f"{name}{{") and all(label in line for label in wanted))


def test_answered_and_refused_rows_are_counted(worker, nginx):
    good = {"age": 22, "sex": "male"}
    rows = [good, {**good, "sex": "robot"}, good, {"age": 1}]
    got = ask(nginx, "/predict/passenger", {"input": rows, **BY_ROW})["prediction"]
    assert got[0] == got[2] == "no" and got[1]["code"] == "unknown_category"
    assert series(worker, "omen_rows_total", model="passenger") == 2
    assert series(worker, "omen_rejected_total", model="passenger",
                  reason="unknown_category") == 1
    assert series(worker, "omen_rejected_total", model="passenger", reason="missing") == 1


# Checks


@pytest.mark.parametrize("path", ["/predict/total:validate", "/predict/total/1:validate"])
def test_a_check_answers_what_a_prediction_would_refuse(nginx, path):
    assert ask(nginx, path, {"input": [[1, 2, 3], [4, 5, 6]]}) == {"valid": True, "rows": 2}
    assert ask(nginx, path, {"input": [1, 2, 3]}) == {"valid": True, "rows": 1}
    assert ask(nginx, path, {"input": []}) == {"valid": True, "rows": 0}
    for bad in ([[1, 2, 3], [1, "x", 3]], [{"a": 1, "z": 2}], [[1]], 7):
        refused = ask(nginx, path, {"input": bad}, 400)
        assert refused == ask(nginx, path.removesuffix(":validate"), {"input": bad}, 400)


def test_a_check_of_all_rows(nginx):
    rows = [[1, 2, 3], [1, "x", 3], {"a": 1}]
    got = ask(nginx, "/predict/total:validate", {"input": rows, **BY_ROW})
    assert (got["valid"], got["rows"], got["bad_rows"]) == (False, 3, 2)
    assert [error["row"] for error in got["errors"]] == [1, 2]
    assert got["errors"][1]["missing"] == ["b", "c"]


def test_checks_of_the_default_model_and_of_v1(nginx):
    assert ask(nginx, "/predict:validate", {"input": [1]}, 404)["code"] == "unknown_model"
    for path in ("", "/versions/1"):
        path = f"/v1/models/total{path}:validate"
        assert ask(nginx, path, {"instances": [[1, 2, 3]]}) == {"valid": True, "rows": 1}
        assert ask(nginx, path, {"instances": [[1, 2]]}, 400)["code"] == "wrong_length"


def test_a_check_is_a_post(nginx):
    for path in ("/predict/total:validate", "/v1/models/total:validate"):
        status, headers, _ = nginx.ask("GET", path)
        assert status == 405 and headers["allow"] == "POST"


def test_a_check_computes_nothing(worker, nginx):
    ask(nginx, "/predict/power:validate", {"input": [[-1]]})  # which the model would refuse
    ask(nginx, "/predict/nothing:validate", {"input": [[1]]}, 404)
