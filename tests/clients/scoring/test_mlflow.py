"""MLflow's own client of its scoring server."""

import documents
import numpy
import pandas
import pytest
from mlflow.pyfunc.scoring_server.client import ScoringServerClient


@pytest.fixture(scope="module")
def client(shared):
    documents.put_version(shared.models, "passenger", 1, documents.passenger())
    nginx = shared.nginx(shared.worker().peer)
    return ScoringServerClient("127.0.0.1", nginx.port)


@pytest.fixture(scope="module")
def numbers(request):
    """A model of numbers alone, for arrays."""
    import harness

    rig = harness.Rig()
    request.addfinalizer(rig.finish)
    documents.put_version(rig.models, "total", 1, documents.total())
    return ScoringServerClient("127.0.0.1", rig.nginx(rig.worker().peer).port)


def test_it_is_there(client):
    client.ping()
    client.wait_server_ready(timeout=5)
    assert client.get_version()


def test_a_table_with_words_and_missing_values(client):
    table = pandas.DataFrame({
        "sex": ["female", "male", "female"], "age": [31.0, None, 2.5], "deck": ["8", None, "7"]})
    answer = client.invoke(table)
    assert answer.get_predictions()[0].tolist() == ["yes", "no", "yes"]


def test_parameters(client):
    table = pandas.DataFrame({"sex": ["female"], "age": [31.0]})
    answer = client.invoke(table, params={"output": ["label", "probability"]})
    assert answer.get_predictions()["label"].tolist() == ["yes"]


def test_arrays_and_lists(numbers):
    rows = numpy.array([[1.0, 2, 3], [4, 5, 6]])
    assert numbers.invoke(rows).get_predictions()[0].tolist() == [321, 654]
    assert numbers.invoke(rows.tolist()).get_predictions()[0].tolist() == [321, 654]
    table = pandas.DataFrame(rows, columns=["a", "b", "c"])[["c", "a", "b"]]
    assert numbers.invoke(table).get_predictions()[0].tolist() == [321, 654]


def test_an_error_has_mlflows_code_and_sentence(client):
    with pytest.raises(Exception, match='"error_code":"BAD_REQUEST","message":"missing age'):
        client.invoke(pandas.DataFrame({"sex": ["female"]}))
