"""The benchmark runs, prints its table and leaves nothing behind. What it measured is no test."""

import importlib
import os
import pathlib
import re
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


def capacity(tmp_path, part, *more):
    """{the title of a line: what follows}, and the page's lines"""
    done = run("capacity", "--parts", part, "--rounds", "1", "--seconds", "1", "--build", find_build(),
               *more, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    assert processes_that_mention(str(tmp_path)) == []
    page = dict(re.findall(r"^\| `(\w+)` \| ([0-9.]+) \| .* \| +was [0-9.]+$", done.stdout, re.M))
    lines = (re.split(r" {2,}", line.strip()) for line in done.stdout.splitlines())
    return {line[0]: line[1:] for line in lines}, {name: float(value) for name, value in page.items()}


def test_capacity_of_requests(tmp_path):
    table, page = capacity(tmp_path, "requests")
    assert [float(one) for one in table["CPU us per request"]] == pytest.approx(
        [page["nginx_us"], page["worker_us"]], rel=0.1)
    nginx, worker = map(int, table["descriptors beside 1000 connections"])
    assert 100 < nginx < 2000 and 100 < worker < 2000
    assert 300 < page["wire_bytes"] < 3000 and page["clients"] >= 384
    assert 1 < page["nginx_mib"] < 60 and 1 < page["worker_mib"] < 60


def test_capacity_of_large_bodies(tmp_path):
    table, page = capacity(tmp_path, "bodies", "--bodies", "1,2")
    for kind in ("JSON", "binary"):
        assert len(table[f"worker: peak MiB more, {kind}"]) == 2  # as many at a time
    assert 4 < page["bodies_mib"] < 300 and 10 < page["nginx_slow_kib"] < 2000


def test_capacity_of_the_sync(tmp_path):
    table, page = capacity(tmp_path, "sync")
    assert 5 < page["sync_mib"] < 60 and page["bucket_mib"] < 60
    assert float(table["sync: MiB beside 1000 objects of a bucket"][0]) <= page["sync_mib"] + 0.1


def test_capacity_of_models(tmp_path):
    table, page = capacity(tmp_path, "models", "--models", "1,100")
    for title in ("worker: PSS with all live, MiB", "/metrics, MiB", "worker: file descriptors"):
        assert len(table[title]) == 2
    assert table["worker: inotify watches"] == ["4.000", "202.000"]
    assert 50 < page["series"] < 500
    assert 10 < page["model_kib"] < 100 and 5 < page["metrics_kib"] < 20


@pytest.mark.parametrize("arguments", [["--parts", "weather"], ["--models", "0"]])
def test_capacity_refuses_what_it_does_not_know(arguments):
    assert run("capacity", *arguments).returncode == 2


def test_what_was_measured_becomes_the_page(tmp_path, monkeypatch):
    """In a copy: each line that was measured, none besides, and never a name that it does not have."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "bench.d"))
    page = importlib.import_module("capacity_page")
    text = page.PAGE.read_text(encoding="utf-8")
    new = page.fill(text, {"worker_us": 12.345, "wire_bytes": 1234.5, "look_ms": 0.0444})
    changed = [line for line in new.splitlines() if line not in text.splitlines()]
    assert [line.split(" | ")[:2] for line in changed] == [
        ["| `worker_us`", "12.3"], ["| `wire_bytes`", "1234"], ["| `look_ms`", "0.044"]]
    with pytest.raises(RuntimeError, match="has no weather"):
        page.fill(text, {"weather": 1})
    table = ["| models | 7 |", "| --- | --- |", "| new | 1 |"]
    new = page.replace_table(text, "### Models", table)
    assert new.partition("### Models\n\n")[2].startswith("\n".join(table) + "\n\n## ")
    assert page.replace_table(new, "### Models", re.findall(
        r"^\|.*$", text.partition("### Models\n\n")[2].partition("\n\n")[0], re.M)) == text
    with pytest.raises(RuntimeError, match="no table after"):
        page.replace_table(text, "### Weather", table)
