"""SageMaker's serialisers and deserialisers: what its Predictor sends and how it reads the answer."""

import http.client
import io

import documents
import numpy
import pandas
import pytest
from sagemaker.deserializers import (
    CSVDeserializer,
    JSONDeserializer,
    JSONLinesDeserializer,
    NumpyDeserializer,
    PandasDeserializer,
)
from sagemaker.serializers import (
    CSVSerializer,
    JSONLinesSerializer,
    JSONSerializer,
    LibSVMSerializer,
    NumpySerializer,
)

ROWS = [[1.5, 2.0, 3.0], [4.0, 5.0, -6.25]]
ANSWERS = [321.5, -571.0]


@pytest.fixture(scope="module")
def port(shared):
    documents.put_version(shared.models, "total", 1, documents.total())
    return shared.nginx(shared.worker().peer).port


def predict(port, data, serializer, deserializer):
    """As Predictor.predict, with the endpoint's address in place of the runtime's."""
    body = serializer.serialize(data)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    accept = ", ".join(deserializer.ACCEPT)
    connection.request("POST", "/invocations", body,
                       {"Content-Type": serializer.CONTENT_TYPE, "Accept": accept})
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, data
    return deserializer.deserialize(io.BytesIO(data), answer.getheader("Content-Type"))


def floats(rows):
    return [float(cell) for row in rows for cell in row]


def test_csv(port):
    assert floats(predict(port, ROWS, CSVSerializer(), CSVDeserializer())) == ANSWERS
    assert floats(predict(port, numpy.array(ROWS), CSVSerializer(), CSVDeserializer())) == ANSWERS
    assert floats(predict(port, ROWS[0], CSVSerializer(), CSVDeserializer())) == ANSWERS[:1]
    table = pandas.DataFrame(ROWS)
    assert floats(predict(port, table, CSVSerializer(), CSVDeserializer())) == ANSWERS


def test_libsvm(port):
    lines = "\n".join(
        f"0 {' '.join(f'{i}:{value}' for i, value in enumerate(row))}" for row in ROWS)
    assert floats(predict(port, lines, LibSVMSerializer(), CSVDeserializer())) == ANSWERS
    file = io.StringIO(lines)
    assert predict(port, file, LibSVMSerializer(), JSONDeserializer()) == {"predictions": ANSWERS}


def test_json(port):
    whole = {"instances": [{"features": row} for row in ROWS]}
    assert predict(port, whole, JSONSerializer(), JSONDeserializer()) == {"predictions": ANSWERS}
    array = numpy.array(ROWS)
    assert predict(port, array, JSONSerializer(), JSONDeserializer()) == ANSWERS


def test_json_lines(port):
    lines = [{"features": row} for row in ROWS]
    assert predict(port, lines, JSONLinesSerializer(), JSONLinesDeserializer()) == ANSWERS
    assert floats(predict(port, lines, JSONLinesSerializer(), CSVDeserializer())) == ANSWERS


@pytest.mark.parametrize("kind", ["float64", "float32", "int64"])
def test_arrays(port, kind):
    array = numpy.array([[1, 2, 3], [4, 5, 6]], dtype=kind)
    answer = predict(port, array, NumpySerializer(), NumpyDeserializer())
    assert answer.dtype == numpy.float64 and answer.tolist() == [321, 654]
    assert predict(port, ROWS, NumpySerializer(dtype=kind), NumpyDeserializer()).shape == (2,)


def test_a_table_out(port):
    answer = predict(port, ROWS, CSVSerializer(), PandasDeserializer())
    assert floats([list(answer.columns)]) == ANSWERS
