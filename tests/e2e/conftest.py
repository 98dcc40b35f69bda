"""Fixtures: a rig per test, or one per file where starting anew would only cost time."""

import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import harness  # noqa: E402  (the path comes first)
import sync_tool  # noqa: E402

RIGS = pytest.StashKey()

# A job in the background ignores Ctrl-C and QUIT, one under nohup a hangup; so would all that the
# tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="the long forms too")


@pytest.fixture(scope="session")
def long_forms(request):
    return request.config.getoption("--all")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when in ("setup", "call"):
        for rig in item.session.stash.get(RIGS, []):
            rig.print_logs()


def open_rig(request):
    rig = harness.Rig()
    rigs = request.session.stash.setdefault(RIGS, [])
    rigs.append(rig)
    yield rig
    rigs.remove(rig)
    rig.finish()


@pytest.fixture
def rig(request):
    """For one test."""
    yield from open_rig(request)


@pytest.fixture(scope="module")
def shared(request):
    """For all tests of a file."""
    yield from open_rig(request)


@pytest.fixture(scope="session")
def measured():
    """measured("what", value): a line of the record, never a reason to fail."""

    def say(what, value):
        print(f"measured: {what}: {value}")

    return say


# --- omen-sync --------------------------------------------------------------------------------


@pytest.fixture
def models(rig):
    """Where omen-sync publishes."""
    return os.path.join(rig.run, "synced")


@pytest.fixture
def bucket(rig):
    """The directory behind a source."""
    place = os.path.join(rig.run, "bucket")
    os.mkdir(place)
    return place


@pytest.fixture(params=[sync_tool.FileSource, sync_tool.NginxSource], ids=["file", "nginx"])
def source(request, rig, bucket):
    return request.param(rig, bucket)


@pytest.fixture
def faulty(bucket):
    """A web server with faults."""
    server = sync_tool.Faulty(bucket)
    yield server
    server.close()
