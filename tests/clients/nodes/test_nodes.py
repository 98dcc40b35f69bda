"""ONNX's own tests of single operators, those of the package onnx: newer than Debian's files, which have
none of ai.onnx.ml."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
BUILD = ROOT / os.environ.get("OMEN_BUILD", "build-gcc")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the runner of tests/onnx says of all of them."""
    folder = tmp_path_factory.mktemp("nodes")
    subprocess.run([sys.executable, HERE / "write_nodes.py", folder], check=True, capture_output=True)
    done = subprocess.run(
        [BUILD / "tests" / "onnx" / "test_nodes", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def counts(report, group):
    """(passed, all) of a line such as "core: 648 of 750 passed"."""
    found = re.search(rf"^{re.escape(group)}: (\d+) of (\d+) passed", report, re.M)
    print(f"measured: the package onnx, {found[0]}")
    return int(found[1]), int(found[2])


def test_all_of_ai_onnx_ml_pass(report):
    passed, total = counts(report, "ai.onnx.ml")
    assert passed == total >= 8, report


def test_the_core_passes_or_says_which_type_it_does_not_know(report):
    passed, total = counts(report, "core")
    failed = re.findall(r"^FAILED (\S+): (.*)$", report, re.M)
    assert total - passed == len(failed) and passed >= 600
    odd = [line for line in failed if not re.search(r"(element type|the type) .*not supported", line[1])]
    assert odd == []


def test_nothing_else_is_answered_wrongly(report):
    counts(report, "others")
    assert re.findall(r"^differs .*$", report, re.M) == []
