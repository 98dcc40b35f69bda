"""omen golden: rows and a baseline go into the document, and nothing else changes in it."""

import json
import os
import resource
import shutil
import signal
import stat

import pytest

import omen_tool
from omen_tool import GOLDEN, MODELS, as_csv, as_jsonl, document, good, names, refused, rows


@pytest.fixture
def place(tmp_path):
    """A directory with a model's document and its rows."""

    def make(name, **changes):
        folder = tmp_path / name
        folder.mkdir()
        text = json.dumps(document(name) | changes)
        (folder / "model.json").write_text(text)
        (tmp_path / "rows.csv").write_bytes(as_csv(names(name), rows(name)))
        return folder, tmp_path / "rows.csv"

    return make


def close(a, b):
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-300)


@pytest.mark.parametrize("name", ["iris", "mixed", "diabetes", "linnerud", "digits"])
def test_the_baseline_is_the_exporters(place, name):
    folder, table = place(name, baseline={})
    assert good("golden", folder, table, "--rows=7") == (
        f"{folder}/model.json: 7 golden rows, baseline\n"
    )
    assert "7 golden rows agree" in good("check", folder)
    after = json.loads((folder / "model.json").read_text())
    before = document(name)
    assert after["baseline"]["rows"] == before["baseline"]["rows"] == len(rows(name))
    for field, expected in before["baseline"]["features"].items():
        got = after["baseline"]["features"][field]
        assert got["count"] == expected["count"] and got["missing"] == expected["missing"]
        assert got["counts"] == expected["counts"], field
        for key in ("mean", "std", "min", "max"):
            assert key not in expected or close(got[key], expected[key])
        for one, other in zip(got.get("edges", []), expected.get("edges", []), strict=True):
            assert close(one, other)
    assert {k: v for k, v in after.items() if k not in ("golden", "baseline")} == {
        k: v for k, v in before.items() if k not in ("golden", "baseline")
    }


def test_labels_are_counted(place):
    folder, table = place("iris")
    good("golden", folder, table)
    told = json.loads((folder / "model.json").read_text())
    answers = good("predict", folder, "--input", table).splitlines()[1:]
    assert told["baseline"]["prediction"]["counts"] == {
        label: answers.count(label) for label in ("setosa", "versicolor", "virginica")
    }
    assert len(told["golden"]["rows"]) == 20
    assert len({row["out"]["label"] for row in told["golden"]["rows"]}) == 3
    assert set(told["golden"]["rows"][0]["out"]) == {"label", "probability", "score"}
    assert told["golden"]["rtol"] == document("iris")["golden"]["rtol"]


def test_it_takes_the_same_rows_each_time(place):
    folder, table = place("mixed")
    good("golden", folder, table)
    first = (folder / "model.json").read_text()
    good("golden", folder / "model.json", table)
    assert (folder / "model.json").read_text() == first


def test_everything_else_stays_byte_for_byte(tmp_path, place):
    _, table = place("iris")
    text = (MODELS / "iris" / "model.json").read_text()
    head = text.index(' "golden"')
    path = tmp_path / "own.json"
    path.write_text(text[:head] + ' "golden" : {"rows": [ ]},\n "description": "a \\"}] b",\n'
                    + ' "baseline":{"rows":3}\n}\n\n')
    good("golden", path, table)
    after = path.read_text()
    assert after.startswith(text[:head])
    assert ' "description": "a \\"}] b",\n "golden": {' in after
    assert after.count('"golden"') == after.count('"baseline"') == 1


def test_parts_can_be_left_alone(place):
    folder, table = place("iris")
    good("golden", folder, table, "--rows=0")
    after = json.loads((folder / "model.json").read_text())
    assert after["golden"] == document("iris")["golden"]
    good("golden", folder, table, "--rows=3", "--no-baseline")
    again = json.loads((folder / "model.json").read_text())
    assert again["baseline"] == after["baseline"] and len(again["golden"]["rows"]) == 3


def with_answers(table, name, change=None):
    """Rows with the model's label and probabilities beside them."""
    text = good("predict", MODELS / name, "--outputs=label,probability", "--input", table)
    answers = [line.split(",") for line in text.splitlines()]
    if change is not None:
        change(answers)
    header, *lines = answers
    return as_csv([*names(name), *header], [[*a, *b] for a, b in zip(rows(name), lines)])


def test_answers_in_columns_are_verified(place, tmp_path):
    folder, table = place("iris")
    given = tmp_path / "given.csv"
    given.write_bytes(with_answers(table, "iris"))
    good("golden", folder, given, "--target=label,probability=probability", "--rows=150")
    golden = json.loads((folder / "model.json").read_text())["golden"]["rows"]
    assert len(golden) == 150 and set(golden[0]["out"]) == {"label", "probability"}
    before = (folder / "model.json").read_text()

    def spoil(answers):
        answers[5][0] = "virginica"

    given.write_bytes(with_answers(table, "iris", spoil))
    complaint = refused(
        1, "golden", folder, given, "--target=label=label", "--ignore-extra", "--rows=150"
    )
    assert 'golden row 4, output "label": expected "virginica", got "setosa"' in complaint
    assert (folder / "model.json").read_text() == before
    assert "the header lacks 'nothing'" in refused(
        1, "golden", folder, given, "--target=nothing", "--ignore-extra"
    )
    assert "no output 'size'" in refused(2, "golden", folder, given, "--target=size=label")
    assert "there twice" in refused(1, "golden", folder, given, "--target=label,label=label")


def test_an_answer_has_to_be_a_number_for_a_number(place, tmp_path):
    folder, table = place("diabetes")
    given = tmp_path / "given.csv"
    answers = good("predict", folder, "--input", table).splitlines()[1:]
    lines = [[*row, answer] for row, answer in zip(rows("diabetes"), answers)]
    given.write_bytes(as_csv([*names("diabetes"), "y"], lines))
    good("golden", folder, given, "--target=y")
    for answer, part in (("much", "is no number"), (None, "is missing")):
        spoilt = [lines[0][:-1] + [answer], *lines[1:]]
        given.write_bytes(as_csv([*names("diabetes"), "y"], spoilt))
        complaint = refused(1, "golden", folder, given, "--target=y", "--rows=10000")
        assert f"row 0: the answer in 'y' {part}" in complaint


def test_bad_rows_end_it(place, tmp_path):
    folder, table = place("iris")
    before = (folder / "model.json").read_text()
    bad = tmp_path / "bad.csv"
    bad.write_bytes(as_csv(names("iris"), [[1, 2, 3, 4], [1, 2, "x", 4]]))
    assert f"{bad}:3: row 1: field " in refused(1, "golden", folder, bad)
    bad.write_bytes(as_csv(names("iris"), []))
    assert "there are no rows" in refused(1, "golden", folder, bad)
    bad.write_bytes(b"")
    assert "there are no rows" in refused(1, "golden", folder, bad)
    assert "No such file" in refused(2, "golden", folder, tmp_path / "none")
    assert "No such file" in refused(2, "golden", tmp_path / "none", table)
    assert "read twice" in refused(1, "golden", folder, "-", input=b"x")
    assert (folder / "model.json").read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == ["model.json"]


def test_rows_in_json_lines(place, tmp_path):
    folder, _ = place("mixed")
    lines = tmp_path / "rows.jsonl"
    lines.write_bytes(as_jsonl(rows("mixed")))
    good("golden", folder, lines, "--rows=30")
    assert "30 golden rows agree" in good("check", folder)


def test_rights_are_kept(place):
    folder, table = place("iris")
    os.chmod(folder / "model.json", 0o640)
    good("golden", folder, table)
    assert stat.S_IMODE((folder / "model.json").stat().st_mode) == 0o640


def test_a_document_that_cannot_be_written_whole(place):
    folder, table = place("iris")
    before = (folder / "model.json").read_text()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    complaint = refused(1, "golden", folder, table, preexec_fn=limit)
    assert "model.json: cannot write: File too large" in complaint
    assert (folder / "model.json").read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == ["model.json"]


def test_more_rows_than_are_kept(tmp_path):
    """More than the sample of the deciles: the counts are of all rows, the edges nearly right."""
    model = {
        "format": "omen/1",
        "inputs": [{"name": "x"}],
        "model": {"op": "linear_regression", "coef_": [1], "intercept_": 0},
    }
    (tmp_path / "model.json").write_text(json.dumps(model))
    count = 100000
    (tmp_path / "rows.csv").write_text("x\n" + "\n".join(str(i) for i in range(count)) + "\n")
    good("golden", tmp_path / "model.json", tmp_path / "rows.csv")
    baseline = json.loads((tmp_path / "model.json").read_text())["baseline"]
    feature = baseline["features"]["x"]
    assert feature["count"] == count and sum(feature["counts"]) == count
    assert feature["mean"] == (count - 1) / 2 and feature["max"] == count - 1
    assert all(abs(n - count / 10) < count / 50 for n in feature["counts"]), feature["counts"]
    assert baseline["prediction"]["mean"] == feature["mean"]
    assert sum(baseline["prediction"]["counts"]) == count


TRAINED = [path for path in sorted(GOLDEN.glob("*/*/expected.json"))
           if path.parent.parent.name != "exported"]


def trainers_files(case):
    """Its only file besides what was expected, if it is alone."""
    files = [path for path in case.iterdir() if path.name != "expected.json"]
    return files if len(files) == 1 else []


@pytest.mark.skipif(not TRAINED, reason="no trainer's files in the tree")
def test_a_trainers_file_gets_a_document(tmp_path):
    done = 0
    for expected in TRAINED:
        case = expected.parent
        files = trainers_files(case)
        described = json.loads(expected.read_text())
        if not files or "rows" not in described or done >= 12:
            continue
        done += 1
        folder = tmp_path / f"{case.parent.name}-{case.name}"
        folder.mkdir()
        shutil.copy(files[0], folder)
        table = [[None if cell == "NaN" else cell for cell in row] for row in described["rows"]]
        table = [row for row in table if not {"Infinity", "-Infinity"} & set(map(str, row))]
        lines = tmp_path / "rows.jsonl"
        lines.write_bytes(as_jsonl(table))
        told = good("golden", folder / files[0].name, lines, "--rows=5")
        made = "omen.json" if files[0].name == "model.json" else "model.json"
        assert told.startswith(f"{folder}/{made}: ")
        document = json.loads((folder / made).read_text())
        assert document["model"]["file"] == files[0].name
        assert " golden rows agree" in good("check", folder)
        good("golden", folder, lines, "--rows=3")  # now there is one
        assert "3 golden rows agree" in good("check", folder)
    assert done > 0
