"""The FastCGI protocol, record by record, right and wrong, by a client that is no web server."""

import struct
import threading
import time

import documents
import fcgi_client as fcgi
import harness
import pytest

ROW = harness.encode({"input": [1, 2]})
UNKNOWN = 99


@pytest.fixture(scope="module")
def worker(shared):
    documents.put_version(shared.models, "one", 1, documents.constant(1))
    worker = shared.worker(
        read_timeout="1s", write_timeout="1s", queue_budget="5s", max_body="8m", max_params="64k"
    )
    worker.started_as = worker.pid
    return worker


@pytest.fixture(autouse=True)
def still_answers(worker):
    """After each case: the same process, and it predicts."""
    yield
    assert worker.is_alive(), worker.log()
    assert worker.predict("one", [1, 2]) == {"prediction": 1}
    assert worker.ask("GET", "/healthz").status == 200


def ask_twice(connection):
    for _ in range(2):
        answer = connection.ask("POST", "/predict/one", ROW)
        assert (answer.status, answer.body) == (200, b'{"prediction":1}')
        assert answer.app_status == 0 and answer.protocol_status == fcgi.REQUEST_COMPLETE


def body_of(size):
    """A prediction request of exactly this many bytes."""
    return b'{"input":[1,2]' + b" " * (size - len(b'{"input":[1,2]}')) + b"}"


def test_two_requests_on_one_connection(worker):
    with fcgi.Connection(worker.peer) as connection:
        ask_twice(connection)


def test_an_answer_is_complete_and_its_headers_are_well_formed(worker):
    with fcgi.Connection(worker.peer) as connection:
        answer = connection.ask("POST", "/predict/one", ROW)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-model-version"] == "1"
    assert answer.headers["x-request-id"]
    assert answer.errors == b"", "nothing belongs on the error stream"


def test_connection_is_closed_when_not_to_be_kept(worker):
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", ROW, keep=False).status == 200
        assert connection.is_closed()


def test_connection_is_kept_when_asked(worker):
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", ROW, keep=True).status == 200
        assert connection.is_silent(0.5)


def test_early_end(worker):
    for keep in (b"", fcgi.begin(), fcgi.begin()[:5]):
        with fcgi.Connection(worker.peer) as connection:
            connection.send(keep)


def test_silent_connections_hold_no_thread(worker):
    connections = [fcgi.Connection(worker.peer) for _ in range(8)]
    assert worker.predict("one", [1, 2]) == {"prediction": 1}
    for connection in connections:
        connection.close()


def test_idle_kept_connections_hold_no_thread(worker):
    """More of them than threads: the next client is served at once, and they can go on."""
    connections = [fcgi.Connection(worker.peer) for _ in range(2 + 2)]
    for connection in connections:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
    assert worker.predict("one", [1, 2]) == {"prediction": 1}
    for connection in connections:
        ask_twice(connection)
        connection.close()


REQUEST = fcgi.request_bytes("POST", "/predict/one", ROW)
PARTS = {
    "header": 4,
    "begin": 16,
    "params": 60,
    "params-end": len(fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW)) - 3,
    "body": len(REQUEST) - 8 - 5,
    "end-of-body": len(REQUEST) - 8,
    "last-byte": len(REQUEST) - 1,
}


@pytest.mark.parametrize("part", PARTS)
def test_a_request_in_two_parts(worker, part):
    with fcgi.Connection(worker.peer) as connection:
        connection.send(REQUEST[: PARTS[part]])
        assert connection.is_silent(0.3)
        connection.send(REQUEST[PARTS[part] :])
        connection.socket.settimeout(10)
        assert connection.read_answer().status == 200
        ask_twice(connection)


@pytest.mark.parametrize("part", PARTS)
def test_a_request_that_is_given_up(worker, part):
    with fcgi.Connection(worker.peer) as connection:
        connection.send(REQUEST[: PARTS[part]])


def test_a_request_in_small_segments(worker):
    """Eight bytes each. (The worker looks at the parameters before it reads them, so they must fit
    the socket's buffer, and the kernel counts some 3 kB for a segment however small.)"""
    with fcgi.Connection(worker.peer) as connection:
        for start in range(0, len(REQUEST), 8):
            connection.send(REQUEST[start : start + 8])
        assert connection.read_answer().status == 200
        ask_twice(connection)


def test_a_body_in_one_byte_segments(worker):
    head = fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW)
    with fcgi.Connection(worker.peer) as connection:
        connection.send(head)
        for byte in fcgi.stdin_stream(ROW, chunk=2):
            connection.send(bytes([byte]))
        assert connection.read_answer().status == 200
        ask_twice(connection)


def test_one_byte_records(worker):
    params = fcgi.request_params("POST", "/predict/one", ROW)
    message = (
        fcgi.begin()
        + fcgi.records(fcgi.PARAMS, 1, params, chunk=1)
        + fcgi.record(fcgi.PARAMS, 1)
        + fcgi.stdin_stream(ROW, chunk=1)
    )
    with fcgi.Connection(worker.peer) as connection:
        connection.send(message)
        assert connection.read_answer().status == 200
        ask_twice(connection)


@pytest.mark.parametrize("padding", [1, 7, 255])
def test_padding(worker, padding):
    params = fcgi.request_params("POST", "/predict/one", ROW)
    message = (
        fcgi.begin()
        + fcgi.records(fcgi.PARAMS, 1, params, chunk=50, padding=padding)
        + fcgi.record(fcgi.PARAMS, 1)
        + fcgi.records(fcgi.STDIN, 1, ROW, chunk=3, padding=padding)
        + fcgi.record(fcgi.STDIN, 1, padding=padding)
    )
    with fcgi.Connection(worker.peer) as connection:
        connection.send(message)
        assert connection.read_answer().status == 200
        ask_twice(connection)


def test_padding_behind_the_empty_params_record(worker):
    """libfcgi forgets this padding and reads it as a record: an error or the end, and no harm."""
    message = (
        fcgi.begin()
        + fcgi.records(fcgi.PARAMS, 1, fcgi.request_params("POST", "/predict/one", ROW))
        + fcgi.record(fcgi.PARAMS, 1, padding=8)
    )
    with fcgi.Connection(worker.peer) as connection:
        connection.send(message + fcgi.stdin_stream(ROW))
        try:
            assert connection.read_answer().status in (200, 400)
        except fcgi.Closed:
            pass


def test_padding_behind_the_body_that_comes_late(worker):
    """It belongs to a request that is answered already: it is no new one."""
    message = fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW)
    message += fcgi.records(fcgi.STDIN, 1, ROW) + fcgi.record(fcgi.STDIN, 1, padding=255)
    with fcgi.Connection(worker.peer) as connection:
        connection.send(message[:-255])
        time.sleep(0.1)
        connection.send_quietly(message[-255:])
        assert connection.read_answer().status == 200
        try:
            assert connection.ask("POST", "/predict/one", ROW).status == 200
        except (fcgi.Closed, OSError):
            pass


@pytest.mark.parametrize("request_id", [1, 2, 255, 256, 65535])
def test_request_ids(worker, request_id):
    with fcgi.Connection(worker.peer) as connection:
        for _ in range(2):
            assert connection.ask("POST", "/predict/one", ROW, request_id=request_id).status == 200


def test_growing_request_ids_on_one_connection(worker):
    with fcgi.Connection(worker.peer) as connection:
        for request_id in range(1, 20):
            assert connection.ask("POST", "/predict/one", ROW, request_id=request_id).status == 200


@pytest.mark.parametrize(
    "size", [8191, 8192, 8193, 65527, 65528, 65534, 65535, 65536, 65537, 5 << 20]
)
def test_body_sizes(worker, size):
    body = body_of(size)
    with fcgi.Connection(worker.peer, timeout=30) as connection:
        connection.send(fcgi.request_bytes("POST", "/predict/one", body))
        assert connection.read_answer().status == 200
        ask_twice(connection)


def test_an_empty_body(worker):
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", b"").status == 400
        ask_twice(connection)


def test_pipelined_requests_do_no_harm(worker):
    """libfcgi cannot keep what follows a request; no web server pipelines. The first is answered,
    and the second is answered, lost, or the connection ends: nothing is answered wrongly."""
    with fcgi.Connection(worker.peer, timeout=5) as connection:
        connection.send(REQUEST + fcgi.request_bytes("POST", "/predict/one", ROW, request_id=2))
        assert connection.read_answer(1).status == 200
        try:
            assert connection.read_answer(2).status == 200
        except (fcgi.Closed, TimeoutError):
            pass


def test_abort_before_the_body(worker):
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW))
        connection.send(fcgi.record(fcgi.ABORT_REQUEST, 1))
        assert_no_prediction(connection)


def test_abort_within_the_body(worker):
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW))
        connection.send(fcgi.record(fcgi.STDIN, 1, ROW[:5]) + fcgi.record(fcgi.ABORT_REQUEST, 1))
        assert_no_prediction(connection)


def assert_no_prediction(connection):
    """An error or the end, never a 200 on a request that was not complete."""
    try:
        answer = connection.read_answer()
    except fcgi.Closed:
        return
    assert answer.status in (0, 400), answer
    assert connection.is_closed()


def test_a_body_that_is_shorter_than_said(worker):
    short = fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW + b"   ")
    with fcgi.Connection(worker.peer) as connection:
        connection.send(short + fcgi.stdin_stream(ROW))
        assert_no_prediction(connection)


def test_a_body_that_is_longer_than_said(worker):
    short = fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW)
    with fcgi.Connection(worker.peer) as connection:
        connection.send(short + fcgi.stdin_stream(ROW + b" "))
        assert_no_prediction(connection)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999", "16 ", "+16", ""])
def test_content_length_that_is_no_number(worker, length):
    request = fcgi.begin() + fcgi.params_stream(
        "POST", "/predict/one", ROW, CONTENT_LENGTH=length
    )
    with fcgi.Connection(worker.peer) as connection:
        connection.send(request + fcgi.stdin_stream(ROW))
        try:
            answer = connection.read_answer()
        except fcgi.Closed:
            return
        assert answer.status in (200, 400, 413)
        assert length == "" or answer.status != 200


def test_multiplexed_begin_is_refused(worker):
    """A second request on a busy connection: the first is answered or the connection ends."""
    first = fcgi.begin(1) + fcgi.params_stream("POST", "/predict/one", ROW, request_id=1)
    with fcgi.Connection(worker.peer, timeout=5) as connection:
        connection.send(first + fcgi.begin(2))
        connection.send(fcgi.stdin_stream(ROW, 1))
        seen = {}
        try:
            while len(seen) < 2:
                kind, request_id, content = connection.read_record()
                if kind == fcgi.END_REQUEST:
                    seen[request_id] = content[4]
        except (fcgi.Closed, TimeoutError):
            pass
    assert seen.get(2, fcgi.CANT_MPX_CONN) == fcgi.CANT_MPX_CONN


VALUES = {"FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"}


def read_values(connection):
    kind, request_id, content = connection.read_record()
    assert (kind, request_id) == (fcgi.GET_VALUES_RESULT, 0)
    values, position = {}, 0
    while position < len(content):
        name_length, value_length = content[position], content[position + 1]
        position += 2
        name = content[position : position + name_length].decode()
        position += name_length
        values[name] = content[position : position + value_length].decode()
        position += value_length
    return values


@pytest.mark.parametrize("padding", [0, 1, 8, 255])
def test_get_values(worker, padding):
    names = b"".join(fcgi.pair(name, "") for name in sorted(VALUES))
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.record(fcgi.GET_VALUES, 0, names, padding))
        values = read_values(connection)
        assert set(values) <= VALUES
        assert values.get("FCGI_MPXS_CONNS") == "0"
        ask_twice(connection)


@pytest.mark.parametrize("repeats", [4, 5, 50, 400])
def test_get_values_repeated(worker, repeats):
    """Four of these overflow a buffer inside libfcgi: they must not get there."""
    names = fcgi.pair("FCGI_MPXS_CONNS", "") * repeats
    with fcgi.Connection(worker.peer, timeout=3) as connection:
        connection.send(fcgi.record(fcgi.GET_VALUES, 0, names))
        try:
            read_values(connection)
        except (fcgi.Closed, TimeoutError):
            pass


def test_get_values_of_nothing_and_of_unknown_names(worker):
    for names in (b"", fcgi.pair("NO_SUCH_VALUE", ""), b"\xff" * 8, b"\x05"):
        with fcgi.Connection(worker.peer, timeout=3) as connection:
            connection.send(fcgi.record(fcgi.GET_VALUES, 0, names))
            try:
                assert set(read_values(connection)) <= VALUES
            except (fcgi.Closed, TimeoutError):
                pass


@pytest.mark.parametrize("content", [b"", b"12345678"])
def test_unknown_management_record(worker, content):
    """Answered with UNKNOWN_TYPE or by closing."""
    with fcgi.Connection(worker.peer, timeout=3) as connection:
        connection.send(fcgi.record(UNKNOWN, 0, content))
        try:
            kind, request_id, answer = connection.read_record()
        except fcgi.Closed:
            return
        assert (kind, request_id, answer[0]) == (fcgi.UNKNOWN_TYPE, 0, UNKNOWN)


def test_unknown_record_within_a_request(worker):
    with fcgi.Connection(worker.peer, timeout=3) as connection:
        connection.send(fcgi.begin() + fcgi.record(UNKNOWN, 1, b"what is this"))
        connection.send_quietly(fcgi.params_stream("POST", "/predict/one", ROW))
        connection.send_quietly(fcgi.stdin_stream(ROW))


def test_records_of_another_request_are_not_taken_for_ours(worker):
    with fcgi.Connection(worker.peer, timeout=3) as connection:
        connection.send(fcgi.begin(1) + fcgi.params_stream("POST", "/predict/one", ROW))
        connection.send(fcgi.record(fcgi.STDIN, 7, b'{"input":[9,9,9]}') + fcgi.stdin_stream(ROW))
        try:
            assert connection.read_answer().status in (200, 400)
        except (fcgi.Closed, TimeoutError):
            pass


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version(worker, version):
    body = struct.pack(">HB5x", fcgi.RESPONDER, 1)
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.record(fcgi.BEGIN_REQUEST, 1, body, version=version))
        assert connection.is_closed()


@pytest.mark.parametrize("role", [fcgi.AUTHORIZER, fcgi.FILTER, 7, 0, 65535])
def test_other_roles_are_refused(worker, role):
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.begin(3, role=role))
        kind, request_id, content = connection.read_record()
        assert (kind, request_id) == (fcgi.END_REQUEST, 3)
        assert content[4] == fcgi.UNKNOWN_ROLE
        assert connection.is_closed()


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        bytes(64),
        b"\xff" * 64,
        fcgi.record(fcgi.BEGIN_REQUEST, 0, bytes(8)),
        fcgi.record(fcgi.BEGIN_REQUEST, 1, bytes(7)),
        fcgi.record(fcgi.BEGIN_REQUEST, 1, bytes(9)),
        fcgi.record(fcgi.STDIN, 1, b"out of order"),
        fcgi.record(fcgi.END_REQUEST, 1, bytes(8)),
    ],
    ids=["http", "tls", "zeros", "ones", "id-0", "short", "long", "stdin-first", "end-first"],
)
def test_junk_is_closed(worker, junk):
    with fcgi.Connection(worker.peer) as connection:
        connection.send_quietly(junk)
        assert connection.is_closed()


def test_params_whose_lengths_lie(worker):
    """A name or a value that says it is longer than the stream, up to two gigabytes of it."""
    lies = [b"\x7f\x7f", b"\x05\x00abc", b"\x84\x00\x00\x00\x01x"]
    lies += [b"\xbf\xff\xff\xff" * 2, b"\xff\xff\xff\xfe" * 2, b"\xff\xff\xff\xff" * 2]
    for lie in lies:
        with fcgi.Connection(worker.peer, timeout=5) as connection:
            connection.send(fcgi.begin() + fcgi.record(fcgi.PARAMS, 1, lie))
            connection.send_quietly(fcgi.record(fcgi.PARAMS, 1) + fcgi.record(fcgi.STDIN, 1))
            try:
                assert connection.read_answer().status in (0, 400, 431)
            except (fcgi.Closed, TimeoutError):
                pass


def test_many_params(worker):
    """Far beyond max-params: refused, by an answer or the end, and no memory kept."""
    before = worker.memory_kb()
    params = b"".join(fcgi.pair(f"HTTP_X_{i}", "v" * 60) for i in range(40000))
    message = fcgi.begin() + fcgi.records(fcgi.PARAMS, 1, params) + fcgi.record(fcgi.PARAMS, 1)
    with fcgi.Connection(worker.peer, timeout=20) as connection:
        connection.send_quietly(message + fcgi.record(fcgi.STDIN, 1))
        try:
            assert connection.read_answer().status in (400, 431)
        except fcgi.Closed:
            pass
    assert worker.predict("one", [1, 2]) == {"prediction": 1}
    assert worker.memory_kb() - before < 40000 or harness.SANITIZED


@pytest.mark.parametrize("name", ["REQUEST_METHOD", "REQUEST_URI"])
def test_params_that_are_missing(worker, name):
    gone = {name: None, "SCRIPT_NAME": None}
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.begin() + fcgi.params_stream("POST", "/predict/one", ROW, **gone))
        connection.send(fcgi.stdin_stream(ROW))
        assert 400 <= connection.read_answer().status < 500


@pytest.mark.parametrize(
    "path", ["predict/one", "/predict/%00", "/predict/%zz", "/predict/%", "*", "//predict/one"]
)
def test_paths_that_lead_nowhere(worker, path):
    answer = worker.ask("POST", path, ROW)
    assert answer.status in (400, 404), answer


def test_many_clients_at_once(worker):
    """32 connections, each keeping its requests and answers apart."""
    failures = []

    def talk(number):
        try:
            with fcgi.Connection(worker.peer, timeout=30) as connection:
                for i in range(50):
                    body = ROW if i % 3 else body_of(9000 + number)
                    got = connection.ask("POST", "/predict/one", body, REQUEST_ID=f"r{number}-{i}")
                    assert got.status == 200, got
                    assert got.headers["x-request-id"] == f"r{number}-{i}"
        except Exception as error:  # whatever it is, the test tells it
            failures.append(f"{number}: {error!r}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
