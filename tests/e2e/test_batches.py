"""Large batches: what they take, and that small requests do not wait behind them."""

import json
import os
import random
import threading
import time

import documents
import harness
import pytest

NUMBERS = 1_000_000
FIELDS = 30
LARGE_BODY = 64 * 1024  # from which on threads of their own serve it
of_the_heap = pytest.mark.skipif(harness.SLOWER > 1, reason="a sanitizer has a heap of its own")


@pytest.fixture(scope="module")
def models(shared):
    documents.put_version(shared.models, "slow", 1, documents.wide(160, 6))
    documents.put_version(shared.models, "slower", 1, documents.wide(400, 6))
    documents.put_version(shared.models, "total", 1, documents.total())
    documents.put_version(shared.models, "cancer", 1, {
        "format": "omen/1",
        "inputs": [{"name": f"x{i}"} for i in range(FIELDS)],
        "model": {"op": "linear_regression", "coef_": [1] * FIELDS, "intercept_": 0},
    })
    return shared.models


class Large(threading.Thread):
    """A batch for a slow model on its own connection."""

    def __init__(self, worker, rows, model="slow"):
        super().__init__()
        self.worker, self.path = worker, f"/predict/{model}"
        self.body = json.dumps({"input": [[1, 1, 2, 3]] * rows}, separators=(",", ":")).encode()
        self.seconds, self.answer, self.problem = None, None, None

    def run(self):
        began = time.monotonic()
        try:
            self.answer = self.worker.ask("POST", self.path, self.body, timeout=60)
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem
        self.seconds = time.monotonic() - began


def rows_for(worker, seconds):
    """How many rows keep the slow model busy for so long, here and now."""
    probe = Large(worker, 4000)
    probe.run()
    return int(4000 * seconds / probe.seconds)


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("model", ["slow", "slower"])
def test_small_requests_do_not_wait_behind_large_ones(models, rig, model, batches):
    """One thread, and as many batches at once as it may begin. Those with a large body are left to
    the thread for them; between two blocks of the others' rows a small request is answered."""
    worker = rig.worker(models=models, threads=1, max_rows=1000000, max_body="64m")
    rows = rows_for(worker, 1.0) if model == "slow" else 6000
    large = [Large(worker, rows, model) for _ in range(batches)]
    assert (len(large[0].body) > LARGE_BODY) == (model == "slow")
    for batch in large:
        batch.start()
        time.sleep(0.03)
    waits = []
    while all(batch.is_alive() for batch in large) and len(waits) < 20:
        began = time.monotonic()
        assert worker.predict("total", [1, 2, 3]) == {"prediction": 321}
        waits.append(time.monotonic() - began)
        time.sleep(0.01)
    assert len(waits) >= 5, waits
    for batch in large:
        batch.join()
        assert batch.problem is None
        assert batch.answer.status == 200
        answers = json.loads(batch.answer.body)["prediction"]
        assert len(answers) == rows and len(set(answers)) == 1
    assert sorted(waits)[len(waits) // 2] < min(batch.seconds for batch in large) / 5, waits


def niceness_of_threads(worker):
    return [os.getpriority(os.PRIO_PROCESS, int(task))
            for task in os.listdir(f"/proc/{worker.pid}/task")]


def policies_of_workers(worker):
    """Of the threads that are not for large requests: those have another niceness."""
    tasks = [int(task) for task in os.listdir(f"/proc/{worker.pid}/task")]
    usual = os.getpriority(os.PRIO_PROCESS, worker.pid)
    return [os.sched_getscheduler(task) for task in tasks
            if os.getpriority(os.PRIO_PROCESS, task) == usual]


def test_threads_for_large_requests_give_way(models, rig):
    """They come when needed and are of a lower priority; beside them the workers may interrupt what
    runs on their CPU, and a while later they are patient again."""
    worker = rig.worker(models=models, threads=2, max_rows=1000000, max_body="64m")
    usual = niceness_of_threads(worker)
    assert len(set(usual)) == 1
    harness.wait_for(lambda: policies_of_workers(worker).count(os.SCHED_BATCH) == 2,
                     "each thread has set its own")
    batch = Large(worker, LARGE_BODY)
    batch.run()
    assert batch.answer.status == 200
    lowered = niceness_of_threads(worker)
    assert sorted(lowered) == sorted([*usual, min(usual[0] + 5, 19)])
    assert len(worker.status()["server"]["large_workers"]) == 1
    assert policies_of_workers(worker).count(os.SCHED_BATCH) == 0
    harness.wait_for(lambda: policies_of_workers(worker).count(os.SCHED_BATCH) == 2,
                     "they are patient again")


def test_a_large_batch_in_the_queue_gets_its_turn(models, rig):
    """Small requests come in between, and do not starve it."""
    worker = rig.worker(models=models, threads=1, max_rows=1000000, max_body="64m")
    rows = rows_for(worker, 0.5)
    alone = Large(worker, rows)
    alone.run()
    batch, stop = Large(worker, rows), threading.Event()

    def pester():
        while not stop.is_set():
            worker.predict("total", [1, 2, 3])

    pests = [threading.Thread(target=pester) for _ in range(2)]
    for pest in pests:
        pest.start()
    batch.run()
    stop.set()
    for pest in pests:
        pest.join()
    assert batch.answer.status == 200
    assert batch.seconds < 30 * alone.seconds


@of_the_heap
def test_a_million_numbers_take_their_body_and_their_matrix(models, rig):
    draw = random.Random(1)
    rows = NUMBERS // FIELDS
    values = [draw.gauss(0, 1) for _ in range(1000)]
    table = [[values[(row * FIELDS + i) % 1000] for i in range(FIELDS)] for row in range(rows)]
    body = json.dumps({"input": table}, separators=(",", ":")).encode()
    worker = rig.worker(models=models, threads=1, max_rows=1000000, max_body="64m",
                        request_memory="256m")
    assert worker.predict("total", [1, 2, 3]) == {"prediction": 321}
    before = worker.memory_kb(which="VmHWM")
    answer = worker.ask("POST", "/predict/cancer", body, timeout=60)
    assert answer.status == 200
    got = json.loads(answer.body)["prediction"]
    assert len(got) == rows
    assert got[7] == pytest.approx(sum(table[7]))
    grown = (worker.memory_kb(which="VmHWM") - before) * 1024
    assert grown <= len(body) + NUMBERS * 8 + (8 << 20), (grown, len(body))
    time.sleep(0.1)
    assert worker.memory_kb() <= before + 4096  # and give it back


@of_the_heap
def test_what_many_large_bodies_took_is_given_back(models, rig):
    """Each thread's heap has been large once: none of them may keep it."""
    row = [i / 7 for i in range(FIELDS)]
    body = json.dumps({"input": [row] * 7000}, separators=(",", ":")).encode()
    worker = rig.worker(models=models, threads=2, max_body="4m", request_memory="16m")
    assert worker.predict("total", [1, 2, 3]) == {"prediction": 321}
    before = worker.memory_kb()
    statuses = []

    def ask_some():
        for _ in range(4):
            statuses.append(worker.ask("POST", "/predict/cancer", body, timeout=60).status)

    clients = [threading.Thread(target=ask_some) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses == [200] * 32
    time.sleep(0.1)
    assert worker.memory_kb() <= before + 24 * 1024, f"{before} kB before"


@of_the_heap
def test_a_thousand_rows_take_no_new_memory(models, rig):
    """What one such request has had, the next one takes again, without asking the kernel."""
    numbers = random.Random(1)
    rows = [[numbers.random() for _ in range(FIELDS)] for _ in range(1000)]
    body = json.dumps({"input": rows}, separators=(",", ":")).encode()
    worker = rig.worker(models=models)

    def faults_of_fifty():
        before = worker.page_faults()
        for _ in range(50):
            assert worker.ask("POST", "/predict/cancer", body).status == 200
        return worker.page_faults() - before

    faults_of_fifty()
    assert faults_of_fifty() < 50 * 20
