"""POST /invocations and what belongs to it: SageMaker's and MLflow's contracts, through nginx."""

import io
import json

import documents
import harness
import numpy
import pytest


def flower_rows():
    return [[5.1, 3.5, 0.4, 0.2], [6.2, 3.4, 5.4, 2.3], [5.9, 3.0, 2.2, 1.5]]


@pytest.fixture(scope="module")
def serve(shared):
    """serve("flower"): an nginx before a worker whose default model is that one."""
    for name in ("flower", "total", "passenger", "half_plus_two"):
        documents.put_version(shared.models, name, 1, getattr(documents, name)())
    started = {}

    def start(name, environment=None):
        key = (name, repr(environment))
        if key not in started:
            worker = shared.worker(
                default_model=name, environment=environment or {}, max_rows=1000)
            started[key] = shared.nginx(worker.peer)
        return started[key]

    return start


def ask(nginx, body, kind, status=200, accept=None, **headers):
    given = {"Content-Type": kind} if kind else {}
    if accept:
        given["Accept"] = accept
    given.update({name.replace("_", "-"): text for name, text in headers.items()})
    body = body if isinstance(body, bytes) else body.encode()
    got, answer_headers, answer = nginx.ask("POST", "/invocations", body, given)
    assert got == status, answer
    return answer.decode() if "npy" not in answer_headers.get("content-type", "") else answer


def ask_json(nginx, value, status=200, **more):
    return harness.parse_json(ask(nginx, json.dumps(value), "application/json", status, **more))


def refuse(nginx, body, kind, sentence, status=400, **more):
    answer = harness.parse_json(ask(nginx, body, kind, status, **more))
    assert list(answer)[:2] == ["error_code", "message"]
    assert answer["error_code"] == "BAD_REQUEST"
    assert answer["message"] == answer["error"] == sentence
    return answer


def npy(array, **how):
    out = io.BytesIO()
    numpy.save(out, array, **how)
    return out.getvalue()


# Health and limits


def test_ping_is_empty_and_health_is_a_line(serve):
    nginx = serve("flower")
    status, _, body = nginx.ask("GET", "/ping")
    assert (status, body) == (200, b"")
    status, headers, body = nginx.ask("GET", "/health")
    assert (status, body) == (200, b"\n") and headers["content-type"].startswith("text/plain")
    status, _, body = nginx.ask("GET", "/version")
    assert status == 200 and body.decode().count(".") == 2


def test_not_ready_without_a_model(rig):
    worker = rig.worker(ready=False).await_up()
    for path in ("/ping", "/health"):
        answer = worker.ask("GET", path)
        assert answer.status == 503 and json.loads(answer.body)["code"] == "no_model"
    answer = worker.ask("POST", "/invocations", b"1,2\n", CONTENT_TYPE="text/csv")
    assert answer.status == 503
    assert json.loads(answer.body)["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_execution_parameters(serve):
    status, _, body = serve("flower").ask("GET", "/execution-parameters")
    assert status == 200
    assert json.loads(body) == {
        "MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 16}
    nginx = serve("total", {
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "7", "SAGEMAKER_BATCH_STRATEGY": "SingleRecord",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "3", "SAGEMAKER_BATCH": "true"})
    assert json.loads(nginx.ask("GET", "/execution-parameters")[2]) == {
        "MaxConcurrentTransforms": 7, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 3}


# CSV


def test_csv_without_header_is_answered_as_csv(serve):
    text = "\n".join(",".join(map(str, row)) for row in flower_rows())
    assert ask(serve("flower"), text, "text/csv") == "0,2,1\n"
    assert ask(serve("flower"), text + "\r\n\r\n", "text/csv") == "0,2,1\n"
    assert ask(serve("total"), "1,2,3\n", "text/csv") == "321.0\n"


def test_a_batch_transform_gets_a_line_for_each_record(serve):
    nginx = serve("total", {"SAGEMAKER_BATCH": "true"})
    assert ask(nginx, "1,2,3\n4,5,6\n", "text/csv") == "321.0\n654.0\n"


def test_several_values_for_a_row_are_a_line(serve):
    text = "5.1,3.5,0.4,0.2\n6.2,3.4,5.4,2.3\n"
    answer = ask(serve("flower"), text, "text/csv",
                 X_Amzn_SageMaker_Custom_Attributes="output=label,probability")
    lines = [line.split(",") for line in answer.splitlines()]
    assert [line[0] for line in lines] == ["0", "2"]
    assert all(len(line) == 4 for line in lines)
    assert sum(map(float, lines[0][1:])) == pytest.approx(1)


def test_an_empty_field_is_a_missing_value(serve):
    assert ask(serve("passenger"), ",female,8,\n22,male,,\n", "text/csv") == "yes,no\n"


def test_csv_with_header_is_mlflows(serve):
    answer = ask(serve("total"), "c,a,b\n3,1,2\n6,4,5\n", "text/csv")
    assert answer == '{"predictions":[321.0,654.0]}'
    answer = ask(serve("passenger"), "sex,age\nfemale,31\nmale,\n", "text/csv; charset=utf-8")
    assert answer == '{"predictions":["yes","no"]}'


def test_what_the_header_is_can_be_said(serve):
    nginx = serve("total")
    assert ask(nginx, "1,2,3\n", "text/csv; header=absent") == "321.0\n"
    assert ask(nginx, "b,a,c\n2,1,3\n", "text/csv; header=present") == '{"predictions":[321.0]}'
    answer = refuse(nginx, "a,b,d\n1,2,3\n", "text/csv;header=present", "missing c; unexpected d")
    assert (answer["missing"], answer["unexpected"]) == (["c"], ["d"])
    refuse(nginx, "a,a,b,c\n1,1,2,3\n", "text/csv;header=present",
           "the header names the column 'a' twice")
    answer = refuse(nginx, "a,b,c\n1,2,3\n", "text/csv;header=absent",
                    "row 0: field 'a' must be a number")
    assert answer["problem_count"] == 3


def test_what_is_wrong_with_csv(serve):
    nginx = serve("total")
    answer = refuse(nginx, "1,2,3\n1,2\n", "text/csv", "row 1 has 2 values, the model takes 3")
    assert (answer["expected"], answer["got"]) == (3, 2)
    answer = refuse(nginx, "1,2,x\n", "text/csv", "field 'c' must be a number")
    assert (answer["row"], answer["field"]) == (0, "c")
    refuse(nginx, '1,2,3\n1,"2,3\n', "text/csv",
           "line 2: column 2 begins with a quote that is never closed")
    answer = harness.parse_json(ask(nginx, "1,2,3\n" * 1001, "text/csv", 413))
    assert answer["code"] == "limit"


# LIBSVM


def test_libsvm(serve):
    nginx = serve("total")
    assert ask(nginx, "0 0:1 1:2 2:3\n1 2:6 0:4 1:5\n", "text/libsvm") == "321.0,654.0\n"
    assert ask(nginx, "0:1 1:2 2:3", "text/x-libsvm") == "321.0\n"
    assert ask(nginx, "9 1:1 2:2 3:3", "text/libsvm; index=1") == "321.0\n"
    passenger = serve("passenger")
    answer = refuse(passenger, "0:30", "text/libsvm", "field 'sex' is missing")
    assert answer["code"] == "missing"


def test_an_index_that_is_left_out_is_missing_and_not_zero(serve):
    answer = refuse(serve("total"), "0:1 2:3\n", "text/libsvm", "field 'b' is missing")
    assert (answer["row"], answer["field"]) == (0, "b")


def test_what_is_wrong_with_libsvm(serve):
    nginx = serve("total")
    refuse(nginx, "0:1 1:2 3:3", "text/libsvm",
           "row 0 has an index beyond the model's 3 fields, counted from 0; text/libsvm;index=1 "
           "counts from 1")
    refuse(nginx, "0:1 1:2 1:3", "text/libsvm", "row 0 has an index twice")
    refuse(nginx, "0:1\n0:x", "text/libsvm", "line 2: the value behind an index is no number")


# JSON


def test_json_in_sagemakers_shapes(serve):
    nginx = serve("total")
    assert ask_json(nginx, {"instances": [{"features": [1, 2, 3]}]}) == {"predictions": [321]}
    assert ask_json(nginx, {"instances": [[1, 2, 3]]}) == {"predictions": [321]}
    assert ask_json(nginx, {"features": [1, 2, 3]}) == {"predictions": [321]}
    assert ask_json(nginx, [[1, 2, 3], [4, 5, 6]]) == [321, 654]
    assert ask_json(nginx, [1, 2, 3]) == [321]
    assert ask_json(nginx, [{"a": 1, "b": 2, "c": 3}]) == [321]
    assert ask_json(serve("half_plus_two"), [1, 2]) == [2.5, 3]
    refuse(nginx, "3", "application/json", "the body must be a JSON object or a list of rows")
    refuse(nginx, "", "application/json", json.loads(ask(nginx, "", "application/json", 400))["error"])


def test_json_in_mlflows_shapes(serve):
    nginx = serve("total")
    for body in (
        {"dataframe_split": {"columns": ["c", "a", "b"], "data": [[3, 1, 2], [6, 4, 5]]}},
        {"dataframe_split": {"columns": [0, 1, 2], "data": [[1, 2, 3], [4, 5, 6]]}},
        {"dataframe_split": {"index": [7, 8], "data": [[1, 2, 3], [4, 5, 6]]}},
        {"dataframe_records": [{"a": 1, "b": 2, "c": 3}, {"c": 6, "b": 5, "a": 4}]},
        {"instances": [[1, 2, 3], [4, 5, 6]]},
        {"instances": [{"a": 1, "b": 2, "c": 3}, {"c": 6, "b": 5, "a": 4}]},
        {"inputs": [[1, 2, 3], [4, 5, 6]]},
        {"inputs": {"a": [1, 4], "b": [2, 5], "c": [3, 6]}},
        {"instances": {"a": [1, 4], "b": [2, 5], "c": [3, 6]}},
    ):
        assert ask_json(nginx, body) == {"predictions": [321, 654]}, body
    assert ask_json(nginx, {"dataframe_records": []}) == {"predictions": []}


def test_params_name_the_outputs(serve):
    answer = ask_json(serve("flower"), {
        "dataframe_split": {"data": flower_rows()[:1]}, "params": {"output": ["label", "score"]}})
    assert list(answer["predictions"][0]) == ["label", "score"]


def test_a_bad_row_answers_in_its_place(serve):
    def check(rows, sentence):
        answer = ask_json(serve("total"), {**rows, "params": {"on_error": "row"}})["predictions"]
        assert (answer[0], answer[2]) == (321, 654)
        assert answer[1]["error"] == sentence and answer[1]["row"] == 1

    good, other = {"a": 1, "b": 2, "c": 3}, {"a": 4, "b": 5, "c": 6}
    check({"dataframe_records": [good, {"a": 1}, other]}, "row 1: missing b, c")
    check({"dataframe_records": [good, {**good, "b": "x"}, other]},
          "row 1: field 'b' must be a number")
    columns = {"columns": ["a", "b", "c"]}
    check({"dataframe_split": {**columns, "data": [[1, 2, 3], [1, "x"], [4, 5, 6]]}},
          "row 1 has 2 values, the model takes 3")
    check({"instances": [good, {"a": 1}, other]}, "row 1: missing b, c")
    body = json.dumps({"instances": [[1, 2, 3]], "params": {"on_error": "row"}})
    refuse(serve("total"), body, "application/json",
           "an error in a row's place (on_error) needs an answer of JSON or JSON lines", 406,
           accept="text/csv")
    refuse(serve("total"), body.replace('"row"', '"x"'), "application/json",
           '"on_error" of "parameters" is "row" or "request"')


def test_exactly_one_of_mlflows_members(serve):
    sentence = ("The input must be a JSON dictionary with exactly one of the input fields "
                "dataframe_split, dataframe_records, instances, inputs")
    refuse(serve("total"), json.dumps({"instances": [], "inputs": []}), "application/json", sentence)
    answer = refuse(serve("total"), json.dumps({"a": 1}), "application/json",
                    "row 0: missing b, c")
    assert answer["code"] == "missing_field"


def test_what_is_wrong_with_a_dataframe(serve):
    def bad(value, sentence):
        return refuse(serve("total"), json.dumps(value), "application/json", sentence)

    answer = bad({"dataframe_split": {"columns": ["a", "x"], "data": []}},
                 "missing b, c; unexpected x")
    assert (answer["missing"], answer["unexpected"]) == (["b", "c"], ["x"])
    bad({"dataframe_split": {"columns": ["a", "b", "c", "a"], "data": []}},
        "dataframe_split names the column 'a' twice")
    answer = bad({"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3], [1, 2]]}},
                 "row 1 has 2 values, the model takes 3")
    assert (answer["expected"], answer["got"]) == (3, 2)
    bad({"dataframe_split": [[1, 2, 3]]},
        "dataframe_split is an object of columns, a list of names, and data, a list of rows")
    bad({"dataframe_records": {"a": [1]}}, "dataframe_records is a list of objects by name")
    bad({"dataframe_records": [[1, 2, 3]]}, "row 0 of dataframe_records is no object by name")


# JSON lines and arrays


def test_json_lines(serve):
    nginx = serve("total")
    body = '{"features":[1,2,3]}\n[4,5,6]\n\n{"a":1,"b":2,"c":3}\n'
    assert ask(nginx, body, "application/jsonlines") == "321.0\n654.0\n321.0\n"
    assert ask(nginx, body, "application/x-jsonlines", accept="application/json") == (
        '{"predictions":[321.0,654.0,321.0]}')
    answer = refuse(nginx, '[1,2,3]\n{"a":1}\n', "application/jsonlines", "row 1: missing b, c")
    assert answer["missing"] == ["b", "c"]
    answer = json.loads(ask(nginx, "[1,2,3]\n[1,", "application/jsonlines", 400))
    assert answer["row"] == 1


@pytest.mark.parametrize("kind", ["<f8", ">f8", "<f4", "<i4", ">i2", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_kind(serve, kind, order):
    array = numpy.array([[1, 2, 3], [4, 5, 6]], dtype=kind, order=order)
    answer = ask(serve("total"), npy(array), "application/x-npy")
    assert numpy.load(io.BytesIO(answer)).tolist() == [321, 654]


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays_of_every_version(serve, version):
    out = io.BytesIO()
    numpy.lib.format.write_array(out, numpy.array([[1.0, 2, 3]]), version=version)
    answer = ask(serve("total"), out.getvalue(), "application/x-npy")
    assert numpy.load(io.BytesIO(answer)).tolist() == [321]


def test_arrays_of_one_dimension_and_of_labels(serve):
    answer = ask(serve("total"), npy(numpy.array([1.0, 2, 3])), "application/x-npy")
    assert numpy.load(io.BytesIO(answer)).tolist() == [321]
    answer = ask(serve("half_plus_two"), npy(numpy.array([1.0, 2])), "application/x-npy")
    assert numpy.load(io.BytesIO(answer)).tolist() == [2.5, 3]
    answer = ask(serve("flower"), npy(numpy.array(flower_rows())), "application/x-npy",
                 X_Amzn_SageMaker_Custom_Attributes="output=label,probability")
    whole = numpy.load(io.BytesIO(answer))
    assert whole.shape == (3, 4) and whole[:, 0].tolist() == [0, 2, 1]


def test_what_is_wrong_with_an_array(serve):
    nginx = serve("total")
    whole = npy(numpy.array([[1.0, 2, 3]]))
    refuse(nginx, whole[:-1], "application/x-npy", "the array is not as long as its header says")
    refuse(nginx, whole + b"x", "application/x-npy", "the array is not as long as its header says")
    refuse(nginx, whole[:40], "application/x-npy", "the array ends within its header")
    refuse(nginx, b"x" * 40, "application/x-npy", "this is no .npy file")
    refuse(nginx, b"x", "application/x-npy", "this is no .npy file")
    answer = refuse(nginx, npy(numpy.array([[1.0, 2]])), "application/x-npy",
                    "row 0 has 2 values, the model takes 3")
    assert (answer["expected"], answer["got"]) == (3, 2)
    objects = npy(numpy.array([[None]]), allow_pickle=True)
    answer = json.loads(ask(nginx, objects, "application/x-npy", 400))
    assert "objects" in answer["error"]


# What comes and what goes out


def test_accept(serve):
    nginx = serve("total")
    for accept, expected in (
        ("application/json", '{"predictions":[321.0]}'),
        ("text/csv", "321.0\n"),
        ("text/*", "321.0\n"),
        ("*/*", "321.0\n"),
        ("application/json;q=0.5, text/csv", "321.0\n"),
        ("application/jsonlines", "321.0\n"),
        ("image/png, application/json", '{"predictions":[321.0]}'),
    ):
        assert ask(nginx, "1,2,3\n", "text/csv", accept=accept) == expected, accept
    refuse(nginx, "1,2,3\n", "text/csv",
           "the answer can be application/json, text/csv, application/jsonlines or "
           "application/x-npy", 406, accept="image/png")
    refuse(serve("passenger"), "30,male,7,1\n", "text/csv",
           "an array has no words, and these labels are words; ask for another output or another "
           "Accept", 406, accept="application/x-npy")


def test_the_platforms_own_accept(serve):
    nginx = serve("total", {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/jsonlines"})
    assert ask(nginx, '{"instances":[[1,2,3]]}', "application/json") == "321.0\n"
    assert ask(nginx, "1,2,3\n", "text/csv", accept="application/json") == (
        '{"predictions":[321.0]}')


def test_content_types(serve):
    nginx = serve("total")
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        refuse(nginx, "1,2,3\n", kind,
               "the body is taken as application/json, text/csv, text/libsvm, "
               "application/jsonlines or application/x-npy", 415)
    for kind in ("text/csv; charset=latin-1", "text/csv; header=maybe", "application/json; x=1",
                 "text/libsvm; index=2", "text/csv; header", "application/json; header=present"):
        refuse(nginx, "1,2,3\n", kind,
               "a parameter of the Content-Type is not known: there are charset=utf-8, "
               "header=present or absent for CSV, and index=0 or 1 for LIBSVM", 415)
    assert ask(nginx, "1,2,3\n", 'TEXT/CSV; CharSet="UTF-8"') == "321.0\n"


def test_an_empty_body_has_no_answer(serve):
    for kind in ("text/csv", "text/libsvm", "application/jsonlines", "application/x-npy"):
        assert ask(serve("total"), "", kind, 204) == ""


def test_outputs_that_are_not_there(serve):
    answer = harness.parse_json(ask(serve("total"), "1,2,3\n", "text/csv", 400,
                                    X_Amzn_SageMaker_Custom_Attributes="output=x"))
    assert answer["code"] == "unknown_output" and answer["outputs"] == ["value"]
    assert ask(serve("total"), "1,2,3\n", "text/csv",
               X_Amzn_SageMaker_Custom_Attributes="trace=abc") == "321.0\n"


# Triton's binary tensors through SageMaker

TRITON = "application/vnd.sagemaker-triton.binary+json"


def test_binary_tensors_by_their_media_type(serve):
    """No header passes the platform: where the JSON ends is said in the media types, both ways."""
    nginx = serve("total")
    blob = numpy.array([[1, 2, 3], [4, 5, 6]], "<f8").tobytes()
    head = json.dumps({
        "inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP64",
                    "parameters": {"binary_data_size": len(blob)}}],
        "parameters": {"binary_data_output": True}}).encode()
    kind = f"{TRITON};json-header-size={len(head)}"
    status, headers, answer = nginx.ask("POST", "/invocations", head + blob, {"Content-Type": kind})
    assert status == 200, answer
    name, size = headers["content-type"].split(";json-header-size=")
    assert name == TRITON and "inference-header-content-length" not in headers
    output = json.loads(answer[:int(size)])["outputs"][0]
    assert (output["shape"], output["parameters"]) == ([2, 1], {"binary_data_size": 16})
    numbers = numpy.frombuffer(answer[int(size):], "<f8")
    expected = nginx.post("/predict", {"input": [[1, 2, 3], [4, 5, 6]]})[1]["prediction"]
    assert numbers.tolist() == expected


@pytest.mark.parametrize("parameter,sentence", [
    (";json-header-size=99999", "inference header size should be in range (0, 2), got: 99999"),
    (";json-header-size=x", "Unable to parse json-header-size: it is no integer"),
    ("", "Unable to parse 'inputs'"),
])
def test_media_types_of_binary_tensors_that_are_wrong(serve, parameter, sentence):
    answer = harness.parse_json(ask(serve("total"), "{}", TRITON + parameter, 400))
    assert sentence in answer["error"], answer
