"""tools/model-sync: omen-sync as an init container and as a sidecar."""

import os
import shutil
import signal
import subprocess

import harness
import pytest
import sync_tool
from sync_tool import EXIT, current, random_tree

SCRIPT = harness.ROOT / "tools" / "model-sync"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def variables(**more):
    return sync_tool.environment(**{"OMEN_SYNC": sync_tool.find_sync(), **more})


def run(*arguments, shell="sh", **more):
    interpreter = [shell, "sh"] if shell == "busybox" else [shell]
    return subprocess.run(
        [*interpreter, str(SCRIPT), *arguments],
        env=variables(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_shellcheck():
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert SCRIPT.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_init_container(bucket, models, shell):
    sync_tool.FileSource(None, bucket).put("iris", "1", random_tree(1))
    done = run("--once", shell=shell, MODEL_SOURCE=f"file://{bucket}", MODEL_DIR=models)
    assert done.returncode == 0, done.stderr
    assert current(models, "iris") == "1"


def test_init_container_by_its_environment(bucket, models):
    sync_tool.FileSource(None, bucket).put("iris", "1", random_tree(1))
    done = run(MODEL_SYNC="once", MODEL_SOURCE=f"file://{bucket}", MODEL_DIR=models)
    assert done.returncode == 0, done.stderr
    assert current(models, "iris") == "1"


def test_an_init_container_fails_visibly(bucket, models, rig):
    done = run("--once", MODEL_SOURCE=f"file://{bucket}", MODEL_DIR=models)
    assert done.returncode == EXIT["gone"] and "no models" in done.stderr
    done = run("--once", MODEL_SOURCE=f"file://{bucket}/nowhere", MODEL_DIR=models)
    assert done.returncode == EXIT["gone"] and done.stderr
    done = run(
        "--once",
        "--retries=0",
        MODEL_SOURCE=f"http://127.0.0.1:{harness.free_port()}",
        MODEL_DIR=models,
    )
    assert done.returncode == EXIT["transient"] and done.stderr


def test_what_is_missing_is_told():
    done = run("--once")
    assert done.returncode == EXIT["usage"] and "MODEL_SOURCE" in done.stderr
    done = run("--once", MODEL_SOURCE="file:///x", OMEN_SYNC="/nowhere/omen-sync")
    assert done.returncode == EXIT["usage"]
    assert run("--help").returncode == 0
    assert run(MODEL_SYNC="sometimes", MODEL_SOURCE="file:///x").returncode == EXIT["usage"]


def test_sidecar(rig, bucket, models):
    source = sync_tool.FileSource(None, bucket)
    source.put("iris", "1", random_tree(1))
    more = {"MODEL_SOURCE": f"file://{bucket}", "MODEL_DIR": models, "MODEL_PERIOD": "100ms"}
    sidecar = rig.start("sidecar", ["sh", SCRIPT], env=variables(OMEN_SYNC_KEEP="3", **more))
    harness.wait_for(lambda: current(models, "iris") == "1", "1 is there")
    source.put("iris", "2", random_tree(2))
    harness.wait_for(lambda: current(models, "iris") == "2", "2 is there")
    # The signal reaches omen-sync itself.
    with open(f"/proc/{sidecar.pid}/comm", encoding="ascii") as file:
        assert file.read().strip() == "omen-sync"
    sidecar.send_signal(signal.SIGTERM)
    assert sidecar.wait(2) == 0
    assert not os.listdir(os.path.join(models, ".sync", "partial"))
