"""Slow peers, silent peers, too many peers: each is bounded and none harms the others."""

import os
import resource
import socket
import time

import documents
import fcgi_client as fcgi
import harness
import prometheus
import pytest

ROW = harness.encode({"input": [1, 2]})
REQUEST = fcgi.request_bytes("POST", "/predict/one", ROW)


@pytest.fixture(autouse=True)
def room_for_descriptors():
    """This process holds the other end of thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def start(rig, **options):
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    options.setdefault("queue_budget", "10s")
    return rig.worker(**options)


def assert_answers(worker):
    assert worker.is_alive(), worker.log()
    assert worker.predict("one", [1, 2], timeout=10 * harness.SLOWER) == {"prediction": 1}


@pytest.mark.parametrize("sent", [4, 30, 16, len(REQUEST) - 12, len(REQUEST) - 8])
def test_a_request_that_stops_is_given_up(rig, sent):
    """On as many connections as there are threads: afterwards all threads serve again."""
    worker = start(rig, read_timeout="500ms")
    stuck = [fcgi.Connection(worker.peer, timeout=20) for _ in range(3)]
    for connection in stuck:
        connection.send(REQUEST[:sent])
    assert_answers(worker)
    for connection in stuck:
        try:
            assert connection.read_answer().status in (400, 408)
        except fcgi.Closed:
            pass
        assert connection.is_closed(5 * harness.SLOWER)
        connection.close()


def test_a_trickling_sender_meets_the_deadline_of_the_whole_request(rig):
    """A byte now and then keeps no thread for longer than the read timeout."""
    worker = start(rig, read_timeout="1s")
    connection = fcgi.Connection(worker.peer, timeout=10)
    connection.send(REQUEST[: len(REQUEST) - 60])
    begun = time.monotonic()
    for byte in REQUEST[len(REQUEST) - 60 : -1]:
        if not connection.send_quietly(bytes([byte])):
            break
        time.sleep(0.1)
    trickled = time.monotonic() - begun
    assert trickled > 1, "the test itself must be slower than the deadline"
    try:
        assert connection.read_answer().status in (400, 408)
    except fcgi.Closed:
        pass
    connection.close()
    assert_answers(worker)


def test_a_peer_that_closes_before_the_answer(rig):
    documents.put_version(rig.models, "slow", 1, documents.wide(300, 4))
    worker = start(rig).await_version("slow", 1, input=[1, 2, 3, 4])
    body = harness.encode({"input": [[1, 2, 3, 4]] * 200})
    for _ in range(10):
        with fcgi.Connection(worker.peer) as connection:
            connection.send(fcgi.request_bytes("POST", "/predict/slow", body))
    assert_answers(worker)


def test_a_peer_that_never_reads(rig):
    """The answer is larger than every buffer on the way: the write deadline frees the thread."""
    documents.put_version(rig.models, "third", 1, documents.constant(1 / 3))
    worker = start(rig, write_timeout="500ms", queue_budget="20s").await_version("third", 1)
    body = harness.encode({"input": [[1, 2]] * 90_000})
    stuck = [fcgi.Connection(worker.peer, receive_buffer=4096) for _ in range(3)]
    for connection in stuck:
        connection.send(fcgi.request_bytes("POST", "/predict/third", body))
    time.sleep(0.3)
    assert_answers(worker)

    def is_free():
        server = worker.status()["server"]
        states = [one["state"] for one in server["workers"] + server["large_workers"]]
        return sorted(states) == ["running", *["waiting"] * 3] and server["queue"]["length"] == 0

    harness.wait_for(is_free, "the threads are free again")
    for connection in stuck:
        with pytest.raises(fcgi.Closed):
            while True:
                connection.read_record()
        connection.close()


def test_a_peer_that_never_closes(rig):
    """Not to be kept, and held open by the peer all the same: no thread waits for it."""
    worker = start(rig)
    held = []
    for _ in range(6):
        connection = fcgi.Connection(worker.peer)
        assert connection.ask("POST", "/predict/one", ROW, keep=False).status == 200
        held.append(connection)
    assert_answers(worker)
    for connection in held:
        connection.close()


def test_idle_connections_end_after_the_idle_timeout(rig):
    worker = start(rig, idle_timeout="300ms")
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
        assert connection.is_closed(10 * harness.SLOWER)
    assert_answers(worker)


def test_three_thousand_idle_connections(rig, measured):
    worker = start(rig, max_connections=4096)
    before = worker.memory_kb()
    connections = [fcgi.Connection(worker.peer, timeout=30) for _ in range(3000)]
    for connection in connections[::10]:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
    assert_answers(worker)
    measured("memory of 3000 connections", f"{worker.memory_kb() - before} kB")
    assert connections[-1].ask("POST", "/predict/one", ROW).status == 200
    assert connections[0].ask("POST", "/predict/one", ROW).status == 200
    for connection in connections:
        connection.close()
    harness.wait_for(
        lambda: worker.status()["server"]["idle"] < 100, "the connections are gone again"
    )
    assert_answers(worker)


def test_at_the_connection_limit_nobody_is_evicted(rig):
    """The limit is full of idle connections: newcomers wait, and get their turn when one leaves."""
    worker = start(rig, max_connections=8)
    kept = []
    for _ in range(8):
        connection = fcgi.Connection(worker.peer)
        assert connection.ask("POST", "/predict/one", ROW).status == 200
        kept.append(connection)
    waiting = fcgi.Connection(worker.peer)
    waiting.send(REQUEST)
    assert waiting.is_silent(0.5), "accepted beyond the limit, or refused"
    for connection in kept:
        connection.socket.settimeout(10)
        assert connection.ask("POST", "/predict/one", ROW).status == 200, "an idle one was evicted"
    kept.pop().close()
    waiting.socket.settimeout(10 * harness.SLOWER)
    assert waiting.read_answer().status == 200
    waiting.close()
    for connection in kept:
        connection.close()
    assert_answers(worker)


def test_no_processor_time_is_lost_at_the_connection_limit(rig):
    """A level-triggered listener with clients waiting must not spin."""
    worker = start(rig, max_connections=4)
    kept = [fcgi.Connection(worker.peer) for _ in range(4)]
    for connection in kept:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
    waiting = fcgi.Connection(worker.peer)
    before = processor_seconds(worker.pid)
    time.sleep(1)
    assert processor_seconds(worker.pid) - before < 0.5
    for connection in [*kept, waiting]:
        connection.close()


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_out_of_descriptors(rig):
    """accept fails with EMFILE: the worker waits, answers those it has, and recovers."""
    worker = start(rig, max_connections=4096)
    used = max(int(name) for name in os.listdir(f"/proc/{worker.pid}/fd")) + 1
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (used + 10, used + 10))
    kept = []
    for _ in range(40):
        kept.append(fcgi.Connection(worker.peer))
    before = processor_seconds(worker.pid)
    time.sleep(1)
    assert processor_seconds(worker.pid) - before < 0.5, "it spins on the listener"
    assert worker.is_alive(), worker.log()
    assert kept[0].ask("POST", "/predict/one", ROW).status == 200
    for connection in kept:
        connection.close()
    harness.wait_for(lambda: worker.ask("GET", "/healthz").status == 200, "it accepts again")
    assert_answers(worker)


def test_a_tcp_listener(rig):
    """HOST:PORT; loopback is let in without being listed."""
    port = harness.free_port()
    worker = start(rig, listen=f"127.0.0.1:{port}", peer=("127.0.0.1", port))
    with fcgi.Connection(worker.peer) as connection:
        assert connection.ask("POST", "/predict/one", ROW).status == 200
        assert connection.ask("POST", "/predict/one", ROW).status == 200


def test_a_tcp_listener_turns_strangers_away(rig):
    port = harness.free_port()
    worker = start(
        rig, ready=False, listen=f"127.0.0.1:{port}", peer=("127.0.0.1", port),
        allow_peers="127.0.0.9",
    )
    harness.wait_for(lambda: harness.accepts(worker.peer), "it listens")
    with fcgi.Connection(worker.peer) as connection:
        connection.send_quietly(REQUEST)
        assert connection.is_closed()
    with socket.socket() as friend:
        friend.bind(("127.0.0.9", 0))
        friend.settimeout(10)
        friend.connect(worker.peer)
        friend.sendall(fcgi.request_bytes("GET", "/healthz"))
        assert friend.recv(8)[:2] == b"\x01\x06"


def test_the_socket_is_for_owner_and_group(rig):
    worker = start(rig)
    assert os.stat(worker.peer).st_mode & 0o777 == 0o660


def test_a_second_worker_does_not_take_the_socket_of_the_first(rig):
    worker = start(rig)
    second = rig.add(harness.Worker(rig.run, rig.models, name="second", peer=worker.peer))
    assert second.wait() != 0
    assert worker.peer in second.log(), "it says which socket"
    assert_answers(worker)


def test_a_socket_left_by_a_dead_worker_is_taken_over(rig):
    worker = start(rig)
    worker.process.kill()
    worker.process.wait()
    second = rig.add(harness.Worker(rig.run, rig.models, name="second", peer=worker.peer))
    second.await_ready()
    assert_answers(second)


def test_a_file_at_the_socket_path_is_not_removed(rig):
    path = f"{rig.run}/precious.sock"
    with open(path, "w", encoding="ascii") as file:
        file.write("precious")
    worker = rig.add(harness.Worker(rig.run, rig.models, name="refused", peer=path))
    assert worker.wait() != 0
    with open(path, encoding="ascii") as file:
        assert file.read() == "precious"
    assert path in worker.log()


# Computing


def many_rows(count):
    return harness.encode({"input": [[1, 2, 3, 4]] * count})


def test_computing_has_a_deadline(rig):
    """A request that is all too large is the client's to divide, and nobody else's to wait for."""
    documents.put_version(rig.models, "wide", 1, documents.wide(256, 3))
    worker = start(rig, compute_timeout="1ms")
    answer = worker.ask("POST", "/predict/wide", many_rows(2000))
    assert answer.status == 413, answer
    error = harness.parse_json(answer.body)
    assert error["code"] == "limit" and "fewer" in error["error"], error
    assert worker.ask("POST", "/predict/wide", many_rows(1)).status == 200
    assert_answers(worker)


def test_rows_that_nobody_waits_for_are_not_computed(rig):
    documents.put_version(rig.models, "wide", 1, documents.wide(256, 3))
    worker = start(rig, threads=1)
    with fcgi.Connection(worker.peer) as connection:
        connection.send(fcgi.request_bytes("POST", "/predict/wide", many_rows(20_000)))
        time.sleep(0.05)  # or the connection ends before the body is read
    harness.wait_for(lambda: statuses_of(worker, "wide") == {"499"}, "it is given up", 60)
    assert_answers(worker)


def statuses_of(worker, model):
    samples = prometheus.parse(worker.metrics_text()).samples
    labels = [dict(pairs) for name, pairs in samples if name == "omen_requests_total"]
    return {pairs["status"] for pairs in labels if pairs["model"] == model}
