"""The benchmark runs, prints its table and leaves nothing behind. What it measured is no test."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "tools" / "bench"


def find_build():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        if (ROOT / place / "tools" / "bench.d" / "null-responder").exists():
            return str(ROOT / place)
    raise FileNotFoundError(f"no null-responder in {places}; build first or set OMEN_BUILD")


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, str(BENCH), *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )


def processes_that_mention(text):
    found = []
    for name in os.listdir("/proc"):
        try:
            command = pathlib.Path(f"/proc/{name}/cmdline").read_bytes() if name.isdigit() else b""
        except OSError:
            continue
        if text.encode() in command:
            found.append(command)
    return found


def test_help_names_the_options():
    done = run("--help")
    assert done.returncode == 0
    for option in ("--seconds", "--connections", "--rounds", "--only", "--build"):
        assert option in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--only", "apache"], ["--connections", "0"], ["--connections", "x"], ["--rounds", "0"],
     ["--seconds", "-1"], ["--rows", "0"], ["predict"],
     ["--only", "null", "--tensors"]],
)
def test_wrong_usage_is_refused(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert arguments[0] in done.stderr or arguments[0] in ("predict",) and "serve" in done.stderr


def test_a_short_run_prints_the_table_and_cleans_up(tmp_path):
    done = run("--only", "null", "--build", find_build(), "--seconds", "1", "--rounds", "1",
               "--connections", "2", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    load = [line for line in lines if line[:2] == ["empty", "responder"]]
    assert len(load) == 2, done.stdout  # one of the load, one of the processes
    connections, rate, p50, p99, cpu, errors = map(float, load[0][4:10])
    assert (connections, errors) == (2, 0)
    assert rate > 0 and 0 < p50 <= p99 and cpu > 0
    assert list(tmp_path.iterdir()) == []
    assert processes_that_mention(str(tmp_path)) == []


def test_batches_and_single_rows_beside_them(tmp_path):
    done = run("--only", "omen", "--build", find_build(), "--seconds", "1", "--rounds", "1",
               "--connections", "2", "--rows", "100", "--beside", "1", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("omen behind")]
    assert "100 rows of 30 features" in done.stdout
    assert len(lines) == 3, done.stdout  # the load, the processes, single rows beside batches
    assert int(lines[0][-2]) == 0  # errors
    assert all(float(cell) > 0 for cell in lines[2][3:])
    assert list(tmp_path.iterdir()) == []


def test_the_same_rows_in_binary(tmp_path):
    done = run("serve", "--only", "omen", "--build", find_build(), "--seconds", "1", "--rounds", "1",
               "--connections", "1", "--rows", "100", "--tensors", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    for name in ("JSON", "binary"):
        row = next(line for line in lines if line.startswith(f"{name}    "))
        assert len([float(word) for word in row.split()[1:]]) == 4, done.stdout
    assert lines[-1].startswith("binary beside JSON: "), done.stdout


def test_a_build_without_programs_fails_with_a_sentence(tmp_path):
    done = run("--only", "null", "--build", str(tmp_path / "none"), TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "bench: " in done.stdout and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_codecs_are_compared(tmp_path):
    done = run("codec", "--build", find_build(), "--seconds", "0.05", "--rounds", "1",
               TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    for name in ("omen", "json-c"):
        rows = [line for line in lines if line and line[0] == name]
        assert len(rows) == 3, done.stdout  # one for each body
        assert all(float(row[1]) > 0 for row in rows)
    assert list(tmp_path.iterdir()) == []


def test_large_files_are_loaded_beside_requests(tmp_path):
    done = run("load", "--build", find_build(), "--megabytes", "1", "--seconds", "0.1",
               "--rounds", "1", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    for name in ("lightgbm", "xgboost-json", "xgboost-ubjson"):
        [row] = [line for line in lines if line[:1] == [name]]
        size, cpu, live, model, of_file, of_model, *times, asked = map(float, row[1:])
        assert size == 1 and 0 < cpu < 60 and 0 < live < 60 and model <= 1
        assert of_file > 1 and of_model > of_file and min(times) > 0 and asked > 0
    assert list(tmp_path.iterdir()) == []
    assert processes_that_mention(str(tmp_path)) == []


def test_capacity_prints_a_column_for_each_number_of_models(tmp_path):
    done = run("capacity", "--models", "1,3", "--rounds", "1", "--seconds", "1", "--build", find_build(),
               TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    table = {line[:40].strip(): line[40:].split() for line in done.stdout.splitlines()}
    assert table["models live"] == ["1.000", "3.000"]
    assert all(float(one) > 0 for one in table["CPU us per request"]) and len(table["/metrics, MiB"]) == 2
    assert "each model more:" in done.stdout
    assert list(tmp_path.iterdir()) == []
