"""What tools/bench models measures omen with answers a tiny model. Its speed is no test."""

import json
import os
import pathlib
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = {
    "format": "omen/1",
    "inputs": [{"name": "a"}, {"name": "b"}],
    "model": {
        "op": "tree_ensemble",
        "compare": "<=",
        "dtype": "float32",
        "trees": [
            {"feature": ["a", None, None], "threshold": [0.5, None, None],
             "left": [1, None, None], "value": [None, 1, 2]},
            {"feature": ["b", None, None], "threshold": [0.5, None, None],
             "left": [1, None, None], "value": [None, 10, 20]},
        ],
    },
}


def driver():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        program = ROOT / place / "tools" / "bench.d" / "model-driver"
        if program.exists():
            return str(program)
    raise FileNotFoundError(f"no model-driver in {places}; build first or set OMEN_BUILD")


@pytest.fixture
def model(tmp_path):
    (tmp_path / "omen").mkdir()
    (tmp_path / "omen" / "model.json").write_text(json.dumps(DOCUMENT))
    rows = [0, 0, 1, 0, 0, 1, 1, 1]
    (tmp_path / "rows.f64").write_bytes(struct.pack("<8d", *rows))
    return tmp_path


def ask(model, commands):
    return subprocess.run([driver(), str(model / "omen"), str(model / "rows.f64")], input=commands,
                          capture_output=True, text=True, timeout=60, check=False)


def test_answers_and_figures(model):
    done = ask(model, "check\nbatch 4 0.01\nsingle 0.01\n")
    assert done.returncode == 0, done.stderr
    hello, answers, batch, single = done.stdout.splitlines()
    assert json.loads(hello)["file"] == (model / "omen" / "model.json").stat().st_size
    assert answers == "11 12 21 22"
    assert float(batch) > 0 and float(single) > 0


@pytest.mark.parametrize("command", ["batch 5 0.01", "batch 0 0.01", "nothing"])
def test_bad_commands_are_refused(model, command):
    done = ask(model, command + "\n")
    assert done.returncode == 1 and "a command that is none" in done.stderr


def test_bad_models_are_refused(model):
    (model / "omen" / "model.json").write_text("{")
    done = ask(model, "check\n")
    assert done.returncode == 1 and "loading" in done.stderr


def test_unknown_cases_are_refused():
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "bench"), "models", "--cases", "x"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "xgboost-500x6" in done.stderr
