"""The models that ./tools/run serves: trained by scikit-learn, asked through nginx."""

import json

import documents
import harness
import pytest

TESTS = harness.ROOT / "tests" / "golden"


def samples():
    """(name, document) of samples.txt."""
    found = []
    for line in (TESTS / "samples.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, path = line.split()[:2]
            found.append((name, TESTS / "exported" / path))
    return found


@pytest.fixture(scope="module")
def nginx(shared):
    for name, path in samples():
        documents.put_version(shared.models, name, 1, path.read_text(encoding="utf-8"))
    worker = shared.worker()
    count = len(samples())
    harness.wait_for(
        lambda: sum(model["state"] == "live" for model in worker.status()["models"]) == count,
        "every sample is live",
    )
    return shared.nginx(worker.peer)


def assert_agrees(got, expected, rtol=1e-6, atol=1e-9):
    if isinstance(expected, list):
        assert len(got) == len(expected)
        for one, other in zip(got, expected):
            assert_agrees(one, other, rtol, atol)
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        assert got == pytest.approx(expected, rel=rtol, abs=atol)
    else:
        assert got == expected


@pytest.mark.parametrize("name, path", samples(), ids=[name for name, _ in samples()])
def test_golden_rows(nginx, name, path):
    """One by one and all together, by position or by name as the document has them."""
    golden = json.loads(path.read_text(encoding="utf-8"))["golden"]["rows"]
    assert golden
    outputs = [output for output in golden[0]["out"] if output != "prediction"]
    more = {"output": outputs} if outputs else {}
    for row in golden:
        status, answer, _ = nginx.post(f"/predict/{name}", {"input": row["in"], **more})
        assert status == 200, answer
        for output in outputs or ["prediction"]:
            assert_agrees(answer[output], row["out"][output])
    status, answer, _ = nginx.post(
        f"/predict/{name}", {"input": [row["in"] for row in golden], **more}
    )
    assert status == 200, answer
    for output in outputs or ["prediction"]:
        assert_agrees(answer[output], [row["out"][output] for row in golden])


@pytest.mark.parametrize("name, path", samples(), ids=[name for name, _ in samples()])
def test_the_default_answer(nginx, name, path):
    row = json.loads(path.read_text(encoding="utf-8"))["golden"]["rows"][0]["in"]
    status, answer, headers = nginx.post(f"/predict/{name}", {"input": row})
    assert status == 200 and set(answer) <= {"prediction", "targets"}
    assert headers["x-model-version"] == "1"
