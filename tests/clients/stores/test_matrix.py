"""What can happen to a pull, for each cloud: what test_push_and_pull.py and the tests of files and web
servers in tests/e2e leave over. TABLE says where each of them is, and a test that it is there."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

import harness
import pytest
import sync_tool
from cloud import digests, files, find_sync, good

E2E = harness.ROOT / "tests" / "e2e"
HERE = harness.ROOT / "tests" / "clients" / "stores"
CLOUDS, SYNC, DISK, HOSTILE = (
    HERE / "test_push_and_pull.py",
    E2E / "test_sync.py",
    E2E / "test_sync_disk.py",
    E2E / "test_sync_hostile.py",
)
MATRIX = HERE / "test_matrix.py"

# What happens: the test for a directory, for a web server, for gs, s3 and az (one for all three).
# None: it cannot happen there, a directory has neither network nor credentials.
TABLE = {
    "first synchronisation": (
        (SYNC, "test_first_synchronisation"),
        (SYNC, "test_first_synchronisation"),
        (CLOUDS, "test_from_push_to_pull_and_the_next_version"),
    ),
    "no change": (
        (SYNC, "test_no_change_downloads_nothing"),
        (SYNC, "test_no_change_downloads_nothing"),
        (CLOUDS, "test_from_push_to_pull_and_the_next_version"),
    ),
    "new version": (
        (SYNC, "test_new_version_replaces_and_the_old_one_stays"),
        (SYNC, "test_new_version_replaces_and_the_old_one_stays"),
        (CLOUDS, "test_from_push_to_pull_and_the_next_version"),
    ),
    "change of the same size": (
        (SYNC, "test_change_of_the_same_size_is_seen"),
        (SYNC, "test_change_of_the_same_size_is_seen"),
        (CLOUDS, "test_the_same_size_with_other_bytes"),
    ),
    "killed at any phase, then resumed": (
        (DISK, "test_a_fault_at_every_call"),
        (DISK, "test_an_interrupted_download_is_resumed"),
        (MATRIX, "test_killed_or_without_room_at_calls_that_change_the_disk"),
    ),
    "no space": (
        (DISK, "test_a_fault_at_every_call"),
        (DISK, "test_a_full_disk_leaves_what_was"),
        (MATRIX, "test_killed_or_without_room_at_calls_that_change_the_disk"),
    ),
    "hostile names": (
        (HOSTILE, "test_hostile_file_names_refuse_the_whole_version"),
        (HOSTILE, "test_hostile_names_refuse_the_whole_version"),
        (CLOUDS, "test_a_version_with_a_hostile_name_is_refused_whole"),
    ),
    "truncated": (
        (HOSTILE, "test_a_file_that_is_written_while_it_is_copied"),
        (HOSTILE, "test_truncated_bodies_are_resumed"),
        (CLOUDS, "test_a_bad_network_brings_no_wrong_byte"),
    ),
    "corrupt": (
        (HOSTILE, "test_a_file_that_is_not_what_its_manifest_says"),
        (HOSTILE, "test_corrupt_bytes_are_never_published"),
        (CLOUDS, "test_a_bad_network_brings_no_wrong_byte"),
    ),
    "replaced in the middle": (
        (HOSTILE, "test_a_file_that_is_written_while_it_is_copied"),
        (HOSTILE, "test_replaced_in_the_middle"),
        (CLOUDS, "test_a_file_that_is_replaced_in_the_middle_is_no_mixture"),
    ),
    "storm of 429 and 503": (
        None,
        (HOSTILE, "test_a_storm_of_refusals_is_waited_out"),
        (CLOUDS, "test_a_storm_during_push_and_pull"),
    ),
    "credentials end in the middle": (
        None,
        (HOSTILE, "test_a_token_that_expires_in_the_middle_is_read_again"),
        (CLOUDS, "test_credentials_that_end_in_the_middle_of_a_pull"),  # gs, s3
        (HERE / "test_store_az.py", "test_an_ended_token_is_refused_with_403_and_renewed_once"),
    ),
    "stall": (
        None,
        (HOSTILE, "test_a_stall_is_ended_and_resumed"),
        (MATRIX, "test_a_stall_is_ended_and_resumed"),
    ),
    "proxy and exceptions": (
        None,
        (HOSTILE, "test_proxy_and_exceptions"),
        (MATRIX, "test_proxy_and_exceptions"),
    ),
    "own authority of certificates": (
        None,
        (HOSTILE, "test_certificates_are_checked_against_the_given_authority"),
        (MATRIX, "test_certificates_are_checked_against_the_given_authority"),
    ),
    "two sidecars": (
        (DISK, "test_two_sidecars_take_turns"),
        (DISK, "test_two_sidecars_take_turns"),
        (MATRIX, "test_two_sidecars_and_a_reader"),
    ),
    "readers while versions flip": (
        (DISK, "test_readers_never_see_two_versions_mixed"),
        (DISK, "test_readers_never_see_two_versions_mixed"),
        (MATRIX, "test_two_sidecars_and_a_reader"),
    ),
    "SIGTERM": (
        (DISK, "test_an_interrupted_download_is_resumed"),
        (DISK, "test_an_interrupted_download_is_resumed"),
        (MATRIX, "test_sigterm_leaves_what_can_be_gone_on_with"),
    ),
}


def test_each_cell_has_its_test():
    for what, cells in TABLE.items():
        assert len(cells) >= 3 and cells[2] is not None, what
        for path, name in filter(None, cells):
            assert re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.M), (what, name)


def find_faults():
    build = os.path.dirname(os.path.dirname(os.path.dirname(find_sync())))
    return os.path.join(build, "tests", "libsync_faults.so")


@pytest.mark.parametrize("kind", ["killed", "enospc"])
def test_killed_or_without_room_at_calls_that_change_the_disk(cloud, kind, request):
    """Some of the calls, all of them with --all: files and web servers have each in every run."""
    flags = ("--fsync=always", "--keep=0", "--grace=0")
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull(flags))
    good(cloud.push("risk", "2", **files(2)))
    start, count_file = cloud.folder / "start", cloud.folder / "count"
    shutil.copytree(cloud.models, start, symlinks=True)
    preload = {"LD_PRELOAD": find_faults(), "SYNC_FAULT": kind, "SYNC_FAULT_COUNT": str(count_file)}
    preload["ASAN_OPTIONS"] = "verify_asan_link_order=0"
    good(cloud.pull(flags, preload))
    calls = int(count_file.read_text(encoding="ascii"))
    assert calls > 40
    step = 1 if request.config.getoption("--all") else calls // 3
    for at in range(1, calls + 1, step):
        sync_tool.clean(cloud.models)
        shutil.copytree(start, cloud.models, symlinks=True)
        code, text = cloud.pull(flags, {**preload, "SYNC_FAULT_AT": str(at)})
        # How many pieces a body comes in varies: the last calls may not be there.
        assert code in (0, -signal.SIGKILL if kind == "killed" else 6), (at, text)
        assert code != 0 or kind == "enospc" or at > calls // 2, at
        assert cloud.content("risk") in (digests(**files(1)), digests(**files(2))), (at, text)
        good(cloud.pull(("--fsync=never", *flags[1:])))
        assert cloud.content("risk") == digests(**files(2)), at
        assert not sync_tool.left_over(cloud.models), at


def test_a_stall_is_ended_and_resumed(cloud):
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add("stall", "weights", "GET", seconds=30, bytes=100)
    begun = time.monotonic()
    good(cloud.pull(("--stall-timeout=1s",)))
    assert cloud.content("risk") == digests(**files(1))
    assert time.monotonic() - begun < 25


def test_proxy_and_exceptions(cloud, faults):
    good(cloud.push("risk", "1", **files(1)))
    proxy = faults(cloud.front.port)
    direct = len(cloud.front.seen)
    good(cloud.pull(("--proxy=" + proxy.url,)))
    assert cloud.content("risk") == digests(**files(1))
    passed = len(proxy.seen)
    assert passed > 8 and all(seen.path.startswith("http://") for seen in proxy.seen)
    assert len(cloud.front.seen) - direct == passed or len(cloud.front.seen) == direct
    good(cloud.pull(env={"http_proxy": proxy.url, "no_proxy": "127.0.0.1"}))
    assert len(proxy.seen) == passed
    good(cloud.pull(env={"http_proxy": proxy.url}))
    assert len(proxy.seen) > passed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The files of a certificate that signs itself, and of its key."""
    run = tmp_path_factory.mktemp("certificate")
    cert, key = str(run / "cert.pem"), str(run / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=cloud"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def test_certificates_are_checked_against_the_given_authority(cloud, faults, certificate):
    good(cloud.push("risk", "1", **files(1)))
    secure = faults(cloud.front.port, certificate)
    cloud.flags[0] = "--endpoint=" + cloud.endpoint.replace(cloud.front.url, secure.url)
    code, text = cloud.pull(("--retries=0",))
    assert code != 0 and "certificate" in text
    assert not (cloud.models / "risk").exists() and not secure.seen
    good(cloud.pull(("--ca-file=" + certificate[0],)))
    assert cloud.content("risk") == digests(**files(1)) and len(secure.seen) > 8
    sync_tool.clean(cloud.models)
    good(cloud.pull(env={"SSL_CERT_FILE": certificate[0]}))
    assert cloud.content("risk") == digests(**files(1))


def read_pairs(cloud, stopped, mixed, seen):
    """As a worker reads: `current` is opened once, its files below that."""
    while not stopped.is_set():
        place = os.open(cloud.models / "risk" / "current", os.O_RDONLY | os.O_DIRECTORY)
        pair = []
        for name in ("a.bin", "b.bin"):
            with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=place), "rb") as file:
                pair.append(file.read())
        os.close(place)
        seen.add(pair[0])
        if pair[0] != pair[1]:
            mixed.append(pair)
        time.sleep(0.001)


def test_two_sidecars_and_a_reader(cloud):
    def push(version):
        data = version.encode() * 20000
        good(cloud.push("risk", version, **{"a.bin": data, "b.bin": data}))
        return digests(**{"a.bin": data, "b.bin": data})

    push("1")
    good(cloud.pull())
    stopped, mixed, seen = threading.Event(), [], set()
    reader = threading.Thread(target=read_pairs, args=(cloud, stopped, mixed, seen))
    reader.start()
    try:
        with cloud.start("--period=50ms") as one, cloud.start("--period=50ms") as other:
            for version in "2345":
                wanted = push(version)
                harness.wait_for(lambda w=wanted: cloud.content("risk") == w, f"version {version}", 30)
            ends = [one.end(), other.end()]
    finally:
        stopped.set()
        reader.join()
    assert [code for code, _, _ in ends] == [0, 0]
    assert not any('"error"' in log for _, log, _ in ends), ends
    assert mixed == [] and len(seen) >= 4


def test_sigterm_leaves_what_can_be_gone_on_with(cloud):
    good(cloud.push("risk", "1", **files(1)))
    partial = cloud.models / ".sync" / "partial"
    cloud.models.mkdir()
    with cloud.start("--bandwidth=1m") as sidecar:
        harness.wait_for(lambda: any(partial.rglob("*.map")), "some parts are there")
        code, log, seconds = sidecar.end()
    assert code == 0 and seconds < 2 * harness.SLOWER, log
    assert not (cloud.models / "risk").exists()
    text = good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    received = int(re.search(r'"synchronised".*"bytes":(\d+)', text)[1])
    assert 0 < received < sum(map(len, files(1).values()))
