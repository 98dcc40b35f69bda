"""The worker and the tool say the same, to the last bit, of every model: exported, and as trainers
wrote them."""

import csv
import io
import json
import shutil

import pytest

from omen_tool import GOLDEN, MODELS, as_csv, as_jsonl, good, names, rows, run

import harness  # noqa: E402 (where omen_tool says)

CASES = sorted(path.parent.name for path in MODELS.glob("*/model.json"))
TRAINED = sorted(
    path.parent
    for path in GOLDEN.glob("*/*/expected.json")
    if path.parent.parent != MODELS
)
ROWS_MOST = 25


def trained_name(case):
    return f"{case.parent.name}-{case.name}"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """A worker with a copy of each model."""
    folder = tmp_path_factory.mktemp("models")
    for case in TRAINED:
        shutil.copytree(case, folder / trained_name(case) / "1")
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


def trained_rows(case):
    """The case's rows that JSON can say: no infinities, NaN as null."""
    described = json.loads((case / "expected.json").read_text())
    table = described.get("rows")
    if table is None:
        table = json.loads((GOLDEN / "data" / f"{described['data']}.json").read_text())
    table = [[None if cell == "NaN" else cell for cell in row] for row in table[:ROWS_MOST]]
    return [row for row in table if "Infinity" not in row and "-Infinity" not in row]


def test_trainers_files_have_the_workers_answers(worker):
    """Every digit, of JSON lines as texts, and of CSV for a fourth of the cases."""
    compared, refused_by_both = 0, 0
    for number_of_case, case in enumerate(TRAINED):
        table = trained_rows(case)
        told = json.loads(good("inspect", case, "--json"))
        outputs = [entry["name"] for entry in told["outputs"]]
        status, expected = ask(worker, trained_name(case), {"input": table, "output": outputs})
        done = run("predict", case, "--outputs=all", input=as_jsonl(table))
        if status != 200:
            assert done.returncode == 1, case
            refused_by_both += 1
            continue
        assert done.returncode == 0, (case, done.stderr)
        got = [json.loads(line) for line in done.stdout.splitlines()]
        for output in outputs:
            assert json.dumps([row[output] for row in got]) == json.dumps(expected[output]), case
        header = [entry["name"] for entry in told["inputs"]]
        blank = any(isinstance(cell, str) and cell in ("", " ") for row in table for cell in row)
        if number_of_case % 4 == 0 and not blank:
            compare_case(case, as_csv(header, table), outputs, expected)
        compared += 1
    print(f"measured: trainers' files answered as by the worker: {compared} of {len(TRAINED)}")
    assert compared >= len(TRAINED) * 9 // 10 and refused_by_both + compared == len(TRAINED)


def compare_case(case, data, outputs, expected):
    answers = good("predict", case, "--outputs=all", input=data)
    lines = list(csv.reader(io.StringIO(answers)))
    for i, line in enumerate(lines[1:]):
        wanted = []
        for output in outputs:
            value = expected[output][i]
            wanted += cells(value, len(value) if isinstance(value, list) else 1)
        assert [number(cell) for cell in line] == [number(cell) for cell in wanted], case


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
