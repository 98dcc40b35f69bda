"""Tests of the manifests, and of the program that judges them."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from check_manifests import render  # noqa: E402  (the path comes first)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="the long forms too")


@pytest.fixture(scope="session")
def bundles():
    """{name: rendering} of all there is."""
    return {one.name: one for one in render.render_all(ROOT / "manifests")}
