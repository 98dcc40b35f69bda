"""The files that trainers wrote, unchanged, in MODELS/NAME/VERSION/: asked through nginx, all rows of
all trained cases, for the trainer's own answers."""

import json
import math
import os
import shutil
import struct

import harness
import pytest

GOLDEN = harness.ROOT / "tests" / "golden"
SUITES = sorted(path.name for path in GOLDEN.iterdir() if path.name in ("lightgbm", "onnx", "xgboost"))
UNSENDABLE = {"Infinity", "-Infinity"}


def cases(suite):
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((GOLDEN / suite).glob("*/expected.json"))}


def put(models, suite, name):
    """A version's directory, complete when it appears."""
    new = os.path.join(models, f".{suite}-{name}")
    shutil.copytree(GOLDEN / suite / name, new, ignore=shutil.ignore_patterns("expected.json"))
    os.mkdir(os.path.join(models, f"{suite}-{name}"))
    os.rename(new, os.path.join(models, f"{suite}-{name}", "1"))


@pytest.fixture(scope="module")
def nginx(shared):
    names = [(suite, name) for suite in SUITES for name in cases(suite)]
    for suite, name in names:
        put(shared.models, suite, name)
    worker = shared.worker()

    def states():
        return [model["state"] for model in worker.status()["models"]]

    harness.wait_for(lambda: len(states()) == len(names) and "loading" not in states(), "all were tried")
    failed = [model for model in worker.status()["models"] if model["state"] != "live"]
    assert not failed
    return shared.nginx(worker.peer)


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def agrees(got, expected, tolerance, exact):
    if isinstance(expected, list):
        return len(got) == len(expected) and all(
            agrees(one, other, tolerance, exact) for one, other in zip(got, expected))
    if isinstance(expected, str) and expected in UNSENDABLE | {"NaN"}:
        return got is None
    if isinstance(expected, str) or isinstance(got, str) or got is None:
        return got == expected
    if math.isclose(got, expected, rel_tol=0 if exact else max(tolerance, 1.3e-7), abs_tol=0):
        return True
    return single(got) == single(expected) or (not exact and abs(got - expected) <= 1e-7)


def check(nginx, suite, name, case):
    """Returns how many rows were asked; a row with an infinity cannot be said in JSON."""
    rows = case.get("rows") or json.loads((GOLDEN / "data" / f"{case['data']}.json").read_text())
    asked = [index for index, row in enumerate(rows) if not UNSENDABLE & set(map(str, row))]
    answers = {output: values for output, values in case["outputs"].items()}
    status, answer, _ = nginx.post(
        f"/predict/{suite}-{name}",
        {"input": [[None if cell == "NaN" else cell for cell in rows[index]] for index in asked],
         "output": list(answers)})
    assert status == 200, (name, answer)
    for output, values in answers.items():
        exact = output in case.get("exact", ()) or output == "label"
        wrong = [index for index, got in zip(asked, answer[output])
                 if not agrees(got, values[index], case["tolerance"], exact)]
        assert not wrong, (name, output, wrong)
    return len(asked)


@pytest.mark.parametrize("suite", SUITES)
def test_trainers_files_answer_as_their_trainer(nginx, suite):
    count = sum(check(nginx, suite, name, case) for name, case in cases(suite).items())
    print(f"measured: {suite}: {len(cases(suite))} files as trained, {count} rows through nginx")
    assert count > 100
