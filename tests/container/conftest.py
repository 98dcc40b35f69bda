"""Fixtures: the engine with the images built, and a stage per test or per file."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(__file__)), "e2e"))

import engine as engines  # noqa: E402  (the path comes first)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="the long forms too")


@pytest.fixture(scope="session")
def long_forms(request):
    return request.config.getoption("--all")


@pytest.fixture(scope="session")
def measured():
    """measured("what", value): a line of the record, never a reason to fail."""

    def say(what, value):
        print(f"measured: {what}: {value}")

    return say


@pytest.fixture(scope="session")
def engine():
    try:
        built = engines.Engine()
        if "OMEN_IMAGES_ARE_BUILT" not in os.environ:  # by tests/container/prepare
            built.build()
    except engines.Missing as missing:
        pytest.skip(str(missing))
    return built


def open_stage(request, engine):
    stage = engines.Stage(engine)
    failed = request.session.testsfailed
    yield stage
    if request.session.testsfailed > failed:
        stage.print_logs()
    stage.finish()


@pytest.fixture
def stage(request, engine):
    """For one test."""
    yield from open_stage(request, engine)


@pytest.fixture(scope="module")
def shared(request, engine):
    """For all tests of a file."""
    yield from open_stage(request, engine)
