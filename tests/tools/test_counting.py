"""tests/run_all.py: what it counts, and that nothing passes by being lost."""

import argparse
import json
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import run_all  # noqa: E402  (the path comes first)


def count(stdout, result="OK", status=0):
    total = run_all.Total()
    entry = {"name": "program", "result": result, "returncode": status, "stdout": stdout}
    run_all.count_program(total, "suite", entry)
    return total


@pytest.mark.parametrize(
    "stdout, result, line",
    [
        ("1..2\nok 1 - a\nok 2 - b\n", "OK", "2 passed, 0 failed"),
        ("1..2\nok 1 - a\nnot ok 2 - b\n", "FAIL", "1 passed, 1 failed"),
        ("1..2\nok 1 - a\n", "ERROR", "1 passed, 1 failed"),
        ("1..1\nok 1 - a\n", "TIMEOUT", "1 passed, 1 failed"),
        ("ok 1 - a # SKIP no such library\n1..1\n", "OK", "0 passed, 0 failed, 1 skipped"),
        ("1..0 # SKIP nothing to do\n", "SKIP", "0 passed, 0 failed, 1 skipped"),
        ("", "SKIP", "0 passed, 1 failed"),
        ("", "ERROR", "0 passed, 1 failed"),
        ("any text\n", "OK", "1 passed, 0 failed"),
        ("any text\n", "FAIL", "0 passed, 1 failed"),
    ],
)
def test_programs(stdout, result, line, capsys):
    assert count(stdout, result).line() == line
    assert ("FAILED" in capsys.readouterr().out) == (" 0 failed" not in line)


def test_a_skip_has_its_reason():
    total = count("1..1\nok 1 - a # SKIP no such library\n")
    assert total.skips == [("suite: program: a", "no such library")]


def test_a_failure_shows_the_output(capsys):
    count("1..1\nnot ok 1 - a\n# expected 1, got 2\n", "FAIL")
    assert "expected 1, got 2" in capsys.readouterr().out


def test_tables_are_shown(capsys):
    entries = [
        {"name": "omen:golden / onnx", "stdout": "ok 1 - a\n# onnx: 1 of 1 cases\n1..1\n"},
        {"name": "omen:onnx / nodes", "stdout": "core: 475 of 475 passed\n"},
        {"name": "omen:unit / other", "stdout": "# other\n"},
    ]
    run_all.print_tables(map(json.dumps, entries))
    assert capsys.readouterr().out == "  onnx: 1 of 1 cases\n  core: 475 of 475 passed\n"


JUNIT = """<testsuites><testsuite>
<testcase classname="c" name="good"/>
<testcase classname="c" name="bad"><failure message="it is bad">at line 3</failure></testcase>
<testcase classname="c" name="broken"><error message="no fixture"/></testcase>
<testcase classname="c" name="left"><skipped message="not on this machine"/></testcase>
</testsuite></testsuites>"""


def test_junit(tmp_path, capsys):
    report = tmp_path / "report.xml"
    report.write_text(JUNIT, encoding="utf-8")
    total = run_all.Total()
    assert run_all.count_junit(total, "suite", report) == (4, ["suite: c bad", "suite: c broken"])
    assert total.line() == "1 passed, 2 failed, 1 skipped"
    assert total.skips == [("suite: c left", "not on this machine")]
    assert "at line 3" in capsys.readouterr().out


def test_a_command(capsys):
    total = run_all.Total()
    assert run_all.count_command(total, "true", ["true"])
    assert not run_all.count_command(total, "false", ["sh", "-c", "echo why; exit 3"])
    assert not run_all.count_command(total, "none", ["/no/such/program"])
    assert not run_all.count_command(total, "slow", ["sleep", "30"], timeout=0.2)
    assert total.line() == "1 passed, 3 failed"
    assert "why" in capsys.readouterr().out


# Suites side by side


def arguments(**given):
    return argparse.Namespace(**{"all": False, "sanitize": None, "only": None, "in_turn": False, **given})


@pytest.fixture
def compiling(monkeypatch, tmp_path):
    """Nothing is compiled but what says so in this."""
    outcomes = {}
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    monkeypatch.setattr(run_all.Builds, "compile", lambda self, suite, before: outcomes[suite])
    return outcomes


def test_every_suite_is_in_one_track():
    tracks = [suite for track in run_all.TRACKS for suite in track]
    assert sorted(tracks) == sorted({*run_all.SUITES, *run_all.BUILDS})


def test_what_is_waited_for_first_is_compiled_first():
    assert run_all.chosen_builds(run_all.SUITES, arguments()) == ["gcc", "clang", "sanitized"]
    asked = arguments(sanitize="thread")
    assert run_all.chosen_builds(run_all.chosen_suites(asked), asked) == ["thread"]


def test_the_programs_of_a_suite_are_compiled_with_it(compiling):
    assert run_all.chosen_builds(["e2e"], arguments()) == ["gcc"]
    assert run_all.chosen_builds(["clang", "e2e"], arguments()) == ["gcc", "clang"]
    assert run_all.chosen_builds(["checks"], arguments()) == []


def test_what_is_not_compiled_fails_once_and_fails_those_that_need_it(compiling, capsys):
    compiling["gcc"] = ("build", 1, "no such header")
    record = run_all.Record(arguments(only=["gcc", "e2e"]))
    total = record.run()
    assert sorted(total.failures) == ["e2e: there are no programs of gcc", "gcc: build"]
    assert "no such header" in capsys.readouterr().out


@pytest.mark.parametrize("in_turn", [False, True])
def test_the_record(compiling, monkeypatch, capsys, in_turn):
    def run_suite(total, suite, *_):
        if suite == "tools":
            raise ValueError("of the run itself")
        total.add_pass()

    monkeypatch.setattr(run_all, "run_suite", run_suite)
    compiling["gcc"] = ("build", 0, "")
    record = run_all.Record(arguments(only=["checks", "tools", "e2e"], in_turn=in_turn))
    total = record.run()
    assert total.line() == "2 passed, 1 failed" and total.failures == ["tools: the run itself"]
    assert "of the run itself" in capsys.readouterr().out
    record.print_end(total)
    *suites, failed, taken, last = capsys.readouterr().out.splitlines()
    form = r"(\w+): \d passed, \d failed, 0 skipped in \d+ s, begun after \d+ s"
    assert sorted(re.fullmatch(form, line)[1] for line in suites) == ["checks", "e2e", "tools"]
    assert (failed, last) == ("failed tools: the run itself", "2 passed, 1 failed")
    assert re.fullmatch(r"all of it took \d+ s", taken)
