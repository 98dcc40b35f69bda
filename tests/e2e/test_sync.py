"""omen-sync from a directory and from nginx: what is published is whole, or is not published."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import harness
import pytest
import sync_tool
from sync_tool import (
    EXIT,
    FileSource,
    NginxSource,
    current,
    published,
    pull,
    put_manifest_source,
    random_tree,
    sync,
)

PART = 65536


# --- the plain course -------------------------------------------------------------------------


def test_first_synchronisation(source, models):
    tree = random_tree(1, files=5, size=3 * PART + 17)
    source.put("iris", "1", tree)
    pull(source.url, models, part_size="64k")
    assert current(models, "iris") == "1"
    assert published(models, "iris") == tree
    assert published(models, "iris", "1") == tree
    assert not sync_tool.left_over(models)
    assert sync("verify", models).code == 0


def test_no_change_downloads_nothing(source, models):
    source.put("iris", "1", random_tree(1))
    pull(source.url, models)
    before = os.stat(os.path.join(models, "iris", "current")).st_ino
    done = pull(source.url, models)
    assert [record["message"] for record in done.records()] == ["nothing new"]
    assert os.stat(os.path.join(models, "iris", "current")).st_ino == before


def test_new_version_replaces_and_the_old_one_stays(source, models):
    source.put("iris", "9", random_tree(9))
    pull(source.url, models)
    source.put("iris", "10", random_tree(10))
    pull(source.url, models)
    assert current(models, "iris") == "10"
    assert published(models, "iris") == random_tree(10)
    assert published(models, "iris", "previous") == random_tree(9)
    assert published(models, "iris", "9") == random_tree(9)


def test_change_of_the_same_size_is_seen(source, models):
    tree = random_tree(1, size=PART)
    source.put("iris", "1", tree)
    pull(source.url, models)
    changed = {**tree, "file0.bin": bytes(reversed(tree["file0.bin"]))}
    source.put("iris", "1", changed)
    pull(source.url, models)
    assert published(models, "iris") == changed
    assert published(models, "iris", "1") == changed
    assert published(models, "iris", "previous") == tree


def test_only_what_changed_is_downloaded_again(source, models):
    tree = random_tree(1, files=4, size=PART)
    source.put("iris", "1", tree)
    pull(source.url, models)
    rest = tree if isinstance(source, NginxSource) else {}  # a file that is written again is new
    source.put("iris", "1", {**rest, "file0.bin": b"new"})
    record = pull(source.url, models).records()[-1]
    assert record["message"] == "synchronised"
    assert record["bytes"] < PART + 4096


def test_the_same_bytes_uploaded_again_are_read_once(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    pull(source.url, models)
    target = os.readlink(os.path.join(models, "iris", "current"))
    source.put("iris", "1", random_tree(1))
    pull(source.url, models)
    assert os.readlink(os.path.join(models, "iris", "current")) == target
    done = pull(source.url, models)
    assert [record["message"] for record in done.records()] == ["nothing new"]


def test_several_models_and_empty_files(source, models):
    if isinstance(source, NginxSource):
        first = put_manifest_source(source.root, "a", "1", {"m": b"1", "empty": b""})
        second = put_manifest_source(source.root, "b", "7", random_tree(7))
        pointer = sync_tool.pointer_of({("a", "1"): first, ("b", "7"): second})
        sync_tool.put_tree(source.root, {"CURRENT": pointer})
    else:
        source.put("a", "1", {"m": b"1", "empty": b""})
        source.put("b", "7", random_tree(7))
    pull(source.url, models)
    assert published(models, "a") == {"m": b"1", "empty": b""}
    assert published(models, "b") == random_tree(7)


def test_many_small_models_cost_no_pauses(source, models):
    trees = {f"m{i}": {"model": str(i).encode()} for i in range(40)}
    if isinstance(source, NginxSource):
        manifests = {
            (name, "1"): put_manifest_source(source.root, name, "1", tree)
            for name, tree in trees.items()
        }
        sync_tool.put_tree(source.root, {"CURRENT": sync_tool.pointer_of(manifests)})
    else:
        for name, tree in trees.items():
            source.put(name, "1", tree)
    record = pull(source.url, models).records()[-1]
    assert record["published"] == 40
    assert record["seconds"] < 3 * harness.SLOWER  # a tenth of a second for each would be more


def test_a_source_that_is_empty_or_away_takes_nothing_away(source, models, rig):
    source.put("iris", "1", random_tree(1))
    pull(source.url, models)
    os.rename(source.root, source.root + ".away")
    done = pull(source.url, models, code=EXIT["gone"])
    assert "failed" in done.log
    assert published(models, "iris") == random_tree(1)
    assert pull(source.url, models, allow_stale="yes").code == 0
    os.mkdir(source.root)
    pull(source.url, models, code=EXIT["gone"])
    assert published(models, "iris") == random_tree(1)


def test_an_older_version_alone_is_no_reason_to_go_back(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    source.put("iris", "2", random_tree(2))
    pull(source.url, models)
    sync_tool.clean(os.path.join(bucket, "iris", "2"))
    pull(source.url, models)
    assert current(models, "iris") == "2"


# --- what is complete -------------------------------------------------------------------------


def test_a_version_is_taken_when_it_has_settled(rig, bucket, models):
    sidecar = sync_tool.start_pull(rig, f"file://{bucket}", models, settle="700ms")
    for i in range(6):
        sync_tool.put_tree(os.path.join(bucket, "iris", "1"), {f"part{i}": b"x" * i})
        time.sleep(0.3)
        assert current(models, "iris") is None, sidecar.log()
    harness.wait_for(lambda: current(models, "iris") == "1", "the version has settled")
    assert len(published(models, "iris")) == 6


def put_unfinished(bucket, version):
    sync_tool.put_tree(os.path.join(bucket, "iris", version), random_tree(version))


def test_once_takes_an_older_version_where_the_newest_is_not_whole(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    put_unfinished(bucket, "2")
    begun = time.monotonic()
    pull(source.url, models, patience="1h")
    assert current(models, "iris") == "1"
    assert time.monotonic() - begun < 10 * harness.SLOWER


@pytest.mark.parametrize("complete", ["marker", "auto"])
def test_once_waits_only_so_long_for_the_first_version(rig, bucket, models, complete):
    source = FileSource(rig, bucket)
    put_unfinished(bucket, "1")
    if complete == "auto":  # which asks for a marker because another version has one
        sync_tool.put_tree(bucket, {"iris/2/bad\\name": b"", "iris/2/_SUCCESS": b""})
    options = {"complete": complete, "allow_stale": "yes"}
    done = pull(source.url, models, code=EXIT["timeout"], patience="300ms", **options)
    assert "no version of a model became whole" in done.log
    assert current(models, "iris") is None
    finish = threading.Timer(0.5, source.put, ("iris", "1", {}))
    finish.start()
    pull(source.url, models, patience="1m", **options)
    assert published(models, "iris") == random_tree(1)


def test_once_waits_for_a_source_with_no_models_yet(rig, bucket, models):
    source = FileSource(rig, bucket)
    options = {"period": "200ms", "max_failures": 3}
    done = pull(source.url, models, code=EXIT["gone"], **options)
    assert done.log.count("the source has no models") == 3
    put = threading.Timer(0.5, source.put, ("iris", "1", random_tree(1)))
    put.start()
    pull(source.url, models, **{**options, "max_failures": 1000})
    put.join()
    assert published(models, "iris") == random_tree(1)


def test_once_fails_where_the_only_version_is_refused(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("good", "1", random_tree(1))
    source.put("iris", "1", {"bad\\name": b""})
    done = pull(source.url, models, code=EXIT["integrity"])
    assert "no version of a model can be taken" in done.log
    assert current(models, "good") == "1"


def test_a_sidecar_is_ready_when_it_has_something_to_serve(rig, bucket, models):
    put_unfinished(bucket, "1")
    port = harness.free_port()
    options = {"complete": "marker", "listen": f"127.0.0.1:{port}"}
    sidecar = sync_tool.start_pull(rig, f"file://{bucket}", models, **options)
    harness.wait_for(lambda: '"waiting"' in sidecar.log(), "a look")
    time.sleep(0.3)
    assert harness.http_ask(port, "GET", "/readyz")[0] == 503
    FileSource(rig, bucket).put("iris", "1", {})
    harness.wait_for(lambda: harness.http_ask(port, "GET", "/readyz")[0] == 200, "ready")


@pytest.mark.parametrize("marker", ["_SUCCESS", "omen-manifest.json"])
def test_auto_asks_of_all_what_one_version_has(rig, bucket, models, marker):
    def put(version, complete):
        tree = random_tree(version)
        place = os.path.join(bucket, "iris", version)
        sync_tool.put_tree(place, tree)
        if complete:
            text = sync_tool.manifest_of("iris", version, tree) if "json" in marker else b""
            sync_tool.put_tree(place, {marker: text})

    put("1", True)
    put("2", False)
    sync_tool.start_pull(rig, f"file://{bucket}", models)
    harness.wait_for(lambda: current(models, "iris") == "1", "the complete version is current")
    time.sleep(1)
    assert current(models, "iris") == "1"
    put("2", True)
    harness.wait_for(lambda: current(models, "iris") == "2", "its marker came")
    assert set(published(models, "iris")) == set(random_tree("2"))


def test_a_manifest_decides_what_is_part_of_a_version(rig, bucket, models):
    tree = random_tree(1)
    place = os.path.join(bucket, "iris", "1")
    sync_tool.put_tree(place, tree | {"stray.bin": b"not listed"})
    sync_tool.put_tree(place, {"omen-manifest.json": sync_tool.manifest_of("iris", "1", tree)})
    pull(f"file://{bucket}", models)
    assert published(models, "iris") == tree
    # A file of the manifest that is not there yet: nothing is published.
    place = os.path.join(bucket, "iris", "2")
    sync_tool.put_tree(place, {"file0.bin": random_tree(2)["file0.bin"]})
    manifest = sync_tool.manifest_of("iris", "2", random_tree(2))
    sync_tool.put_tree(place, {"omen-manifest.json": manifest})
    pull(f"file://{bucket}", models, code=EXIT["transient"])
    assert current(models, "iris") == "1"


# --- old versions, rollback, pins -------------------------------------------------------------


def test_old_versions_are_collected(rig, bucket, models):
    source = FileSource(rig, bucket)
    for version in range(1, 9):
        source.put("iris", str(version), random_tree(version))
        pull(source.url, models, keep=2, grace=0)
    kept = sorted(os.listdir(os.path.join(models, "iris", ".versions")))
    assert [name.split("@")[0] for name in kept] == ["5", "6", "7", "8"]
    links = set(os.listdir(os.path.join(models, "iris"))) - {".versions"}
    assert links == {"5", "6", "7", "8", "current", "previous"}
    assert published(models, "iris") == random_tree(8)


def test_grace_keeps_what_was_just_superseded(rig, bucket, models):
    source = FileSource(rig, bucket)
    for version in range(1, 6):
        source.put("iris", str(version), random_tree(version))
        pull(source.url, models, keep=0, grace="1h")
    assert len(os.listdir(os.path.join(models, "iris", ".versions"))) == 5


def test_rollback_pin_and_back(rig, bucket, models):
    source = FileSource(rig, bucket)
    for version in ("1", "2"):
        source.put("iris", version, random_tree(version))
        pull(source.url, models)
    assert sync("rollback", "iris", directory=models).code == 0
    assert current(models, "iris") == "1"
    source.put("iris", "3", random_tree(3))
    pull(source.url, models)
    assert current(models, "iris") == "1"
    assert sync("pin", "iris", "3", directory=models).code == 0
    pull(source.url, models)
    assert current(models, "iris") == "3"
    assert sync("rollback", "iris", "2", directory=models).code == 0
    assert published(models, "iris") == random_tree("2")
    assert sync("pin", "iris", "none", directory=models).code == 0
    pull(source.url, models)
    assert current(models, "iris") == "3"
    assert sync("rollback", "iris", "77", directory=models).code == EXIT["gone"]
    assert sync("rollback", "other", directory=models).code == EXIT["gone"]
    assert sync("rollback", "../iris", directory=models).code == EXIT["usage"]


def test_verify_finds_what_the_disk_lost(rig, bucket, models):
    FileSource(rig, bucket).put("iris", "1", random_tree(1))
    pull(f"file://{bucket}", models)
    path = os.path.join(models, "iris", "current", "file1.bin")
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.write(b"!")
    done = sync("verify", models)
    assert done.code == EXIT["integrity"]
    assert "file1.bin" in done.out


# --- pushing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "nginx"])
def test_push_then_pull(rig, bucket, models, kind):
    url = f"file://{bucket}"
    if kind == "nginx":
        url = rig.add(sync_tool.WebSource(rig.run, bucket)).url
    local = os.path.join(rig.run, "local")
    for version in ("1", "2"):
        tree = random_tree(version, size=PART)
        sync_tool.put_tree(os.path.join(local, "iris", version), tree)
        done = sync("push", os.path.join(local, "iris", version), url, checker="true")
        assert done.code == 0, done.log
        pull(url, models)
        assert current(models, "iris") == version
        assert published(models, "iris") == tree
    # Again: no harm. With other content: refused.
    assert sync("push", os.path.join(local, "iris", "2"), url, checker="true").code == 0
    sync_tool.put_tree(os.path.join(local, "iris", "2"), {"file0.bin": b"other"})
    done = sync("push", os.path.join(local, "iris", "2"), url, checker="true")
    assert done.code == EXIT["other"] and "never" in done.log
    pull(url, models)
    assert published(models, "iris") == random_tree("2", size=PART)
    listing = sync("list", url)
    assert listing.code == 0 and listing.out.startswith("iris 2 ")


def test_push_does_not_upload_what_is_no_model(rig, bucket):
    local = os.path.join(rig.run, "local", "iris", "1")
    sync_tool.put_tree(local, {"model.json": b"{}"})
    omen = os.path.join(os.path.dirname(sync_tool.find_sync()), "..", "cli", "omen")
    done = sync("push", local, f"file://{bucket}", checker=f"{omen} check")
    assert done.code == EXIT["other"]
    assert not os.listdir(bucket)


def test_pushes_of_several_models_at_once_lose_none(rig, bucket):
    pushes = []
    for i in range(8):
        local = os.path.join(rig.run, "local", f"model{i}", "1")
        sync_tool.put_tree(local, random_tree(i))
        command = [sync_tool.find_sync(), "push", local, f"file://{bucket}", "--checker=true"]
        pushes.append(subprocess.Popen(command, env=sync_tool.environment()))
    assert [push.wait() for push in pushes] == [0] * 8
    with open(os.path.join(bucket, "CURRENT"), encoding="utf-8") as file:
        assert len(json.load(file)["models"]) == 8


# --- signatures -------------------------------------------------------------------------------


def make_keys(rig, name="key"):
    private = os.path.join(rig.run, f"{name}.pem")
    public = os.path.join(rig.run, f"{name}.pub")
    new = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", private]
    subprocess.run(new, check=True, capture_output=True)
    out = ["openssl", "pkey", "-in", private, "-pubout", "-out", public]
    subprocess.run(out, check=True, capture_output=True)
    return private, public


def test_only_what_is_signed_is_taken(rig, bucket, models):
    private, public = make_keys(rig)
    other_private, _ = make_keys(rig, "other")
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    local = os.path.join(rig.run, "local", "iris")

    def push(version, key):
        sync_tool.put_tree(os.path.join(local, version), random_tree(version))
        more = {"signing_key": key} if key else {}
        done = sync("push", os.path.join(local, version), web.url, checker="true", **more)
        assert done.code == 0, done.log

    signed = {"require_signature": "yes", "public_key": public}
    push("1", private)
    pull(web.url, models, **signed)
    assert current(models, "iris") == "1"
    for version, key in (("2", None), ("3", other_private)):
        push(version, key)
        pull(web.url, models, code=EXIT["integrity"], **signed)
        assert current(models, "iris") == "1"
        assert not any(f"/iris/{version}/file" in line and "GET" in line for line in web.requests())
    pull(web.url, models, code=EXIT["usage"], require_signature="yes")


def test_minisign(rig, bucket, models):
    secret, public = os.path.join(rig.run, "ms.key"), os.path.join(rig.run, "ms.pub")
    make = ["minisign", "-G", "-W", "-f", "-p", public, "-s", secret]
    subprocess.run(make, check=True, capture_output=True)
    tree = random_tree(1)
    put_manifest_source(bucket, "iris", "1", tree)
    manifest = os.path.join(bucket, "iris", "1", "omen-manifest.json")
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    signed = {"require_signature": "yes", "public_key": public}
    pull(web.url, models, code=EXIT["integrity"], **signed)
    command = ["minisign", "-S", "-s", secret, "-m", manifest, "-t", "iris 1"]
    subprocess.run(command, check=True, capture_output=True)
    pull(web.url, models, **signed)
    assert published(models, "iris") == tree


def test_an_old_manifest_shown_again_is_refused(rig, bucket, models):
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    put_manifest_source(bucket, "iris", "2", random_tree(2), serial=20)
    pull(web.url, models)
    put_manifest_source(bucket, "iris", "1", random_tree(1), serial=10)
    pull(web.url, models, code=EXIT["integrity"])
    assert current(models, "iris") == "2"
    pull(web.url, models, allow_downgrade="yes")
    assert current(models, "iris") == "1"
    put_manifest_source(bucket, "iris", "3", random_tree(3), expires="2020-01-01T00:00:00Z")
    done = pull(web.url, models, code=EXIT["integrity"])
    assert "expired" in done.log


# --- what others see --------------------------------------------------------------------------


def test_commands_before_and_after_the_flip(rig, bucket, models):
    source = FileSource(rig, bucket)
    out = os.path.join(rig.run, "told")
    source.put("iris", "1", {"m": b"good"})
    options = {
        "check": 'grep -q good "$OMEN_PATH/m"',
        "on_change": f'echo "$OMEN_MODEL $OMEN_VERSION $(cat "$OMEN_PATH/m")" >> {out}',
    }
    pull(source.url, models, **options)
    source.put("iris", "2", {"m": b"bad"})
    pull(source.url, models, code=EXIT["integrity"], **options)
    assert current(models, "iris") == "1"
    with open(out, encoding="ascii") as file:
        assert file.read() == "iris 1 good\n"


def test_the_worker_is_signalled(rig, bucket, models):
    heard = os.path.join(rig.run, "heard")
    script = f"trap 'echo x >> {heard}' HUP; while :; do sleep 0.05; done"
    child = rig.start("worker", ["/bin/sh", "-c", script])
    pid_file = os.path.join(rig.run, "pid")
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(f"{child.pid}\n")
    time.sleep(0.2)
    FileSource(rig, bucket).put("iris", "1", random_tree(1))
    pull(f"file://{bucket}", models, signal_pid_file=pid_file)
    harness.wait_for(lambda: os.path.exists(heard), "the signal was heard")


def test_metrics_and_health(rig, bucket, models):
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    port = harness.free_port()
    textfile = os.path.join(rig.run, "sync.prom")
    sidecar = sync_tool.start_pull(
        rig, web.url, models, listen=f"127.0.0.1:{port}", textfile=textfile
    )
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "it listens")
    assert harness.http_ask(port, "GET", "/healthz")[0] == 200
    assert harness.http_ask(port, "GET", "/readyz")[0] == 503
    put_manifest_source(bucket, "iris", "1", random_tree(1))
    harness.wait_for(lambda: harness.http_ask(port, "GET", "/readyz")[0] == 200, "it is ready")
    text = harness.http_ask(port, "GET", "/metrics")[2].decode()
    assert 'omen_sync_version_info{model="iris",version="1",id=' in text
    assert 'omen_sync_syncs_total{result="success"} 1' in text
    for name in ('http_requests_total{code="2xx"}', "disk_bytes", "versions_on_disk"):
        assert float(re.search(rf"^omen_sync_{re.escape(name)} (\S+)$", text, re.M)[1]) > 0, name
    assert harness.http_ask(port, "GET", "/x")[0] == 404
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"\0" * 10000)
    with open(textfile, encoding="utf-8") as file:
        assert "omen_sync_last_success_timestamp_seconds" in file.read()
    assert sidecar.is_alive()


def test_metrics_know_what_was_served_before(rig, bucket, models):
    FileSource(rig, bucket).put("iris", "1", random_tree(1))
    pull(f"file://{bucket}", models)
    textfile = os.path.join(rig.run, "sync.prom")
    pull(f"file://{bucket}", models, textfile=textfile)
    with open(textfile, encoding="utf-8") as file:
        text = file.read()
    assert 'omen_sync_version_info{model="iris",version="1",id=' in text
    assert "\nomen_sync_published_timestamp_seconds 0\n" in text


def test_progress_on_a_terminal(rig, bucket, models):
    put_manifest_source(bucket, "iris", "1", random_tree(1, files=4, size=1 << 20))
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    command = [sync_tool.find_sync(), "pull", web.url, models, "--once", "--bandwidth=2m"]
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stderr=theirs, env=sync_tool.environment()) as process:
        assert process.wait() == 0
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    assert re.search(r"omen-sync: \d+\.\d of 4\.\d MiB, \d+\.\d MiB/s, \d+ s left", text), text
    assert " info published " in text


def test_a_signal_makes_it_look_at_once(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    sidecar = sync_tool.start_pull(rig, source.url, models, period="1h")
    harness.wait_for(lambda: current(models, "iris") == "1", "the first is there")
    source.put("iris", "2", random_tree(2))
    time.sleep(0.3)
    sidecar.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: current(models, "iris") == "2", "the second is there")


def test_usage():
    assert sync().code == EXIT["usage"]
    assert sync("pull", "x").code == EXIT["usage"]
    assert sync("pull", "ftp://x/y", "/tmp/none", once="yes").code == EXIT["usage"]
    assert sync("pull", "https://u:p@x/y", "/tmp/none", once="yes").code == EXIT["usage"]
    assert sync("pull", "gs://b/p?x#y", "/tmp/none", once="yes").code == EXIT["usage"]
    assert sync("dance").code == EXIT["usage"]
    done = sync("pull", "file:///x", "/tmp/none", period="never")
    assert done.code == EXIT["usage"] and "period" in done.log
