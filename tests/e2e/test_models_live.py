"""Models that come, change, break and go while requests are answered."""

import json
import os
import shutil

import documents
import harness
import prometheus
import pytest

ROW = harness.encode({"input": [1, 2]})


@pytest.fixture
def worker(rig):
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    return rig.worker()


def answer_of(worker, path="m"):
    """(status, answer, version)"""
    answer = worker.ask("POST", f"/predict/{path}", ROW)
    value = harness.parse_json(answer.body).get("prediction")
    return answer.status, value, answer.headers.get("x-model-version")


def await_answer(worker, expected, path="m"):
    harness.wait_for(lambda: answer_of(worker, path) == expected, f"{path} answers {expected}")


def entry(worker, version, name="m"):
    """A version in /status, or None."""
    models = worker.status()["models"]
    found = [one for one in models if (one["name"], one["version"]) == (name, str(version))]
    return found[-1] if found else None


def await_refused(worker, version, name="m"):
    def refused():
        found = entry(worker, version, name)
        return found if found and found["state"] == "failed" else None

    return harness.wait_for(refused, f"version {version} is refused")


def assert_unchanged(worker):
    assert answer_of(worker) == (200, 1, "1")
    assert worker.ask("GET", "/readyz").status == 200


# Coming


def test_a_new_version_becomes_the_default(rig, worker):
    documents.put_version(rig.models, "m", 2, documents.constant(2))
    await_answer(worker, (200, 2, "2"))
    assert answer_of(worker, "m/1") == (200, 1, "1"), "the one before stays addressable"


def test_a_new_model(rig, worker):
    documents.put_version(rig.models, "other", 1, documents.constant(7))
    await_answer(worker, (200, 7, "1"), "other")
    assert_unchanged(worker)


def test_it_does_not_take_a_rescan(rig):
    """The file system tells: a new version is live long before the next look."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    worker = rig.worker(rescan_interval="1h")
    documents.put_version(rig.models, "m", 2, documents.constant(2))
    await_answer(worker, (200, 2, "2"))
    documents.put_version(rig.models, "new", 1, documents.constant(5))
    await_answer(worker, (200, 5, "1"), "new")
    documents.put_version(rig.models, "new", 2, documents.constant(6))
    await_answer(worker, (200, 6, "2"), "new")


def test_a_document_alone_is_version_1(rig, worker):
    documents.write(f"{rig.models}/alone.json", documents.constant(9))
    await_answer(worker, (200, 9, "1"), "alone")
    documents.write(f"{rig.models}/alone.json", documents.constant(10))
    await_answer(worker, (200, 10, "1"), "alone")


def test_a_flipped_symbolic_link(rig):
    stores = f"{rig.run}/stores"
    for number in (1, 2):
        documents.write(f"{stores}/{number}/model.json", documents.constant(number))
    os.mkdir(f"{rig.models}/m")
    os.symlink(f"{stores}/1", f"{rig.models}/m/5")
    worker = rig.worker()
    assert answer_of(worker) == (200, 1, "5")
    os.symlink(f"{stores}/2", f"{rig.models}/m/.next")
    os.rename(f"{rig.models}/m/.next", f"{rig.models}/m/5")
    await_answer(worker, (200, 2, "5"))


def test_a_mounted_config_map(rig):
    """As Kubernetes does it: NAME.json -> ..data/NAME.json, and ..data is flipped."""
    for number in (1, 2):
        documents.write(f"{rig.models}/..{number}/m.json", documents.constant(number))
    os.symlink("..1", f"{rig.models}/..data")
    os.symlink("..data/m.json", f"{rig.models}/m.json")
    worker = rig.worker()
    assert answer_of(worker) == (200, 1, "1")
    os.symlink("..2", f"{rig.models}/..next")
    os.rename(f"{rig.models}/..next", f"{rig.models}/..data")
    await_answer(worker, (200, 2, "1"))


def test_a_file_replaced_within_a_version(rig, worker):
    documents.write(f"{rig.models}/m/1/model.json", documents.constant(11))
    await_answer(worker, (200, 11, "1"))


def test_a_file_written_in_place(rig, worker):
    """Not atomically: half a document is refused, the whole one goes live, nothing breaks."""
    text = json.dumps(documents.constant(12))
    with open(f"{rig.models}/m/1/model.json", "w", encoding="ascii") as file:
        file.write(text[:40])
        file.flush()
        await_refused(worker, 1)
        assert answer_of(worker)[:2] == (200, 1)
        file.write(text[40:])
    await_answer(worker, (200, 12, "1"))


def test_versions_are_compared_as_numbers(rig, worker):
    documents.put_version(rig.models, "m", 9, documents.constant(9))
    documents.put_version(rig.models, "m", 10, documents.constant(10))
    await_answer(worker, (200, 10, "10"))


def test_an_older_version_does_not_become_the_default(rig):
    documents.put_version(rig.models, "m", 5, documents.constant(5))
    worker = rig.worker()
    documents.put_version(rig.models, "m", 4, documents.constant(4))
    await_answer(worker, (200, 4, "4"), "m/4")
    assert answer_of(worker) == (200, 5, "5")


# Keeping


def test_the_newest_two_stay_loaded(rig, worker):
    for number in (2, 3, 4):
        documents.put_version(rig.models, "m", number, documents.constant(number))
        await_answer(worker, (200, number, str(number)))
    await_answer(worker, (200, 3, "3"), "m/3")
    harness.wait_for(lambda: answer_of(worker, "m/2")[0] == 404, "an old version is let go")
    assert answer_of(worker, "m/1")[0] == 404
    assert answer_of(worker) == (200, 4, "4")


def test_how_many_stay_is_an_option(rig):
    for number in range(1, 6):
        documents.put_version(rig.models, "m", number, documents.constant(number))
    worker = rig.worker(keep_versions=4)
    await_answer(worker, (200, 5, "5"))
    for number in (2, 3, 4, 5):
        await_answer(worker, (200, number, str(number)), f"m/{number}")
    assert answer_of(worker, "m/1")[0] == 404


# Breaking


def document_with(**changes):
    return {**documents.constant(2), **changes}


BAD = {
    "empty": "",
    "no-json": "not a model",
    "cut": json.dumps(documents.constant(2))[:-5],
    "other-format": document_with(format="omen/99"),
    "no-model": {"format": "omen/1", "inputs": [{"name": "x"}]},
    "unknown-member": document_with(colour="red"),
    "unknown-operator": document_with(model={"op": "crystal_ball"}),
    "wrong-shape": document_with(model={"op": "linear_regression", "coef_": [1, 2, 3]}),
    "no-numbers": document_with(model={"op": "linear_regression", "coef_": ["a", "b"]}),
    "duplicate-field": document_with(inputs=[{"name": "x"}, {"name": "x"}]),
    "golden": document_with(golden={"rows": [{"in": [1, 1], "out": {"value": 2.001}}]}),
    "golden-shape": document_with(golden={"rows": [{"in": [1], "out": {"value": 2}}]}),
    "deep": '{"format":' * 5000 + "1" + "}" * 5000,
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_version_is_refused_reported_and_changes_nothing(rig, worker, case):
    documents.put_version(rig.models, "m", 2, BAD[case])
    refused = await_refused(worker, 2)
    assert refused["reason"], refused
    assert_unchanged(worker)
    assert answer_of(worker, "m/2")[0] in (404, 503)
    metrics = prometheus.parse(worker.metrics_text())
    failed = [
        value for (name, _), value in metrics.samples.items() if "fail" in name and "omen" in name
    ]
    assert sum(failed) >= 1, "a metric tells of it"
    assert "m" in worker.log() and "failed" in worker.log()


def test_a_refusal_by_golden_rows_tells_what_differs(rig, worker):
    documents.put_version(rig.models, "m", 2, BAD["golden"])
    reason = await_refused(worker, 2)["reason"]
    assert "2.001" in reason and "value" in reason and "golden" in reason.lower()


def test_a_refusal_names_the_place(rig, worker):
    documents.put_version(rig.models, "m", 2, BAD["wrong-shape"])
    assert "$.model" in await_refused(worker, 2)["reason"]


def test_a_bad_version_is_tried_again_when_it_changes(rig, worker):
    documents.put_version(rig.models, "m", 2, BAD["golden"])
    await_refused(worker, 2)
    assert_unchanged(worker)
    documents.write(f"{rig.models}/m/2/model.json", documents.constant(2))
    await_answer(worker, (200, 2, "2"))
    assert entry(worker, 2)["state"] == "live"


def test_a_bad_version_is_not_tried_again_while_it_stays(rig, worker):
    documents.put_version(rig.models, "m", 2, BAD["golden"])
    await_refused(worker, 2)
    before = worker.log().count("failed")
    documents.put_version(rig.models, "tick", 1, documents.constant(3))
    await_answer(worker, (200, 3, "1"), "tick")
    assert worker.log().count("failed") == before


def test_a_live_version_that_turns_bad_stays_as_it_was(rig, worker):
    documents.write(f"{rig.models}/m/1/model.json", "broken")
    harness.wait_for(lambda: "failed" in worker.log(), "the change is refused")
    assert_unchanged(worker)


def test_a_bad_model_does_no_harm_to_the_others(rig, worker):
    documents.put_version(rig.models, "bad", 1, "broken")
    await_refused(worker, 1, "bad")
    assert_unchanged(worker)
    status, _, _ = answer_of(worker, "bad")
    assert status in (404, 503)


def test_things_that_are_no_models(rig, worker):
    """Pipes, sockets, devices, loops, hidden files and plain ones: looked past, not hung upon."""
    os.mkfifo(f"{rig.models}/pipe.json")
    os.makedirs(f"{rig.models}/m/3")
    os.mkfifo(f"{rig.models}/m/3/model.json")
    os.symlink("loop", f"{rig.models}/loop")
    os.symlink("/dev/zero", f"{rig.models}/zero.json")
    os.makedirs(f"{rig.models}/empty")
    os.makedirs(f"{rig.models}/m/empty")
    for name in ("README.md", ".hidden.json", "m.txt"):
        documents.write(f"{rig.models}/{name}", "text")
    documents.put_version(rig.models, "late", 1, documents.constant(4))
    await_answer(worker, (200, 4, "1"), "late")
    assert_unchanged(worker)


def test_too_many_bytes(rig):
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    worker = rig.worker(max_model_bytes="64k")
    documents.put_version(rig.models, "m", 2, json.dumps(documents.constant(2)).ljust(100_000))
    assert "65536" in await_refused(worker, 2)["reason"].replace("64k", "65536")
    assert_unchanged(worker)


# Going


def test_a_deleted_version_falls_back_to_the_one_before(rig, worker):
    documents.put_version(rig.models, "m", 2, documents.constant(2))
    await_answer(worker, (200, 2, "2"))
    shutil.rmtree(f"{rig.models}/m/2")
    await_answer(worker, (200, 1, "1"))


def test_a_deleted_model(rig, worker):
    documents.put_version(rig.models, "other", 1, documents.constant(3))
    await_answer(worker, (200, 3, "1"), "other")
    shutil.rmtree(f"{rig.models}/other")
    harness.wait_for(lambda: answer_of(worker, "other")[0] == 404, "the model is gone")
    assert_unchanged(worker)


def test_a_deleted_model_that_comes_back(rig, worker):
    shutil.move(f"{rig.models}/m", f"{rig.run}/aside")
    harness.wait_for(lambda: worker.ask("GET", "/readyz").status == 503, "nothing is live")
    shutil.move(f"{rig.run}/aside", f"{rig.models}/m")
    worker.await_ready()
    assert_unchanged(worker)


def test_the_directory_itself_can_be_replaced(rig, worker):
    """Moved away and made anew: watched again."""
    os.rename(rig.models, f"{rig.run}/aside")
    documents.put_version(rig.models, "m", 2, documents.constant(2))
    await_answer(worker, (200, 2, "2"))
    documents.put_version(rig.models, "m", 3, documents.constant(3))
    await_answer(worker, (200, 3, "3"))
