"""TERM, QUIT, a second one, HUP and USR1: at rest, in the middle of a body or of work."""

import os
import signal
import time

import documents
import fcgi_client as fcgi
import harness
import pytest

ROW = harness.encode({"input": [1, 2]})
REQUEST = fcgi.request_bytes("POST", "/predict/one", ROW)
DRAIN = "3s"


@pytest.fixture
def worker(rig):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    return rig.worker(drain_timeout=DRAIN, read_timeout="5s", queue_budget="10s")


def ended_within(worker, seconds):
    begun = time.monotonic()
    status = worker.wait(seconds)
    return status, time.monotonic() - begun


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_at_rest_ends_it(worker, number):
    worker.send_signal(number)
    status, _ = ended_within(worker, 2)
    assert status == 0, worker.log()
    assert not os.path.exists(worker.peer), "its own socket is removed"


def test_an_inherited_listener_is_left_alone(rig):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    path = f"{rig.run}/inherited.sock"
    with harness.unix_listener(path) as listener:
        worker = rig.worker(listener=listener, peer=path)
        assert worker.stop() == 0
        assert os.path.exists(path)


def test_drain_lets_a_body_arrive(worker):
    """TERM in the middle of a body: the rest is read, answered, and the connection closed."""
    with fcgi.Connection(worker.peer) as connection:
        connection.send(REQUEST[:-12])
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert worker.is_alive()
        connection.send(REQUEST[-12:])
        answer = connection.read_answer()
        assert (answer.status, answer.body) == (200, b'{"prediction":1}')
        assert connection.is_closed()
    assert worker.wait() == 0, worker.log()


def test_drain_finishes_what_is_being_computed(rig):
    documents.put_version(rig.models, "slow", 1, documents.wide(300, 4))
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker = rig.worker(drain_timeout="60s", queue_budget="60s").await_version(
        "slow", 1, input=[1, 2, 3, 4]
    )
    body = harness.encode({"input": [[1, 2, 3, 4]] * 60000})
    with fcgi.Connection(worker.peer, timeout=60 * harness.SLOWER) as connection:
        connection.send(fcgi.request_bytes("POST", "/predict/slow", body))
        time.sleep(0.15)
        worker.send_signal(signal.SIGTERM)
        answer = connection.read_answer()
        assert answer.status == 200
        assert len(harness.parse_json(answer.body)["prediction"]) == 60000
        assert connection.is_closed()
    assert worker.wait(10) == 0, worker.log()


def test_drain_answers_on_kept_connections_and_closes_them(worker):
    """nginx goes on using what it has: each such request is answered, and is the last one there."""
    kept = [fcgi.Connection(worker.peer) for _ in range(4)]
    for connection in kept:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    for connection in kept:
        answer = connection.ask("POST", "/predict/one", ROW)
        assert (answer.status, answer.body) == (200, b'{"prediction":1}')
        assert connection.is_closed()
        connection.close()
    assert worker.wait(2) == 0, "nothing is left to wait for"


def test_not_ready_while_draining(worker):
    with fcgi.Connection(worker.peer) as one, fcgi.Connection(worker.peer) as two:
        for connection in (one, two):
            assert connection.ask("GET", "/readyz").status == 200
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert one.ask("GET", "/readyz").status == 503
        assert two.ask("GET", "/healthz").status == 200


def test_no_new_connections_while_draining(worker):
    with fcgi.Connection(worker.peer) as kept:
        kept.ask("GET", "/healthz")
        worker.send_signal(signal.SIGTERM)
        harness.wait_for(lambda: not harness.accepts(worker.peer), "the listener is closed")


def test_idle_connections_do_not_hold_up_the_end_for_ever(worker):
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
        worker.send_signal(signal.SIGTERM)
        status, seconds = ended_within(worker, 10)
        assert status == 0, worker.log()
        assert seconds < 8 * harness.SLOWER
        assert connection.is_closed()


def test_a_request_that_never_ends_does_not_hold_up_the_end(rig):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker = rig.worker(drain_timeout="500ms", read_timeout="60s")
    with fcgi.Connection(worker.peer) as connection:
        connection.send(REQUEST[:-12])
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        status, _ = ended_within(worker, 5)
        assert status == 1, f"neither orderly nor a crash: {worker.log()}"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGQUIT])
def test_a_second_signal_ends_it_now(rig, second):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    worker = rig.worker(drain_timeout="120s", read_timeout="120s")
    with fcgi.Connection(worker.peer) as idle, fcgi.Connection(worker.peer) as busy:
        assert idle.ask("POST", "/predict/one", ROW).status == 200
        busy.send(REQUEST[:-12])
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert worker.is_alive()
        worker.send_signal(second)
        status, _ = ended_within(worker, 5)
        assert status == 1, f"neither orderly nor a crash: {worker.log()}"


def test_signals_in_the_middle_of_a_body_do_not_cut_it(worker):
    """HUP and USR1 while a thread reads: the body is whole all the same."""
    body = b'{"input":[1,2]' + b" " * 200_000 + b"}"
    message = fcgi.request_bytes("POST", "/predict/one", body)
    with fcgi.Connection(worker.peer) as connection:
        for start in range(0, len(message), 20_000):
            connection.send(message[start : start + 20_000])
            worker.send_signal(signal.SIGHUP)
            worker.send_signal(signal.SIGUSR1)
            time.sleep(0.02)
        assert connection.read_answer().status == 200
    assert worker.is_alive()


def test_a_closed_pipe_is_no_reason_to_end(worker):
    worker.send_signal(signal.SIGPIPE)
    time.sleep(0.2)
    assert worker.is_alive()
    assert worker.predict("one", [1, 2]) == {"prediction": 1}
