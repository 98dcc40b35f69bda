"""Tests that run with the Python of real clients, on the rigs of tests/e2e."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(__file__)), "e2e"))

import harness  # noqa: E402  (the path comes first)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="the long forms too")


@pytest.fixture(scope="session")
def long_forms(request):
    return request.config.getoption("--all")


@pytest.fixture(scope="module")
def shared(request):
    """For all tests of a file."""
    rig = harness.Rig()
    failed = request.session.testsfailed
    yield rig
    if request.session.testsfailed > failed:
        rig.print_logs()
    rig.finish()
