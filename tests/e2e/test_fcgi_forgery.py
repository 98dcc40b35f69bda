"""Answers that come before the body was read, and bodies that pretend to be requests.

A responder that leaves body bytes unread on a kept connection parses them as the next request:
whoever may POST through nginx could then send requests that nginx never made."""

import json
import time

import documents
import fcgi_client as fcgi
import harness
import prometheus
import pytest

ROW = harness.encode({"input": [1, 2]})
FORGED = harness.encode({"input": [6, 6]})
BUFFER = 8192  # libfcgi's read buffer: what lies in it is lost, what lies beyond would be parsed


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "one", 1, documents.constant(1))
    documents.put_version(shared.models, "forged", 1, documents.constant(6))
    return shared.worker(
        max_body="64k", access_log="1", read_timeout="2s", queue_budget="5s", log_format="json"
    )


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="1m")


def forged_request():
    """A whole request for a model that nobody else asks for."""
    return fcgi.request_bytes("POST", "/predict/forged", FORGED, REMOTE_USER="root")


def forged_predictions(worker):
    metrics = prometheus.parse(worker.metrics_text())
    return sum(
        value
        for (name, labels), value in metrics.samples.items()
        if metrics.types.get(name) == "counter"
        and ("model", "forged") in labels
        and "request" in name
    )


def forged_lines(worker):
    """What the access log has about that model."""
    entries = [json.loads(line) for line in worker.log().splitlines() if line.startswith("{")]
    return [e for e in entries if e["message"] == "request" and e.get("model") == "forged"]


@pytest.fixture(autouse=True)
def nothing_was_forged(worker):
    yield
    assert worker.is_alive(), worker.log()
    assert forged_predictions(worker) == 0
    assert forged_lines(worker) == []
    assert worker.predict("one", [1, 2]) == {"prediction": 1}


def test_the_check_would_see_a_forged_request(rig):
    """The same request sent openly does show in the counters: the checks above are not blind."""
    documents.put_version(rig.models, "forged", 1, documents.constant(6))
    other = rig.worker(access_log="1", log_format="json")
    with fcgi.Connection(other.peer) as connection:
        connection.send(forged_request())
        assert connection.read_answer().status == 200
    assert forged_predictions(other) == 1
    harness.wait_for(lambda: len(forged_lines(other)) == 1, "the request is logged")


EARLY = {
    "404": ("POST", "/no/such/path", {}, 404),
    "404-model": ("POST", "/predict/no-such-model", {}, 404),
    "405": ("PUT", "/predict/one", {"CONTENT_TYPE": "application/json"}, 405),
    "405-get": ("GET", "/predict/one", {}, 405),
    "415": ("POST", "/predict/one", {"CONTENT_TYPE": "text/plain"}, 415),
    "400": ("POST", "/predict/one", {}, 400),
}


def head_of(method, path, body, more):
    more = {"CONTENT_LENGTH": str(len(body)), **more}
    return fcgi.begin() + fcgi.params_stream(method, path, body, **more)


@pytest.mark.parametrize("size", [100, 8000, 9000, 20000, 60000])
@pytest.mark.parametrize("case", EARLY)
def test_an_early_answer_leaves_the_connection_usable(worker, case, size):
    method, path, more, status = EARLY[case]
    body = b"x" * size
    with fcgi.Connection(worker.peer) as connection:
        for _ in range(2):
            connection.send(head_of(method, path, body, more) + fcgi.stdin_stream(body))
            assert connection.read_answer().status == status
        answer = connection.ask("POST", "/predict/one", ROW)
        assert (answer.status, answer.body) == (200, b'{"prediction":1}')


@pytest.mark.parametrize("case", EARLY)
def test_the_end_of_the_body_comes_late(worker, case):
    """As Apache sends it: the empty record in a segment of its own."""
    method, path, more, status = EARLY[case]
    body = b"x" * 500
    with fcgi.Connection(worker.peer) as connection:
        for _ in range(3):
            connection.send(head_of(method, path, body, more) + fcgi.records(fcgi.STDIN, 1, body))
            time.sleep(0.05)
            connection.send(fcgi.record(fcgi.STDIN, 1))
            assert connection.read_answer().status == status
        assert connection.ask("POST", "/predict/one", ROW).status == 200


@pytest.mark.parametrize("case", EARLY)
def test_forged_records_right_behind_the_buffer(worker, case):
    method, path, more, status = EARLY[case]
    length = 40000
    head = head_of(method, path, b"x" * length, more)
    filler = BUFFER - len(head) - 8
    body = (b"x" * filler + forged_request()).ljust(length, b"\0")
    with fcgi.Connection(worker.peer) as connection:
        connection.send(head + fcgi.stdin_stream(body))
        assert connection.read_answer().status == status
        assert connection.is_silent(0.2), "an answer that nobody asked for, or a lost connection"
        connection.socket.settimeout(10)
        assert connection.ask("POST", "/predict/one", ROW).body == b'{"prediction":1}'


@pytest.mark.parametrize("size", [70_000, 300_000, 3_000_000, 20_000_000])
def test_a_body_that_is_too_large(worker, size):
    """413, and then either the connection works or it is closed."""
    forged = forged_request()
    body = (forged * (size // len(forged) + 1))[:size]
    with fcgi.Connection(worker.peer, timeout=20) as connection:
        whole = connection.send_quietly(
            head_of("POST", "/predict/one", body, {}) + fcgi.stdin_stream(body)
        )
        try:
            assert connection.read_answer().status == 413
            answer = connection.ask("POST", "/predict/one", ROW)
            assert (answer.status, answer.body) == (200, b'{"prediction":1}')
        except (fcgi.Closed, BrokenPipeError, ConnectionResetError):
            assert not whole or size > 100_000


def test_too_large_by_what_arrives_not_by_what_is_said(worker):
    body = b"x" * 300_000
    with fcgi.Connection(worker.peer) as connection:
        connection.send_quietly(head_of("POST", "/predict/one", body, {"CONTENT_LENGTH": "10"}))
        connection.send_quietly(fcgi.stdin_stream(body))
        try:
            assert connection.read_answer().status in (400, 413)
        except fcgi.Closed:
            pass


def test_forged_records_through_nginx(worker, nginx):
    """Every alignment of the forged records to the buffer, on paths that answer early."""
    forged = forged_request()
    client = harness.HttpClient(nginx.port)
    for shift in range(len(forged)):
        body = b"x" * shift + forged * (60000 // len(forged))
        path, status = [("/predict/none/1", 404), ("/predict/one", 400)][shift % 2]
        got, _, _ = client.ask("POST", path, body, {"Content-Type": "application/json"})
        assert got == status
    client.close()
    status, answer, _ = nginx.post("/predict/one", {"input": [1, 2]})
    assert (status, answer) == (200, {"prediction": 1})


def test_early_answers_through_nginx_lose_no_request(worker, nginx):
    """Kept connections between nginx and the worker survive bodies that were of no use."""
    client = harness.HttpClient(nginx.port)
    bodies = [b"x" * 12000, b"x" * 50000, ROW]
    for i in range(300):
        body = bodies[i % 3]
        path = "/predict/one" if body is ROW else "/predict/none"
        kind = {"Content-Type": "application/json"}
        assert client.ask("POST", path, body, kind)[0] == (200 if body is ROW else 404)
    client.close()


def test_too_large_for_the_worker_through_nginx(nginx):
    for _ in range(20):
        status, answer, _ = nginx.post("/predict/one", b"x" * 200_000)
        assert (status, answer["code"]) == (413, "limit")
    assert nginx.post("/predict/one", {"input": [1, 2]})[0] == 200
