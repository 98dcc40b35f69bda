"""The same rows through every dialect and content type: the same numbers to the last bit, the same
labels, and those that the rows themselves say. A table that fails is shrunk, and the smallest is
printed.

The models say back what they were given: their values are the inputs (missing ones replaced) and
one column for each word, so that a dialect that lost a bit or mistook a word is seen at once."""

import csv
import io
import json
import struct
import sys

import harness
import numpy
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies

REPLACED = -7.5
WORDS = ["red", "grün", "a,b", 'say "hi"', "8", "0.5", "true", " x "]
HEALTH, PREDICT = "/vertex/health", "/vertex/predict"


def number(name, **more):
    return {"name": name, "on_missing": {"replace": REPLACED}, "required": False, **more}


def mirror(inputs, steps, width):
    """value[i] is the i-th column that comes out of the steps."""
    identity = [[float(i == j) for j in range(width)] for i in range(width)]
    return {
        "format": "omen/1",
        "inputs": inputs,
        "steps": steps,
        "model": {"op": "linear_regression", "coef_": identity, "intercept_": [0] * width},
    }


def numbers_model():
    return mirror([number("x"), number("y, z"), number("whole", integer=True)], [], 3)


def word_field():
    return {"name": "wörd", "type": "category", "values": WORDS, "required": False,
            "on_missing": "zero"}


def words_model():
    encoder = {"op": "one_hot_encoder", "columns": ["wörd"], "categories_": [WORDS],
               "handle_unknown": "ignore"}
    return mirror([number("x"), word_field()], [encoder], 1 + len(WORDS))


def labels_model():
    """Three classes whose labels are words; which one it is depends on the number and the word."""
    encoder = {"op": "one_hot_encoder", "columns": ["wörd"], "categories_": [WORDS],
               "handle_unknown": "ignore"}
    coefficients = [[0.25, *range(len(WORDS))], [-0.125, *[2] * len(WORDS)],
                    [0.0625, *range(len(WORDS), 0, -1)]]
    return {
        "format": "omen/1",
        "inputs": [number("x", min=-1e6, max=1e6), word_field()],
        "steps": [encoder],
        "model": {"op": "logistic_regression", "coef_": coefficients, "intercept_": [0, 1, 0]},
        "outputs": {"labels": ["löw", "mid,dle", 'h"igh']},
    }


class Served:
    """A model that is the default of a worker behind nginx."""

    def __init__(self, rig, name, document):
        directory = f"{rig.run}/{name}-models"
        place = f"{directory}/{name}/1"
        harness.os.makedirs(place)
        with open(f"{place}/model.json", "w", encoding="utf-8") as file:
            json.dump(document, file)
        worker = rig.worker(models=directory, environment={
            "AIP_HEALTH_ROUTE": HEALTH, "AIP_PREDICT_ROUTE": PREDICT})
        nginx = rig.nginx(worker.peer, predict_route=PREDICT, health_route=HEALTH)
        self.port = nginx.port
        self.client = None
        self.asked = 0
        self.name = name
        self.fields = [field["name"] for field in document["inputs"]]
        self.has_words = any(field.get("type") for field in document["inputs"])

    def post(self, path, body, kind="application/json", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.asked % 50000 == 0:  # nginx ends a connection after 100000
            self.client = harness.HttpClient(self.port)
        self.asked += 1
        status, headers, answer = self.client.ask(
            "POST", path, body, {"Content-Type": kind, **headers})
        assert status == 200, answer.decode(errors="replace")
        self.headers = headers
        return answer

    def post_json(self, *arguments, **more):
        return harness.parse_json(self.post(*arguments, **more))

    def named(self, table):
        return [dict(zip(self.fields, row)) for row in table]

    def columns(self, table):
        return {name: [row[i] for row in table] for i, name in enumerate(self.fields)}


@pytest.fixture(scope="module")
def numbers(shared):
    return Served(shared, "numbers", numbers_model())


@pytest.fixture(scope="module")
def words(shared):
    return Served(shared, "words", words_model())


@pytest.fixture(scope="module")
def labels(shared):
    return Served(shared, "labels", labels_model())


# Ways in. Each takes a served model, a table and the outputs' names; returns, for each row, the list
# of what those outputs are.


def by_row(answers, outputs):
    """From TensorFlow Serving's shape: an answer, or an object by output."""
    return [[one[name] for name in outputs] if len(outputs) > 1 else [one] for one in answers]


def by_column(answer, outputs):
    lists = [answer[name] for name in outputs] if len(outputs) > 1 else [answer]
    return [list(row) for row in zip(*lists)]


def predict_lists(served, table, outputs):
    answer = served.post_json("/predict", {"input": table, "output": outputs})
    return by_column(answer if len(outputs) > 1 else answer[outputs[0]], outputs)


def predict_objects(served, table, outputs):
    answer = served.post_json("/predict", {"input": served.named(table), "output": outputs})
    return by_column(answer if len(outputs) > 1 else answer[outputs[0]], outputs)


def v1(served, member, value, outputs):
    return served.post_json(f"/v1/models/{served.name}:predict",
                            {member: value, "parameters": {"output": outputs}})


def v1_lists(served, table, outputs):
    return by_row(v1(served, "instances", table, outputs)["predictions"], outputs)


def v1_objects(served, table, outputs):
    return by_row(v1(served, "instances", served.named(table), outputs)["predictions"], outputs)


def v1_columns(served, table, outputs):
    return by_column(v1(served, "inputs", served.columns(table), outputs)["outputs"], outputs)


def vertex(served, table, outputs):
    answer = served.post_json(PREDICT, {"instances": table, "parameters": {"output": outputs}})
    return by_row(answer["predictions"], outputs)


def attributes(outputs):
    return {"X_Amzn_SageMaker_Custom_Attributes": f"output={','.join(outputs)}"}


def invoke(served, value, outputs):
    answer = served.post_json("/invocations", {**value, "params": {"output": outputs}})
    return by_row(answer["predictions"], outputs)


def mlflow_split(served, table, outputs):
    order = list(reversed(range(len(served.fields))))
    split = {"columns": [served.fields[i] for i in order],
             "data": [[row[i] for i in order] for row in table]}
    return invoke(served, {"dataframe_split": split}, outputs)


def mlflow_split_with_nan(served, table, outputs):
    """As pandas and json.dumps write what is missing."""
    data = [[float("nan") if cell is None else cell for cell in row] for row in table]
    return invoke(served, {"dataframe_split": {"columns": served.fields, "data": data}}, outputs)


def mlflow_records(served, table, outputs):
    return invoke(served, {"dataframe_records": served.named(table)}, outputs)


def mlflow_inputs(served, table, outputs):
    return invoke(served, {"inputs": served.columns(table)}, outputs)


def sagemaker_json(served, table, outputs):
    rows = [{"features": row} for row in table]
    return invoke(served, {"instances": rows}, outputs)


def sagemaker_list(served, table, outputs):
    answer = served.post_json("/invocations", table, **attributes(outputs))
    return by_row(answer, outputs)


def json_lines(served, rows, outputs):
    body = "\n".join(map(json.dumps, rows)).encode()
    answer = served.post("/invocations", body, "application/jsonlines", **attributes(outputs))
    return by_row([json.loads(line) for line in answer.decode().splitlines()], outputs)


def sagemaker_json_lines(served, table, outputs):
    return json_lines(served, table, outputs)


def sagemaker_json_lines_by_name(served, table, outputs):
    return json_lines(served, served.named(table), outputs)


def csv_cell(cell):
    return "" if cell is None else cell if isinstance(cell, str) else repr(cell)


def csv_body(rows):
    out = io.StringIO()
    csv.writer(out).writerows([[csv_cell(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def read_csv(served, text, outputs, rows):
    """Labels and lists of numbers as they follow each other; their lengths are by elimination."""
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == rows
    if outputs == ["value"]:
        return [[[float(cell) for cell in line]] for line in lines]
    return [[line[0], [float(cell) for cell in line[1:]]] for line in lines]


def sagemaker_csv(served, table, outputs):
    answer = served.post("/invocations", csv_body(table), "text/csv; header=absent",
                         **attributes(outputs))
    return read_csv(served, answer.decode(), outputs, len(table))


def mlflow_csv(served, table, outputs):
    body = csv_body([served.fields, *table])
    answer = served.post("/invocations", body, "text/csv", Accept="text/csv", **attributes(outputs))
    return read_csv(served, answer.decode(), outputs, len(table))


def sagemaker_libsvm(served, table, outputs):
    lines = ["0 " + " ".join(f"{i + 1}:{cell!r}" for i, cell in enumerate(row) if cell is not None)
             for row in table]
    answer = served.post("/invocations", "\n".join(lines).encode(), "text/libsvm; index=1",
                         **attributes(outputs))
    return read_csv(served, answer.decode(), outputs, len(table))


def array_of(table):
    return numpy.array([[numpy.nan if cell is None else cell for cell in row] for row in table],
                       dtype="float64")


def send_array(served, array, outputs):
    body = io.BytesIO()
    numpy.save(body, array)
    answer = served.post("/invocations", body.getvalue(), "application/x-npy",
                         **attributes(outputs))
    return [[row] for row in numpy.load(io.BytesIO(answer)).tolist()]


def sagemaker_array(served, table, outputs):
    return send_array(served, array_of(table), outputs)


def sagemaker_array_by_column(served, table, outputs):
    return send_array(served, numpy.asfortranarray(array_of(table)).astype(">f8"), outputs)


# The Open Inference Protocol. A tensor of words has no missing ones, so a table with some says
# nothing here (None); a column of nothing else is left out.


def inference(served, tensors, blobs, outputs, rows, binary):
    """Sends tensors, and reads what was asked for, flat, as rows."""
    request = {"inputs": tensors, "outputs": [
        {"name": name, "parameters": {"binary_data": binary}} for name in outputs]}
    head = json.dumps(request).encode()
    length = {"Inference_Header_Content_Length": str(len(head))} if blobs else {}
    answer = served.post(f"/v2/models/{served.name}/infer", head + blobs, **length)
    size = int(served.headers.get("inference-header-content-length", len(answer)))
    rest = answer[size:]
    read = {}
    for output in harness.parse_json(answer[:size])["outputs"]:
        data = output.get("data")
        if data is None:
            size = output["parameters"]["binary_data_size"]
            data, rest = unpack(output["datatype"], rest[:size]), rest[size:]
        width = len(data) // rows
        read[output["name"]] = [data[i * width : (i + 1) * width] for i in range(rows)]
    assert rest == b""
    return [[read[name][i][0] if name == "label" else read[name][i] for name in outputs]
            for i in range(rows)]


def unpack(datatype, data):
    if datatype == "FP64":
        return list(struct.unpack(f"<{len(data) // 8}d", data))
    words = []
    while datatype == "BYTES" and data:
        length = struct.unpack("<I", data[:4])[0]
        words.append(data[4 : 4 + length].decode())
        data = data[4 + length :]
    assert not data, datatype
    return words


def word_bytes(word):
    return struct.pack("<I", len(word.encode())) + word.encode()


def by_tensors(served, table, outputs, binary):
    tensors, blobs = [], b""
    for name, column in served.columns(table).items():
        words = [cell for cell in column if isinstance(cell, str)]
        if words and None in column:
            return None
        if column.count(None) == len(column):
            continue
        tensor = {"name": name, "shape": [len(column), 1], "datatype": "BYTES" if words else "FP64"}
        if binary:
            data = b"".join(map(word_bytes, words)) if words else array_of([column]).tobytes()
            tensor["parameters"] = {"binary_data_size": len(data)}
            blobs += data
        else:
            tensor["data"] = column
        tensors.append(tensor)
    if not tensors:
        return None
    return inference(served, tensors, blobs, outputs, len(table), binary)


def inference_json(served, table, outputs):
    return by_tensors(served, table, outputs, False)


def inference_binary(served, table, outputs):
    return by_tensors(served, table, outputs, True)


def inference_matrix(served, table, outputs):
    tensor = {"name": "input-0", "shape": [len(table), len(served.fields)], "datatype": "FP64",
              "data": table}
    return inference(served, [tensor], b"", outputs, len(table), True)


def inference_binary_matrix(served, table, outputs):
    data = array_of(table).tobytes()
    tensor = {"name": "input-0", "shape": [len(table), len(served.fields)], "datatype": "FP64",
              "parameters": {"binary_data_size": len(data)}}
    return inference(served, [tensor], data, outputs, len(table), False)


ANY_TABLE = [predict_lists, predict_objects, v1_lists, v1_objects, v1_columns, vertex, mlflow_split,
             mlflow_split_with_nan, mlflow_records, mlflow_inputs, mlflow_csv, sagemaker_json,
             sagemaker_list, sagemaker_json_lines, sagemaker_json_lines_by_name, sagemaker_csv, inference_json, inference_binary]
NUMBERS_ONLY = [sagemaker_libsvm, sagemaker_array, sagemaker_array_by_column, inference_matrix,
                inference_binary_matrix]


# What comes out


def bits(answer):
    """Numbers as their 64 bits, so that 0.0 is not -0.0; words as they are."""
    if isinstance(answer, list):
        return [bits(one) for one in answer]
    if isinstance(answer, str):
        return answer
    return struct.pack(">d", answer).hex()


def disagreements(served, table, outputs, ways, expected=None):
    """The names of the ways whose answer is not the expected one, or not the first way's."""
    found = {}
    for way in ways:
        answer = way(served, table, outputs)
        if answer is None:
            continue
        answer = bits(answer)
        expected = answer if expected is None else expected
        if answer != expected:
            found[way.__name__] = answer
    return found


def check(served, table, outputs, ways, expected=None):
    found = disagreements(served, table, outputs, ways, expected)
    assert not found, f"{table} is not answered alike by {', '.join(found)}: {found}"


CORNERS = [0.0, 0.1, -0.1, 1 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22,
           1e23, 9007199254740993.0, -123456789.123456789, 1e-7, 4.35, 0.3]
reals = strategies.one_of(
    strategies.floats(allow_nan=False, allow_infinity=False), strategies.sampled_from(CORNERS),
    strategies.integers(-(2**53), 2**53))
whole = strategies.integers(-(2**53), 2**53)
small = strategies.floats(-1e6, 1e6)


def tables(*columns):
    return strategies.lists(
        strategies.tuples(*[strategies.none() | column for column in columns]).map(list),
        min_size=1, max_size=5)


number_tables = tables(reals, reals, whole)
word_tables = tables(reals, strategies.sampled_from(WORDS))
label_tables = tables(small, strategies.sampled_from(WORDS))

EXAMPLES = 3000 if "--all" in sys.argv else 150
how = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
               print_blob=False, suppress_health_check=list(HealthCheck))


def seen(cell):
    """A number as the model says it back: what is missing is replaced, and -0.0 + 0.0 is 0.0."""
    return REPLACED if cell is None else float(cell) + 0.0


@how
@given(table=number_tables)
def test_numbers(numbers, table):
    expected = bits([[[seen(cell) for cell in row]] for row in table])
    check(numbers, table, ["value"], ANY_TABLE + NUMBERS_ONLY, expected)


@how
@given(table=word_tables)
def test_numbers_and_words(words, table):
    expected = bits([[[seen(real), *(float(word == one) for one in WORDS)]]
                     for real, word in table])
    check(words, table, ["value"], ANY_TABLE, expected)


@how
@given(table=label_tables)
def test_labels_and_probabilities(labels, table):
    check(labels, table, ["label", "probability"], ANY_TABLE)


def test_a_way_that_loses_a_digit_is_found_and_shrunk(numbers):
    """The test itself: what it would print is one row, and the number no longer than need be."""

    def rounded(served, table, outputs):
        rows = [[cell if cell is None else float(f"{cell:.15g}") for cell in row] for row in table]
        return predict_lists(served, rows, outputs)

    smallest = find(
        number_tables,
        lambda table: bool(disagreements(numbers, table, ["value"], [predict_lists, rounded])),
        settings=settings(how, max_examples=2000,
                          phases=[Phase.generate, Phase.shrink]))
    assert len(smallest) == 1
    assert sum(cell not in (None, 0) for cell in smallest[0]) == 1
