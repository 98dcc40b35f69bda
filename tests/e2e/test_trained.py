"""The files that trainers wrote, unchanged, in MODELS/NAME/VERSION/: asked through nginx, all rows of
all trained cases, for the trainer's own answers."""

import json
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


def as_row(value):
    return value if isinstance(value, list) else [value]  # one column is answered without a list


def column_sizes(rows):
    """Each column's largest number: what is left where a sum's terms cancel is measured by it."""
    return [max((abs(cell) for cell in column if isinstance(cell, (int, float))), default=0)
            for column in zip(*map(as_row, rows))]


def agrees(got, expected, tolerance, floor):
    """tolerance None: all digits. The answers of a float32 model are printed as short as it can be."""
    if isinstance(expected, str) and expected in UNSENDABLE | {"NaN"}:
        return got is None
    if isinstance(expected, str) or isinstance(got, str) or got is None:
        return got == expected
    if tolerance is None:
        return got == expected or single(got) == single(expected)
    size = max(abs(expected), floor)
    return abs(got - expected) <= max(tolerance, 1.3e-7) * size + 1e-7


def check_output(case, output, got, expected):
    """The rows that differ."""
    exact = output in case.get("exact", ()) or output == "label"
    tolerance = None if exact else case["tolerance"]
    floored = output in case.get("floors", ())
    floors = column_sizes(expected) if floored else [0] * len(as_row(expected[0]))
    return [index for index, values in got
            if len(as_row(values)) != len(floors) or not all(
                agrees(one, other, tolerance, floor)
                for one, other, floor in zip(as_row(values), as_row(expected[index]), floors))]


def check(nginx, suite, name, case):
    """Returns how many rows were asked; a row with an infinity cannot be said in JSON."""
    rows = case.get("rows") or json.loads((GOLDEN / "data" / f"{case['data']}.json").read_text())
    asked = [index for index, row in enumerate(rows) if not UNSENDABLE & set(map(str, row))]
    status, answer, _ = nginx.post(
        f"/predict/{suite}-{name}",
        {"input": [[None if cell == "NaN" else cell for cell in rows[index]] for index in asked],
         "output": list(case["outputs"])})
    assert status == 200, (name, answer)
    for output, expected in case["outputs"].items():
        wrong = check_output(case, output, list(zip(asked, answer[output])), expected)
        assert not wrong, (name, output, wrong)
    return len(asked)


@pytest.mark.parametrize("suite", SUITES)
def test_trainers_files_answer_as_their_trainer(nginx, suite):
    count = sum(check(nginx, suite, name, case) for name, case in cases(suite).items())
    print(f"measured: {suite}: {len(cases(suite))} files as trained, {count} rows through nginx")
    assert count > 100


BEYOND = "must be from -3.4028235e+38 to 3.4028235e+38, which float32 holds"
SINGLES = [("xgboost", "base-binary-logistic-1.7", "f4"), ("onnx", "built-class-one-base", "X_2")]


@pytest.mark.parametrize("suite,name,last", SINGLES)
def test_a_number_that_becomes_an_infinity(nginx, suite, name, last):
    """A model that computes in float32 is not given one: row, field and limit are named."""
    good = [0.5] * (1 + int(last[-1]))
    model, largest = f"{suite}-{name}", [*good[1:], 3.4028234e38]
    assert nginx.post(f"/predict/{model}", {"input": [good, largest]})[0] == 200
    for number in (1e39, -1e308):
        rows = [good, [*good[1:], number]]
        tensor = {"name": "input-0", "datatype": "FP64", "shape": [2, len(good)], "data": rows}
        columns = {f"{last[:-1]}{i}": list(column) for i, column in enumerate(zip(*rows))}
        for path, body in ((f"/predict/{model}", {"input": rows}),
                           (f"/v1/models/{model}:predict", {"instances": rows}),
                           (f"/v1/models/{model}:predict", {"inputs": columns}),
                           (f"/v2/models/{model}/infer", {"inputs": [tensor]})):
            status, answer, _ = nginx.post(path, body)
            assert status == 400, answer
            assert (answer["code"], answer["row"], answer["field"]) == ("out_of_range", 1, last)
            assert answer["error"].endswith(BEYOND), answer
