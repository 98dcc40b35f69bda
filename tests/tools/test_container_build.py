"""What container/build asks of an engine; tests/container builds for real, with the one that is there."""

import os
import pathlib
import subprocess

import pytest

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / "container" / "build"
ENGINE = """#!/bin/sh
case $1 in
--version) echo "NAME version 1" ;;
info) echo amd64 ;;
save) tar -c -C "$IMAGE" config.json ;;
build)
    echo "BuildKit: $DOCKER_BUILDKIT" >>"$LOG"
    printf '%s\\n' "$@" >>"$LOG"
    while [ $# -gt 0 ]; do
        [ "$1" != --iidfile ] || echo roots >"$2"
        shift
    done
    ;;
esac
"""


@pytest.fixture(params=["podman", "docker"])
def ask(request, tmp_path):
    """ask(word, ...): the lines that the engine was told."""
    engine = tmp_path / request.param
    engine.write_text(ENGINE.replace("NAME", {"podman": "podman", "docker": "Docker"}[request.param]))
    engine.chmod(0o755)
    log = tmp_path / "log"
    (tmp_path / "config.json").touch()

    def run(*words, **variables):
        env = {**os.environ, "LOG": str(log), "IMAGE": str(tmp_path), **variables}
        subprocess.run([BUILD, "--engine", engine, *words], env=env, check=True, timeout=20)
        return log.read_text().splitlines()

    run.engine = request.param
    return run


def test_docker_builds_by_buildkit(ask):
    """Its builder of before knows no $BUILDPLATFORM, and an older docker takes that one by itself."""
    assert ask("worker", DOCKER_BUILDKIT="0")[0] == "BuildKit: 1"


def test_only_podman_is_told_what_only_podman_knows(ask):
    told = ask("--arch", "arm64", "worker")
    is_podman = ask.engine == "podman"
    assert ("--timestamp" in told) == ("--format" in told) == is_podman
    assert ("BUILDPLATFORM=linux/amd64" in told) == is_podman
    assert "linux/arm64" in told and any(word.startswith("SOURCE_DATE_EPOCH=") for word in told)


def test_images_are_called_as_they_say(ask):
    told = ask("--prefix", "registry/project/", "--tag", "7", "sync", "all-in-one")
    names = [told[at + 1] for at, word in enumerate(told) if word == "--tag"]
    assert names == ["registry/project/omen-sync:7", "registry/project/omen:7"]


def test_the_stage_of_tests_alone_makes_no_image(ask):
    told = ask("test")
    assert told.count("build") == 1 and told[told.index("--target") + 1] == "test" and "--tag" not in told
