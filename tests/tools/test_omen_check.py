"""omen check and omen inspect: what they say of good and bad models, and with which status."""

import json
import pathlib
import re
import shutil

import pytest

import omen_tool
from omen_tool import GOLDEN, MODELS, document, good, refused, run

LINEAR = {
    "format": "omen/1",
    "name": "price",
    "description": "what a flat costs",
    "inputs": [
        {"name": "area", "min": 10, "max": 500, "on_out_of_range": "clip", "description": "in m²"},
        {"name": "floor", "on_missing": {"replace": 2}, "required": False, "integer": True},
        {"name": "city", "type": "category", "values": ["b", "a", 7], "on_unknown": "zero"},
    ],
    "steps": [
        {"op": "column_transformer", "transformers": [
            {"columns": ["area", "floor"], "steps": [
                {"op": "standard_scaler", "mean_": [1, 2], "scale_": [1, 1]},
                {"op": "standard_scaler", "mean_": [0, 0], "scale_": [1, 1]}]},
            {"columns": ["city"], "steps": [
                {"op": "one_hot_encoder", "categories_": [["b", "a", 7]],
                 "handle_unknown": "ignore"}]}]}],
    "model": {"op": "linear_regression", "coef_": [4, 3, 2, 1, 5], "intercept_": 12},
    "outputs": {"names": {"value": "price"}},
    "golden": {"rows": [{"in": [20, 2, "a"], "out": {"price": 89}}]},
}


@pytest.fixture
def models(tmp_path):
    """A directory of models: good ones, a bad one, a lone document, and what is passed over."""
    root = tmp_path / "models"
    for place in ("iris/1", "iris/2", "mixed/7"):
        (root / place).mkdir(parents=True)
        shutil.copy(MODELS / place.split("/")[0] / "model.json", root / place)
    (root / "price.json").write_text(json.dumps(LINEAR))
    (root / ".hidden").mkdir()
    (root / "README.md").write_text("no model")
    return root


def write(path, model):
    path.write_text(json.dumps(model))
    return path


def test_a_lone_file_is_named_once(tmp_path):
    path = tmp_path / "model.json"
    path.write_text('{"format": "omen/1"')
    (tmp_path / "within").mkdir()
    shutil.copy(path, tmp_path / "within")
    fault = "not valid JSON: it ends too early at byte 19\n"
    assert run("check", path).stdout.decode() == f"{path}: bad: {fault}"
    assert run("inspect", path).stderr.decode() == f"omen inspect: {path}: {fault}"
    within = run("check", tmp_path / "within").stdout.decode()
    assert within == f"{tmp_path}/within: bad: model.json: {fault}"


def test_a_good_model_is_told(tmp_path):
    path = write(tmp_path / "model.json", LINEAR)
    assert re.fullmatch(
        rf"{path}: good: omen/1, 1 golden rows agree, loaded in [\d.]+ ms, tested in [\d.]+ ms\n",
        good("check", path),
    )
    without = write(tmp_path / "plain.json", {k: v for k, v in LINEAR.items() if k != "golden"})
    assert good("check", without).endswith("ms; it has no golden rows\n")


def test_the_first_row_that_differs_is_told_and_by_how_much(tmp_path):
    golden = [{"in": [20, 2, "a"], "out": {"price": 89}}, {"in": [20, 2, "b"], "out": {"price": 89}}]
    path = write(tmp_path / "model.json", LINEAR | {"golden": {"rows": golden * 2}})
    done = run("check", path)
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f'{path}: bad: golden row 1, output "price": expected 89, got 90; they differ by 1, a part '
        "of 0.011\n"
    )
    told = json.loads(run("check", "--json", path).stdout)
    assert (told["ok"], told["row"], told["output"]) == (False, 1, "price")
    assert "golden row 1" in told["error"] and told["code"] == "invalid"


def test_labels_that_differ(tmp_path):
    model = document("iris")
    model["golden"]["rows"][3]["out"]["label"] = "virginica"
    path = write(tmp_path / "model.json", model)
    assert 'golden row 3, output "label": expected "virginica", got "setosa"\n' in (
        run("check", path).stdout.decode()
    )


def test_a_directory_of_models_is_checked_whole(models):
    lines = good("check", models).splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        f"{models}/{place}" for place in ("iris/2", "iris/1", "mixed/7", "price.json")
    ]
    assert lines[-1] == "4 good, 0 bad"
    assert good("check", f"{models}/").splitlines()[-1] == "4 good, 0 bad"
    (models / "iris" / "1" / "model.json").write_text('{"format": "omen/1"}')
    done = run("check", models)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 5 and lines[-1] == "3 good, 1 bad"
    assert lines[1].startswith(f"{models}/iris/1: bad: model.json: ")
    told = [json.loads(line) for line in run("check", "--json", models).stdout.splitlines()]
    assert [entry["ok"] for entry in told] == [True, False, True, True]
    assert all(len(entry["digest"]) == 64 for entry in told if entry["ok"])


def test_a_models_directory_and_a_versions(models):
    lines = good("check", models / "iris").splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        f"{models}/iris/1", f"{models}/iris/2"]
    assert good("check", models / "iris" / "1").startswith(f"{models}/iris/1: good: ")
    lines = good("check", models / "iris" / "1", models / "price.json").splitlines()
    assert lines[-1] == "2 good, 0 bad"


def test_lone_documents_are_models_when_it_is_said(tmp_path):
    write(tmp_path / "a.json", LINEAR)
    write(tmp_path / "b.json", LINEAR)
    assert "only one may be there" in run("check", tmp_path).stdout.decode()
    assert good("check", "--models", tmp_path).splitlines()[-1] == "2 good, 0 bad"


def test_what_cannot_be_looked_at(tmp_path, models):
    done = run("check", tmp_path / "none", models / "price.json")
    assert done.returncode == 2
    assert done.stdout.decode().splitlines()[0].startswith(f"{tmp_path}/none: bad: ")
    assert "No such file" in done.stdout.decode()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("check", empty).returncode == 1
    assert run("check", "--models", empty).returncode == 2
    assert "a path is missing; see omen help check" in refused(2, "check")


def test_the_workers_limits(models):
    done = run("check", "--max-model-bytes=1k", models / "iris" / "1")
    assert done.returncode == 1 and b"more than 1024 bytes" in done.stdout
    done = run("check", "--max-models=1", models)
    assert done.returncode == 1 and b"more than 1 models" in done.stdout
    (models / "iris" / "1" / "more.txt").write_text("")
    done = run("check", "--max-model-files=1", models / "iris" / "1")
    assert done.returncode == 1 and b"more than 1 files" in done.stdout


def test_foreign_files_are_told_as_the_worker_tells_them(tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04\x95rest")
    assert b"is a Python pickle" in run("check", tmp_path).stdout
    assert b"is a Python pickle" in run("check", tmp_path / "model.pkl").stdout


def test_every_trained_case_is_good():
    for suite in sorted(p for p in GOLDEN.iterdir() if p.is_dir()):
        cases = [p for p in sorted(suite.iterdir()) if (p / "expected.json").exists()]
        if not cases:
            continue
        done = run("check", *cases)
        lines = done.stdout.decode().splitlines()
        bad = [line for line in lines if ": bad: " in line]
        assert done.returncode == 0, bad
        assert lines[-1] == f"{len(cases)} good, 0 bad" or len(cases) == 1


def test_inspect_tells_people(tmp_path):
    path = write(tmp_path / "model.json", LINEAR)
    text = good("inspect", path)
    for line in (
        f"^{path}$",
        "^  name +price$",
        "^  description +what a flat costs$",
        "^  golden rows +1$",
        "^  baseline +no$",
        r"^  on disk +(\d+ bytes|1\.\d KiB)$",
        r"^  in memory +[\d.]+ (bytes|KiB), about$",
        "^  digest +[0-9a-f]{64}$",
        r"^inputs \(3\)$",
        "^  area +number, from 10 to 500; out of range: the nearest bound$",
        "^ +in m²$",
        "^  floor +whole number; may be absent; missing: replaced by 2$",
        "^  city +category of 3: b, a, 7; other words: zero$",
        "^  price +value, 1 number; the default$",
        r"^operators \(5\)$",
        "^  standard_scaler +2$",
        "^  linear_regression +1$",
    ):
        assert re.search(line, text, re.M), (line, text)
    text = good("inspect", MODELS / "iris")
    assert re.search("^  label +one of 3 classes; the default$", text, re.M)
    assert re.search("^  probability +3 numbers$", text, re.M)
    assert re.search("^  setosa, versicolor, virginica$", text, re.M)
    text = good("inspect", MODELS / "linnerud")
    assert re.search(r"^targets \(3\)\n  Weight, Waist, Pulse$", text, re.M)


def test_inspect_tells_programs(tmp_path):
    told = json.loads(good("inspect", "--json", write(tmp_path / "model.json", LINEAR)))
    assert told["format"] == "omen/1" and told["name"] == "price" and told["golden_rows"] == 1
    assert told["inputs"] == [
        {"name": "area", "description": "in m²", "type": "number", "integer": False, "min": 10,
         "max": 500, "required": True, "on_missing": "reject", "on_out_of_range": "clip"},
        {"name": "floor", "type": "number", "integer": True, "required": False,
         "on_missing": {"replace": 2}, "on_out_of_range": "reject"},
        {"name": "city", "type": "category", "values": ["b", "a", 7], "required": True,
         "on_missing": "reject", "on_unknown": "zero"},
    ]
    assert told["outputs"] == [
        {"name": "price", "kind": "value", "columns": 1, "single": False, "default": True}]
    assert told["operators"] == {"column_transformer": 1, "standard_scaler": 2,
                                 "one_hot_encoder": 1, "linear_regression": 1}
    iris = json.loads(good("inspect", "--json", MODELS / "iris"))
    assert iris["labels"] == ["setosa", "versicolor", "virginica"]
    assert iris["trainer"].startswith("scikit-learn ") and iris["baseline"]
    assert iris["file_bytes"] == sum(p.stat().st_size for p in (MODELS / "iris").iterdir())
    for name in ("digits", "linnerud", "mixed-constant", "wine-waves"):
        json.loads(good("inspect", "--json", MODELS / name))


def test_inspect_of_nothing(tmp_path):
    assert "No such file" in refused(2, "inspect", tmp_path / "none")
    assert "is no model" in refused(1, "inspect", write(tmp_path / "x.json", {}))
    assert "too many paths" in refused(2, "inspect", "a", "b")


def test_the_command_line():
    assert re.fullmatch(r"omen \d+\.\d+\.\d+\n", good("--version"))
    overview = good("--help")
    for command in ("check", "golden", "inspect", "predict"):
        assert re.search(rf"^  {command} ", overview, re.M)
        assert good("help", command) == good(command, "--help")
        assert good("help", command).startswith(f"usage: omen {command} ")
    assert good("help") == overview
    assert "a command is missing" in refused(2)
    assert "there is no such command" in refused(2, "fly")
    assert "there is not" in refused(2, "help", "fly")
    assert "did you mean" in refused(2, "predict", "x", "--imput", "y")
    complaint = refused(2, "predict", "x", "--on-error=maybe", "--output-format=xml")
    assert complaint.count("\n") == 2 and complaint.count("omen predict: --") == 2


def test_behind_two_dashes_there_are_only_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "--json", LINEAR)
    assert good("check", "--", "--json").startswith("--json: good")


MANUAL = pathlib.Path(omen_tool.ROOT / "src" / "cli" / "omen.1.scd")


@pytest.mark.parametrize("command", ["check", "golden", "inspect", "predict"])
def test_the_manual_says_what_the_help_says(command):
    text = MANUAL.read_text()
    part = text.split(f"; options: {command}\n")[1].split("; options: end\n")[0]
    assert part == good("--print-manual", command)
    flags = re.findall(r"^\*--(?:\[no-\])?([a-z-]+)\*", part, re.M)
    assert flags == re.findall(r"^  --(?:\[no-\])?([a-z-]+)", good("help", command), re.M)
    summary = [line for line in text.splitlines() if line.startswith(f"*omen* {command} ")]
    assert len(summary) == 1
