"""KServe's REST client by protocol v1."""

import asyncio

import documents
import httpx
import pytest
from kserve import InferenceRESTClient, RESTConfig


@pytest.fixture(scope="module")
def base(shared):
    documents.put_version(shared.models, "flower", 1, documents.flower())
    documents.put_version(shared.models, "broken", 1, {"format": "omen/1"})
    return f"http://127.0.0.1:{shared.nginx(shared.worker().peer).port}"


def run(call):
    """The client belongs to one event loop."""

    async def whole():
        client = InferenceRESTClient(RESTConfig(protocol="v1", retries=0))
        try:
            return await call(client)
        finally:
            await client.close()

    return asyncio.run(whole())


def test_it_is_live_and_so_is_the_model(base):
    assert run(lambda client: client.is_server_live(base)) is True
    assert run(lambda client: client.is_model_ready(base, "flower")) is True
    assert run(lambda client: client.is_model_ready(base, "broken")) is False


def test_predict(base):
    rows = {"instances": [[5.1, 3.5, 0.4, 0.2], [6.2, 3.4, 5.4, 2.3]]}
    answer = run(lambda client: client.infer(base, rows, model_name="flower"))
    assert answer == {"predictions": [0, 2]}


def test_the_clients_own_words_for_our_errors(base):
    with pytest.raises(httpx.HTTPStatusError, match="Model with name nobody does not exist"):
        run(lambda client: client.infer(base, {"instances": [[1]]}, model_name="nobody"))
    with pytest.raises(httpx.HTTPStatusError, match="row 0 has 1 values"):
        run(lambda client: client.infer(base, {"instances": [[1]]}, model_name="flower"))
