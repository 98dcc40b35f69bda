"""omen-sync cut off, crowded and out of space: what was served stays, and the rest is gone on with."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import harness
import pytest
import sync_tool
from sync_tool import (
    EXIT,
    FileSource,
    current,
    published,
    pull,
    put_manifest_source,
    random_tree,
    sync,
)

PART = 65536


# --- interruptions ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_an_interrupted_download_is_resumed(rig, source, models, kind):
    tree = random_tree(1, files=4, size=20 * PART)
    source.put("iris", "1", tree)
    sidecar = sync_tool.start_pull(rig, source.url, models, part_size="64k", bandwidth="2m")
    partial = os.path.join(models, ".sync", "partial")

    def has_parts():
        return any(name.endswith((".map", ".done")) for _, _, n in os.walk(partial) for name in n)

    harness.wait_for(has_parts, "some parts are there")
    begun = time.monotonic()
    sidecar.send_signal(kind)
    code = sidecar.wait()
    assert time.monotonic() - begun < 2
    assert code == (0 if kind == signal.SIGTERM else -signal.SIGKILL)
    assert current(models, "iris") is None
    total = sum(map(len, tree.values()))
    done = pull(source.url, models, part_size="64k")
    assert published(models, "iris") == tree
    assert 0 < done.records()[-1]["bytes"] < total
    assert not sync_tool.left_over(models)


@pytest.mark.parametrize("command", ["check", "on_change"])
def test_a_command_does_not_hold_up_the_end(rig, bucket, models, command):
    FileSource(rig, bucket).put("iris", "1", random_tree(1))
    begun = os.path.join(rig.run, "begun")
    options = {command: f"touch {begun}; sleep 60"}
    sidecar = sync_tool.start_pull(rig, f"file://{bucket}", models, **options)
    harness.wait_for(lambda: os.path.exists(begun), "the command runs")
    sidecar.send_signal(signal.SIGTERM)
    assert sidecar.wait(2) == 0


def test_two_sidecars_take_turns(rig, source, models):
    source.put("iris", "1", random_tree(1))
    both = [
        sync_tool.start_pull(rig, source.url, models, name=f"sync{i}", period="30ms") for i in range(2)
    ]
    for version in range(2, 20):
        source.put("iris", str(version), random_tree(version))
        harness.wait_for(lambda v=version: current(models, "iris") == str(v), f"{version} is there")
        assert published(models, "iris") == random_tree(version)
    for sidecar in both:
        assert sidecar.is_alive()
        assert '"error"' not in sidecar.log(), sidecar.log()


def test_a_lock_that_is_held_is_waited_for(rig, bucket, models):
    FileSource(rig, bucket).put("iris", "1", random_tree(1))
    pull(f"file://{bucket}", models)
    holder = rig.start("holder", ["flock", os.path.join(models, ".sync", "lock"), "sleep", "60"])
    time.sleep(0.3)
    pull(f"file://{bucket}", models, code=EXIT["locked"], lock_timeout="200ms")
    holder.stop()


def test_a_full_disk_leaves_what_was(rig, bucket, models):
    if os.geteuid() != 0:
        pytest.fail("this test mounts a small file system and needs root")
    os.mkdir(models)
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", models]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no mounts here: test_a_fault_at_every_call[enospc] covers the same code")
    try:
        web = rig.add(sync_tool.WebSource(rig.run, bucket))
        small = random_tree(1, files=1, size=1 << 20)
        put_manifest_source(bucket, "iris", "1", small)
        pull(web.url, models, reserve=0)
        put_manifest_source(bucket, "iris", "2", random_tree(2, files=4, size=1 << 20))
        pull(web.url, models, code=EXIT["space"], reserve=0)
        assert published(models, "iris") == small
        put_manifest_source(bucket, "iris", "3", random_tree(3, files=1, size=1 << 20))
        pull(web.url, models, reserve=0, keep=0, grace=0)
        assert published(models, "iris") == random_tree(3, files=1, size=1 << 20)
    finally:
        subprocess.run(["umount", models], check=True)


def versions_on_disk(models, name="iris"):
    return sorted(
        re.fullmatch(r"(.+)@[0-9a-f]{12}", entry)[1]
        for entry in os.listdir(os.path.join(models, name, ".versions"))
        if not entry.startswith(".")
    )


def test_all_versions_together_stay_below_their_limit(rig, bucket, models):
    source = FileSource(rig, bucket)
    options = {"keep": 5, "grace": "0", "max_disk_bytes": "3500k"}
    for version in "12345":
        source.put("iris", version, random_tree(version, files=1, size=1 << 20))
        pull(source.url, models, **options)
        used = subprocess.check_output(["du", "-sk", models], text=True).split()[0]
        assert int(used) < 3500
        assert current(models, "iris") == version
    assert versions_on_disk(models) == ["3", "4", "5"]  # older ones made room
    large = random_tree(6, files=3, size=1 << 20)
    source.put("iris", "6", large)
    done = pull(source.url, models, code=EXIT["space"], **options)
    assert "max-disk-bytes" in done.log
    assert published(models, "iris") == random_tree(5, files=1, size=1 << 20)
    assert sync("verify", models).code == 0


# --- what the disk lost -----------------------------------------------------------------------


def lose(models, path, data):
    """The file of the current version, with the same size and other bytes, or gone."""
    place = os.path.join(models, "iris", "current", path)
    os.unlink(place)
    if data is not None:
        pathlib.Path(place).write_bytes(data)


@pytest.fixture
def two_versions(rig, bucket, models):
    source = FileSource(rig, bucket)
    for version in "12":
        source.put("iris", version, random_tree(version))
        pull(source.url, models)
    return source


@pytest.mark.parametrize("away", [False, True], ids=["source there", "source away"])
@pytest.mark.parametrize(
    "how",
    [("always", b"bad"), ("auto", None), ("auto after a restart", b"bad")],
    ids=lambda how: f"{how[0]}, {'gone' if how[1] is None else 'changed'}",
)
def test_a_damaged_version_is_not_served_again(two_versions, models, how, away):
    recheck, word = how
    good = random_tree(2)["file0.bin"]
    lose(models, "file0.bin", None if word is None else word + good[len(word) :])
    if "restart" in recheck:
        pathlib.Path(models, ".sync", "checked").write_text("another start of the machine")
    if away:
        os.rename(two_versions.root, two_versions.root + ".away")
    code = EXIT["gone"] if away else 0
    done = pull(two_versions.url, models, code=code, recheck=recheck.split()[0])
    damaged = [record for record in done.records() if record["message"] == "damaged"]
    assert [record["version"] for record in damaged] == ["2"]
    assert "file0.bin" in damaged[0]["err"]
    if away:
        assert published(models, "iris") == random_tree(1)
    else:
        assert published(models, "iris") == random_tree(2)
    assert sync("verify", models).code == 0
    assert not sync_tool.left_over(models)


def test_a_damaged_version_without_another_is_taken_away(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    pull(source.url, models)
    lose(models, "file0.bin", None)
    os.rename(bucket, bucket + ".away")
    pull(source.url, models, code=EXIT["gone"])
    assert current(models, "iris") is None
    assert not os.path.lexists(os.path.join(models, "iris", "1"))
    os.rename(bucket + ".away", bucket)
    pull(source.url, models)
    assert published(models, "iris") == random_tree(1)


def test_bytes_are_read_again_only_when_there_is_a_reason(two_versions, models):
    good = random_tree(2)["file0.bin"]
    lose(models, "file0.bin", b"bad" + good[3:])
    for recheck in ("never", "auto"):  # the same start of the machine: nothing was lost by it
        done = pull(two_versions.url, models, recheck=recheck)
        assert [record["message"] for record in done.records()] == ["nothing new"]
    assert sync("verify", models).code == EXIT["integrity"]


# --- limits -----------------------------------------------------------------------------------


def test_the_time_limit(rig, bucket, models):
    put_manifest_source(bucket, "iris", "1", random_tree(1, size=20 * PART))
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    pull(web.url, models, code=EXIT["timeout"], bandwidth="64k", timeout="1s", part_size="64k")
    assert current(models, "iris") is None


def test_bandwidth_is_kept(rig, bucket, models):
    put_manifest_source(bucket, "iris", "1", random_tree(1, files=8, size=1 << 20))
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    begun = time.monotonic()
    pull(web.url, models, bandwidth="4m")
    assert 1.2 < time.monotonic() - begun < 8


# --- every call that changes the disk ---------------------------------------------------------


def find_faults():
    build = os.path.dirname(os.path.dirname(os.path.dirname(sync_tool.find_sync())))
    return os.path.join(build, "tests", "libsync_faults.so")


def faulted(source, models, kind="", at=0, count=None):
    env = {"LD_PRELOAD": find_faults(), "SYNC_FAULT": kind, "SYNC_FAULT_AT": str(at)}
    env["ASAN_OPTIONS"] = "verify_asan_link_order=0"
    if count is not None:
        env["SYNC_FAULT_COUNT"] = count
    return sync("pull", source, models, once="yes", fsync="always", keep=0, grace=0, env=env)


@pytest.mark.parametrize("kind", ["kill", "killed", "enospc", "eio"])
def test_a_fault_at_every_call(rig, bucket, models, kind, long_forms):
    """Cut off or refused at each call that changes the disk: what is served is a whole version, the
    old one or the new one, and the next run comes to the same end as if nothing had been."""
    source = FileSource(rig, bucket)
    trees = {version: random_tree(version, files=2, size=3 * PART) for version in "123"}
    start = os.path.join(rig.run, "start")
    for version in "12":
        source.put("iris", version, trees[version])
        pull(source.url, start)
    source.put("iris", "3", trees["3"])
    count_file = os.path.join(rig.run, "count")
    shutil.copytree(start, models, symlinks=True)
    assert faulted(source.url, models, count=count_file).code == 0
    with open(count_file, encoding="ascii") as file:
        calls = int(file.read())
    assert calls > 40
    step = 1 if long_forms or kind == "killed" else 3
    for at in range(1, calls + 1, step):
        sync_tool.clean(models)
        shutil.copytree(start, models, symlinks=True)
        done = faulted(source.url, models, kind, at)
        where = f"{kind} at {at}: {done.code} {done.log}"
        assert (done.code == -signal.SIGKILL) == kind.startswith("kill"), where
        assert kind != "enospc" or done.code in (0, EXIT["space"]), where
        assert current(models, "iris") in ("2", "3"), where
        assert published(models, "iris") == trees[current(models, "iris")], where
        if current(models, "iris") == "2":
            assert published(models, "iris", "2") == trees["2"], where
        pull(source.url, models, keep=0, grace=0)
        assert published(models, "iris") == trees["3"], where
        assert published(models, "iris", "previous") == trees["2"], where
        assert not sync_tool.left_over(models), where
        assert sync("verify", models).code == 0, where


# --- readers ----------------------------------------------------------------------------------


class Reader(threading.Thread):
    """Opens the directory once and reads two files of it, as a worker does."""

    def __init__(self, models, link):
        super().__init__()
        self.path = os.path.join(models, "iris", link)
        self.stopped = threading.Event()
        self.reads = 0
        self.mixed = []
        self.versions = set()

    def run(self):
        while not self.stopped.is_set():
            try:
                place = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                self.mixed.append("gone")
                continue
            try:
                pair = [self.read(place, name) for name in ("a", "b")]
            except FileNotFoundError:
                pair = ["half", "gone"]
            os.close(place)
            self.reads += 1
            self.versions.add(pair[0])
            if pair[0] != pair[1]:
                self.mixed.append(pair)

    @staticmethod
    def read(place, name):
        file = os.open(name, os.O_RDONLY, dir_fd=place)
        with os.fdopen(file) as stream:
            return stream.read()


def test_readers_never_see_two_versions_mixed(rig, source, bucket, models, long_forms, measured):
    flips = 1000 if long_forms else 80

    def put(version):
        text = str(version).encode() * 1000
        source.put("iris", str(version), {"a": text, "b": text})

    put(1)
    pull(source.url, models)
    sidecar = sync_tool.start_pull(rig, source.url, models, period="10ms", grace="2s", keep=2)
    readers = [Reader(models, "current") for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for version in range(2, flips + 2):
            put(version)
            harness.wait_for(
                lambda v=version: current(models, "iris") == str(v), f"{version}", pause=0.002
            )
            if version > 4:
                sync_tool.clean(os.path.join(bucket, "iris", str(version - 3)))
    finally:
        for reader in readers:
            reader.stopped.set()
            reader.join()
    reads = sum(reader.reads for reader in readers)
    measured("pairs read while versions flipped", f"{reads} over {flips} flips")
    assert all(reader.mixed == [] for reader in readers), readers[0].mixed[:3]
    assert len(set.union(*(reader.versions for reader in readers))) > flips // 4
    assert sidecar.is_alive()
