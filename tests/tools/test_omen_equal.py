"""The worker and the tool say the same, to the last bit, of every model that was exported."""

import csv
import io
import json

import pytest

from omen_tool import MODELS, as_csv, as_jsonl, good, names, rows, run

import harness  # noqa: E402 (where omen_tool says)

CASES = sorted(path.parent.name for path in MODELS.glob("*/model.json"))
ROWS_MOST = 25


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """A worker with a copy of each model's document."""
    folder = tmp_path_factory.mktemp("models")
    for name in CASES:
        (folder / f"{name}.json").write_bytes((MODELS / name / "model.json").read_bytes())
    rig = harness.Rig()
    yield rig.worker(models=str(folder), max_models=2000, ready=True)
    rig.finish()


def ask(worker, name, body):
    answer = worker.ask("POST", f"/predict/{name}", json.dumps(body).encode())
    return answer.status, json.loads(answer.body)


def cells(value, width):
    """An answer of the worker's as the texts of CSV's cells."""
    values = value if isinstance(value, list) else [value]
    assert len(values) == width
    return ["" if v is None else v if isinstance(v, str) else json.dumps(v) for v in values]


@pytest.mark.parametrize("name", CASES)
def test_answers_are_the_workers(worker, name):
    table = rows(name)[:ROWS_MOST]
    outputs = [entry["name"] for entry in json.loads(good("inspect", MODELS / name, "--json"))[
        "outputs"]]
    status, expected = ask(worker, name, {"input": table, "output": outputs})
    assert status == 200, expected
    by_name = [dict(zip(names(name), row)) for row in table]
    for lines in (table, by_name):
        answers = good("predict", MODELS / name, "--outputs=all", input=as_jsonl(lines))
        got = [json.loads(line) for line in answers.splitlines()]
        for output in outputs:
            # Compared as texts: every digit.
            assert json.dumps([row[output] for row in got]) == json.dumps(expected[output]), output
    compare_csv(name, table, outputs, expected)


def compare_csv(name, table, outputs, expected):
    text = good("predict", MODELS / name, "--outputs=all", input=as_csv(names(name), table))
    lines = list(csv.reader(io.StringIO(text)))
    width = {o: sum(1 for c in lines[0] if c == o or c.startswith(f"{o}_")) for o in outputs}
    for i, line in enumerate(lines[1:]):
        wanted = []
        for output in outputs:
            wanted += cells(expected[output][i], width[output])
        assert [number(cell) for cell in line] == [number(cell) for cell in wanted]


def number(cell):
    """Spellings of one number are one; nothing is rounded."""
    try:
        return float(cell).hex()
    except ValueError:
        return cell


BAD_ROWS = [
    ("iris", [1, 2, 3, None]),
    ("iris", [1, 2, 3, "x"]),
    ("iris", [1, 2, 3, True]),
    ("iris", [1, 2, 3]),
    ("iris", [1, 2, 3, 1e999]),
    ("mixed", [1, 2, 3, "high", "schief", "1", None, "smooth"]),
    ("mixed", ["a", 2, 3, "high", "schief", "1", 1, "smooth"]),
    ("mixed", [1, 2, 3, 4, "schief", "1", 1, "smooth"]),
]


@pytest.mark.parametrize("name, row", BAD_ROWS, ids=str)
def test_refusals_are_the_workers(worker, name, row):
    text = json.dumps(row).replace("Infinity", "1e999")
    body = f'{{"input": {text}}}'.encode()
    answer = worker.ask("POST", f"/predict/{name}", body)
    sentence = json.loads(answer.body)["error"]
    done = run("predict", MODELS / name, input=text.encode() + b"\n")
    assert answer.status == 400 and done.returncode == 1
    told = done.stderr.decode().split("row 0: ", 1)[1].strip()
    assert told.replace("the row has", "row 0 has") == sentence


def test_arrays_have_the_workers_answers(worker, tmp_path):
    numpy = pytest.importorskip("numpy")
    for name in ("iris", "breast-cancer-mlp", "diabetes-polynomial", "digits"):
        table = rows(name)[:ROWS_MOST]
        numpy.save(tmp_path / "rows.npy", numpy.array(table, dtype="f8"))
        status, expected = ask(worker, name, {"input": table})
        assert status == 200
        got = good("predict", MODELS / name, "--output-format=jsonl", "--input",
                   tmp_path / "rows.npy")
        assert [json.loads(line)["prediction"] for line in got.splitlines()] == (
            expected["prediction"]
        )
