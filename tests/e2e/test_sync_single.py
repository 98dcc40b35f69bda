"""omen-sync from a source that is one model: a training run's files as they are, or its versions."""

import os
import time

import harness
import pytest
import sync_tool
from sync_tool import EXIT, current, published, pull, random_tree, sync


def test_files_alone_are_version_1(rig, bucket, models):
    tree = random_tree(1)
    sync_tool.put_tree(bucket, tree)
    url = f"file://{bucket}"
    pull(url, models, code=EXIT["gone"])  # without the option there is no model in it
    pull(url, models, single="iris")
    assert current(models, "iris") == "1"
    assert published(models, "iris") == published(models, "iris", "1") == tree
    done = pull(url, models, single="iris")
    assert [record["message"] for record in done.records()] == ["nothing new"]
    assert sync("verify", models).code == 0
    assert sync("list", url, single="iris").out.split()[:3] == ["iris", "1", "4"]


def test_files_alone_that_change_replace_the_version_at_once(rig, bucket, models):
    tree = random_tree(1)
    sync_tool.put_tree(bucket, {**tree, "_SUCCESS": b""})
    pull(f"file://{bucket}", models, single="iris")
    target = os.path.realpath(os.path.join(models, "iris", "1"))
    changed = {**tree, "file0.bin": bytes(reversed(tree["file0.bin"]))}
    sync_tool.put_tree(bucket, {**changed, "_SUCCESS": b""})
    pull(f"file://{bucket}", models, single="iris")
    assert current(models, "iris") == "1"
    assert published(models, "iris") == published(models, "iris", "1") == changed
    assert published(models, "iris", "previous") == sync_tool.read_tree(target) == tree


def test_files_alone_are_taken_when_they_have_settled(rig, bucket, models):
    options = {"settle": "700ms", "single": "iris"}
    sidecar = sync_tool.start_pull(rig, f"file://{bucket}", models, **options)
    for i in range(4):
        sync_tool.put_tree(bucket, {f"part{i}": b"x" * i})
        time.sleep(0.3)
        assert current(models, "iris") is None, sidecar.log()
    harness.wait_for(lambda: current(models, "iris") == "1", "the files have settled")
    assert len(published(models, "iris")) == 4


def test_files_alone_wait_for_their_marker(rig, bucket, models):
    sync_tool.put_tree(bucket, random_tree(1))
    options = {"single": "iris", "complete": "marker", "patience": "300ms"}
    pull(f"file://{bucket}", models, code=EXIT["timeout"], **options)
    sync_tool.put_tree(bucket, {"_SUCCESS": b""})
    pull(f"file://{bucket}", models, **options)
    assert published(models, "iris") == random_tree(1)


def test_versions_of_one_model(rig, bucket, models):
    for version in ("9", "10"):
        sync_tool.put_tree(os.path.join(bucket, version), random_tree(version))
    sync_tool.put_tree(bucket, {"plots/loss.png": b"no version", "_SUCCESS": b""})
    pull(f"file://{bucket}", models, single="iris")
    assert current(models, "iris") == "10"
    assert published(models, "iris") == random_tree("10")
    assert [name for name in os.listdir(models) if name[0] != "."] == ["iris"]


def test_a_source_with_names_keeps_them(source, models):
    source.put("iris", "3", random_tree(3))
    pull(source.url, models, single="model")
    assert published(models, "iris", "3") == random_tree(3)
    assert current(models, "model") is None


@pytest.mark.parametrize("name", ["../x", "a/b", ".sync", ".", "a b", "x" * 129])
def test_a_single_model_has_a_plain_name(bucket, models, name):
    sync_tool.put_tree(bucket, random_tree(1))
    done = pull(f"file://{bucket}", models, code=EXIT["usage"], single=name)
    assert "single: " in done.log and name * 2 not in done.log


@pytest.mark.parametrize("name", ["bad\\name", "bad\nname", "d/bad\x01name"])
def test_hostile_file_names_refuse_a_single_model(rig, bucket, models, name):
    sync_tool.put_tree(bucket, {"good": b"1", name: b"evil"})
    done = pull(f"file://{bucket}", models, code=EXIT["integrity"], single="iris")
    assert "no version of a model can be taken" in done.log
    assert not os.path.exists(os.path.join(models, "iris"))
