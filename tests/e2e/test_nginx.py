"""What nginx itself refuses, and what it lets nobody see."""

import http.client
import pathlib
import re
import socket
import time

import documents
import harness
import pytest


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "one", 1, documents.constant(1))
    return shared.worker(max_body="4m")


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer, max_body="1m")


def raw(port, message, seconds=5):
    """Sends bytes as they are; the status, headers and body of what comes back."""
    with socket.create_connection(("127.0.0.1", port), seconds) as peer:
        peer.sendall(message)
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()


def assert_error_object(status, headers, body, expected, code):
    assert status == expected, (status, body)
    assert headers["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    answer = harness.parse_json(body)
    assert set(answer) == {"error", "code"} and answer["code"] == code
    assert answer["error"] and not answer["error"].endswith(".")


POST = b"POST /predict/one HTTP/1.1\r\nHost: a\r\n"
REFUSED = {
    "no-http": (b"NONSENSE\r\n\r\n", 400, "invalid"),
    "bad-length": (POST + b"Content-Length: x\r\n\r\n", 400, "invalid"),
    "two-lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "invalid"),
    "no-host": (b"POST /predict/one HTTP/1.1\r\n\r\n", 400, "invalid"),
    "no-path": (b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not_found"),
    "internal": (b"GET /.refused HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not_found"),
    "trace": (b"TRACE /predict/one HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"),
    "too-large": (POST + b"Content-Length: 1048577\r\n\r\n", 413, "limit"),
    "long-line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "limit"),
    "large-header": (POST + b"X-Large: " + b"a" * 9000 + b"\r\n\r\n", 431, "limit"),
    "newer-http": (b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 505, "unsupported"),
    "encoding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "unsupported"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_nginx_refuses_is_an_error_object(nginx, case):
    message, status, code = REFUSED[case]
    assert_error_object(*raw(nginx.port, message), status, code)


STALLED = {"headers": (b"", 5), "body": (b"Content-Length: 15\r\n\r\n{", 10)}


@pytest.mark.parametrize("part", STALLED)
def test_a_client_that_stalls_is_cut_off(nginx, part):
    """Its connection is for others: there is nobody to tell."""
    rest, seconds = STALLED[part]
    with socket.create_connection(("127.0.0.1", nginx.port)) as peer:
        peer.sendall(POST + rest)
        begun = time.monotonic()
        peer.settimeout(3 * seconds * harness.SLOWER)
        try:
            assert peer.recv(100) == b""
        except ConnectionResetError:
            pass
        assert time.monotonic() - begun >= seconds - 1


def test_no_worker(rig):
    nginx = rig.nginx(f"{rig.run}/nobody.sock")
    status, headers, body = nginx.ask("POST", "/predict/one", b"{}")
    assert_error_object(status, headers, body, 502, "unavailable")
    assert headers["retry-after"] == "1"


def test_a_worker_that_does_not_answer(rig):
    path = f"{rig.run}/silent.sock"
    with harness.unix_listener(path):
        nginx = rig.nginx(path, read_timeout="1s")
        status, headers, body = nginx.ask("GET", "/healthz")
    assert_error_object(status, headers, body, 504, "timeout")
    assert headers["retry-after"] == "1"


def test_no_room_for_a_body(rig, worker):
    """It cannot be set aside: that passes, and it is not the client's fault."""
    nginx = rig.nginx(worker.peer, body_buffer="16k")
    place = pathlib.Path(nginx.run, "nginx-body")
    place.rmdir()
    place.touch()
    status, headers, body = nginx.ask("POST", "/predict/one", b" " * 100_000)
    assert_error_object(status, headers, body, 503, "unavailable")
    assert headers["retry-after"] == "1"
    assert nginx.post("/predict/one", {"input": [1, 2]})[0] == 200


def test_errors_of_the_worker_pass_unchanged(nginx):
    status, answer, headers = nginx.post("/predict/none", {"input": [1, 2]})
    assert status == 404 and answer["code"] == "unknown_model"
    assert len(headers["x-request-id"]) == 32


def test_every_answer_has_the_hardening_headers(nginx):
    for path in ("/predict/one", "/predict/none", "/nowhere", "/healthz"):
        _, headers, _ = nginx.ask("GET", path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["server"] == "nginx"


DISGUISES = ["/status", "/metrics", "/%73tatus", "//metrics", "/predict/../metrics", "/./status",
             "/predict/..%2fmetrics", "/predict/%2e%2e/status", "/metrics?x=1",
             "/status/../metrics", "/v2/repository/index", "/v2/repository/models/one/unload",
             "/v2//repository/index", "/v2/models/../repository/index", "/v2/%72epository/index"]


@pytest.mark.parametrize("path", DISGUISES)
def test_strangers_see_no_status_and_manage_nothing(nginx, path):
    """From an address that is not on the list, however the path is spelled."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(5)
        stranger.connect(("127.0.0.1", nginx.port))
        stranger.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        answer = http.client.HTTPResponse(stranger)
        answer.begin()
        assert_error_object(
            answer.status, dict((n.lower(), v) for n, v in answer.getheaders()), answer.read(),
            403, "forbidden",
        )


def test_the_operator_sees_them(nginx):
    assert nginx.ask("GET", "/status")[0] == 200
    assert nginx.ask("GET", "/metrics")[0] == 200


def test_another_address_can_be_allowed(rig, worker):
    nginx = rig.nginx(worker.peer, allow="127.0.0.2")
    assert nginx.ask("GET", "/metrics")[0] == 403


def test_chunked_bodies(nginx):
    """Without a Content-Length from the client, the worker gets one all the same."""
    client = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=10)
    parts = iter([b'{"input"', b":[1,", b"2]}"])
    client.request("POST", "/predict/one", parts, {"Content-Type": "application/json"})
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"prediction":1}')
    client.close()


def test_a_body_of_exactly_the_limit(nginx):
    body = b'{"input":[1,2]}'.ljust(1 << 20)
    assert nginx.post("/predict/one", body)[0] == 200


def test_nothing_of_a_body_is_written_to_disk(rig, worker):
    nginx = rig.nginx(worker.peer, max_body="1m")
    assert nginx.post("/predict/one", b'{"input":[1,2]}'.ljust(1 << 20))[0] == 200
    assert "temporary file" not in nginx.log()
