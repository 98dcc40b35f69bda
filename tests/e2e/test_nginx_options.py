"""What nginx does beyond passing requests on: TLS, limits, packing, proxies, ports, records."""

import concurrent.futures
import gzip
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import warnings

import documents
import harness
import pytest

ROW = b'{"input":[1,2]}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "one", 1, documents.constant(1))
    return shared.worker(max_body="4m", management="yes")


@pytest.fixture(scope="module")
def nginx(shared, worker):
    return shared.nginx(worker.peer)


def assert_refused(answer, status, code):
    got, headers, body = answer
    assert got == status, answer
    assert headers["content-type"] == "application/json"
    assert harness.parse_json(body)["code"] == code
    assert headers["x-request-id"]


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(shared):
    certificate, key = f"{shared.run}/certificate.pem", f"{shared.run}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return certificate, key


@pytest.fixture(scope="module")
def tls(shared, worker, certificate):
    """An nginx with TLS, and its port."""
    port = harness.free_port()
    shared.nginx(worker.peer, tls_port=port, tls_certificate=certificate[0], tls_key=certificate[1],
                 max_body="1m")
    return port


def curl(port, certificate, *words, path="/predict/one"):
    command = ["curl", "-sS", "--cacert", certificate[0], "-w", "\n%{http_version} %{http_code}",
               *words, f"https://127.0.0.1:{port}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    body, _, last = done.stdout.rpartition("\n")
    return body, last


@pytest.mark.parametrize("words, version", [(["--http2"], "2"), (["--http1.1"], "1.1")])
@pytest.mark.parametrize("tls_version", ["1.2", "1.3"])
def test_predictions_over_tls(tls, certificate, words, version, tls_version):
    body, last = curl(tls, certificate, *words, f"--tlsv{tls_version}", "--tls-max", tls_version,
                      "-H", "Content-Type: application/json", "-d", ROW.decode())
    assert (body, last) == ('{"prediction":1}', f"{version} 200")


def test_errors_over_http2(tls, certificate, tmp_path):
    body, last = curl(tls, certificate, "--http2", path="/nowhere")
    assert last == "2 404" and json.loads(body)["code"] == "not_found"
    (tmp_path / "large").write_bytes(ROW.ljust((1 << 20) + 1))
    body, last = curl(tls, certificate, "--http2", "-H", "Content-Type: application/json",
                      "--data-binary", f"@{tmp_path}/large")
    assert last == "2 413" and json.loads(body)["code"] == "limit"


def test_a_request_without_tls_to_its_port(tls):
    assert_refused(harness.http_ask(tls, "GET", "/healthz"), 400, "invalid")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_protocols_are_refused(tls, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", tls), 5) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain)


def test_a_session_is_taken_up_again(tls, certificate):
    context = ssl.create_default_context(cafile=certificate[0])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", tls), 5) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as peer:
                reused, session = peer.session_reused, peer.session
                assert not session.has_ticket
    assert reused


# --- limits ---------------------------------------------------------------------------------------


def test_more_requests_than_the_rate_are_refused(rig, worker):
    nginx = rig.nginx(worker.peer, limit_rate="1r/m", limit_burst=4)
    answers = [nginx.ask("POST", "/predict/one", ROW, JSON) for _ in range(8)]
    assert [answer[0] for answer in answers] == [200] * 5 + [429] * 3
    assert_refused(answers[-1], 429, "unavailable")
    assert answers[-1][1]["retry-after"] == "1"
    for path in ("/healthz", "/readyz", "/nginx-health", "/v2/health/ready", "/metrics"):
        assert nginx.ask("GET", path)[0] < 300, f"{path} is a probe"


def test_more_requests_at_once_than_the_limit_are_refused(rig, shared):
    path = f"{rig.run}/silent.sock"
    with harness.unix_listener(path):
        nginx = rig.nginx(path, limit_connections=2, read_timeout="2s")
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            ask = lambda _: nginx.ask("POST", "/predict/one", ROW, JSON)  # noqa: E731
            answers = list(pool.map(ask, range(5)))
    assert sorted(answer[0] for answer in answers) == [429, 429, 429, 504, 504]
    assert_refused(next(answer for answer in answers if answer[0] == 429), 429, "unavailable")


# --- packing --------------------------------------------------------------------------------------


def rows(count):
    return harness.encode({"input": [[1, 2]] * count})


def test_a_large_answer_is_packed_for_who_takes_it(nginx):
    takes = {**JSON, "Accept-Encoding": "gzip, deflate"}
    status, headers, body = nginx.ask("POST", "/predict/one", rows(8000), takes)
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert headers["vary"] == "Accept-Encoding"
    assert len(json.loads(gzip.decompress(body))["prediction"]) == 8000
    _, headers, body = nginx.ask("POST", "/predict/one", rows(8000), JSON)
    assert "content-encoding" not in headers and len(json.loads(body)["prediction"]) == 8000


def test_a_small_answer_is_not_packed(nginx):
    status, headers, body = nginx.ask("POST", "/predict/one", ROW, {**JSON, "Accept-Encoding": "gzip"})
    assert (status, body) == (200, b'{"prediction":1}')
    assert "content-encoding" not in headers and "vary" not in headers


def test_what_the_worker_has_packed_is_not_packed_again(nginx):
    inputs = [{"name": "row", "shape": [8000, 2], "datatype": "FP64", "data": [1, 2] * 8000}]
    status, headers, body = nginx.ask(
        "POST", "/v2/models/one/infer", harness.encode({"inputs": inputs}),
        {**JSON, "Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert json.loads(gzip.decompress(body))["outputs"][0]["shape"][0] == 8000


def test_metrics_are_packed_for_who_scrapes_them(nginx):
    """Of thousands of models they are tens of MiB, a line much as the other."""
    _, headers, plain = nginx.ask("GET", "/metrics")
    assert headers["content-type"].startswith("text/plain; version=0.0.4;") and len(plain) > 8192
    status, headers, body = nginx.ask("GET", "/metrics", b"", {"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert len(body) < len(plain) / 3 and b"omen_requests_total" in gzip.decompress(body)


def test_packing_can_be_turned_off(rig, worker):
    nginx = rig.nginx(worker.peer, gzip="off")
    _, headers, _ = nginx.ask("POST", "/predict/one", rows(8000), {**JSON, "Accept-Encoding": "gzip"})
    assert "content-encoding" not in headers


# --- ports ----------------------------------------------------------------------------------------

WATCHED = ["/status", "/metrics", "/nginx-status"]


def test_a_port_for_those_who_watch(rig, worker):
    port = harness.free_port()
    nginx = rig.nginx(worker.peer, metrics_port=port, allow="127.0.0.9")
    for path in WATCHED:
        assert harness.http_ask(port, "GET", path)[0] == 200
        assert_refused(nginx.ask("GET", path), 404, "not_found")
    for path in ("/", "/predict/one", "/docs", "/v2/repository/index", "/models", "/readyz"):
        assert_refused(harness.http_ask(port, "GET", path), 404, "not_found")
    assert nginx.ask("GET", "/readyz")[0] == 200
    assert_refused(nginx.ask("POST", "/v2/repository/index", b"{}", JSON), 403, "forbidden")
    assert b"omen_requests_total" in harness.http_ask(port, "GET", "/metrics")[2]


def test_what_nginx_counts(nginx):
    status, headers, body = nginx.ask("GET", "/nginx-status")
    assert status == 200 and headers["content-type"] == "text/plain"
    assert re.match(rb"Active connections: \d+", body)


def test_nginx_lives_without_a_worker(rig):
    nginx = rig.nginx(f"{rig.run}/nobody.sock")
    status, headers, body = nginx.ask("GET", "/nginx-health")
    assert (status, body) == (204, b"") and headers["cache-control"] == "no-store"
    assert nginx.ask("GET", "/readyz")[0] == 502


@pytest.mark.skipif(not os.path.exists("/proc/net/if_inet6"), reason="no IPv6 on this machine")
def test_both_internet_protocols(rig, worker):
    nginx = rig.nginx(worker.peer, listen="::1")  # besides
    for host in ("127.0.0.1", "::1"):
        client = http.client.HTTPConnection(host, nginx.port, timeout=10)
        client.request("GET", "/healthz")
        assert client.getresponse().status == 200
        client.close()


# --- proxies and request ids ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind_proxy(shared, worker):
    return shared.nginx(worker.peer, real_ip_from="127.0.0.1,10.0.0.0/8", allow="192.0.2.1",
                        access_log=f"{shared.run}/proxy.log")


PROXIED = [("192.0.2.1", 200), ("192.0.2.2", 403), ("192.0.2.1, 192.0.2.2", 403),
           ("192.0.2.2, 192.0.2.1, 10.1.2.3", 200), ("nonsense", 403)]


@pytest.mark.parametrize("forwarded, status", PROXIED)
def test_the_client_is_who_the_proxy_says(behind_proxy, forwarded, status):
    assert behind_proxy.ask("GET", "/status", None, {"X-Forwarded-For": forwarded})[0] == status


def test_nobody_else_may_say_who_the_client_is(rig, worker):
    nginx = rig.nginx(worker.peer, real_ip_from="10.0.0.0/8", allow="192.0.2.1")
    headers = {"X-Forwarded-For": "192.0.2.1", "X-Request-Id": "mine"}
    status, answer, _ = nginx.ask("GET", "/status", None, headers)
    assert status == 403 and answer["x-request-id"] != "mine"


@pytest.mark.parametrize("path", ["/predict/one", "/nowhere"], ids=["worker", "nginx"])
@pytest.mark.parametrize("given, kept", [
    ("a.Trace_id-1:2", True), ("x" * 128, True), ("x" * 129, False), ("", False), ("a b", False),
    ('a"b', False), ("a\tb", False), ("\u00e4", False),
])
def test_a_proxy_may_name_the_request(behind_proxy, path, given, kept):
    _, headers, _ = behind_proxy.ask("POST", path, ROW, {**JSON, "X-Request-Id": given.encode("latin-1")})
    if kept:
        assert headers["x-request-id"] == given
    else:
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])


# --- methods and what smuggles --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "PROPFIND", "PURGE", "TRACE",
                                    "CONNECT", "OPTIONS"])
def test_other_methods_are_refused(nginx, method):
    answer = nginx.ask(method, "/predict/one")
    assert_refused(answer, 405, "method_not_allowed")
    assert "POST" in answer[1]["allow"]


HEAD = b"POST /predict/one HTTP/1.1\r\nHost: a\r\n"
SMUGGLED = b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n"
AMBIGUOUS = {
    "both lengths": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "twice chunked": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, so to say": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "signed length": HEAD + b"Content-Length: +4\r\n\r\n{}  ",
    "blank in a name": HEAD + b"Content-Length : 4\r\n\r\n{}  ",
    "chunked 1.0": b"POST /predict/one HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_a_request_with_two_readings_ends_its_connection(nginx, case):
    """One refusal, and nothing of what follows is taken for a request."""
    with socket.create_connection(("127.0.0.1", nginx.port), 5) as peer:
        peer.sendall(AMBIGUOUS[case] + SMUGGLED)
        received = b""
        while part := peer.recv(65536):
            received += part
    heads = re.findall(rb"^HTTP/1.1 (\d+)", received, re.M)
    assert len(heads) == 1 and heads[0] in (b"400", b"501"), received


def test_no_path_is_redirected(nginx):
    for path in ("/v2/repository", "/models", "/docs", "/v1/models", "/predict"):
        status, headers, _ = nginx.ask("GET", path)
        assert status not in range(300, 400) and "location" not in headers, path


# --- the record -----------------------------------------------------------------------------------


def test_the_access_log_is_json_whatever_comes(rig, worker):
    log = f"{rig.run}/access.log"
    nginx = rig.nginx(worker.peer, access_log=log)
    lines = [
        b"POST /predict/one?secret=1 HTTP/1.1",
        b'GET /"quoted"\\back HTTP/1.1',
        b"GET /%22%ff%c3%28%0a HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET /raw\xff\xc3\x28 HTTP/1.1",
        b"GET /?\xff HTTP/1.1",
        b'GET /\x01 HTTP/1.1',
        b'"} HTTP/1.1',
        b"GET /" + b"a" * 20000 + b" HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ]
    for line in lines:
        with socket.create_connection(("127.0.0.1", nginx.port), 5) as peer:
            peer.sendall(line + b'\r\nHost: a\r\nUser-Agent: "\xff\r\nContent-Length: 0\r\n\r\n')
            peer.recv(100)
    harness.wait_for(lambda: open(log, "rb").read().count(b"\n") >= len(lines), "all is written")
    records = [harness.parse_json(line) for line in open(log, encoding="utf-8")]
    assert len(records) == len(lines)
    first = records[0]
    assert first["uri"] == "/predict/one" and first["method"] == "POST" and first["status"] == 400
    assert first["upstream_status"] == "400" and first["seconds"] < 5
    assert re.fullmatch("[0-9a-f]{32}", first["request_id"]) and first["remote"] == "127.0.0.1"
    paths = [record["uri"] for record in records]
    assert paths[1:5] == ['/"quoted"\\back', "/%22%ff%c3%28%0a", "", "/raw..."]
    assert all(record["status"] in (400, 404, 414) or record["uri"] == "/" for record in records)
