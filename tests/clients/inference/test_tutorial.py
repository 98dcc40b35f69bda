"""The tutorial's own client: requests, as its readers write it."""

import documents
import pytest
import requests


@pytest.fixture(scope="module")
def url(shared):
    documents.put_version(shared.models, "total", 1, documents.total())
    nginx = shared.nginx(shared.worker().peer)
    return f"http://127.0.0.1:{nginx.port}"


def test_a_row_and_its_answer(url):
    answer = requests.post(f"{url}/predict", json={"input": [1, 2, 3]}, timeout=10)
    assert answer.status_code == 200 and answer.json() == {"prediction": 321}


def test_an_error_is_json_too(url):
    answer = requests.post(f"{url}/predict", json={"input": [1, 2]}, timeout=10)
    assert answer.status_code == 400 and answer.json()["code"] == "wrong_length"
