"""tools/setup: what it says and what it refuses."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def run(tool, *arguments, **more):
    command = [str(ROOT / "tools" / tool), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)


def test_set_up_says_nothing_when_nothing_is_missing():
    done = run("setup", "--no-install")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_set_up_names_what_is_missing(tmp_path):
    """With a dpkg-query that knows of no package, and an apt-get that must not be called."""
    for name, text in (("dpkg-query", "exit 1"), ("apt-get", "touch called")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run("setup", "--no-install", "run", env={**os.environ, "PATH": path}, cwd=tmp_path)
    assert done.returncode == 1
    for package in ("nginx", "libfcgi-dev", "libjson-c-dev"):
        assert package in done.stderr
    assert "clang" not in done.stderr, "the packages of the tests are not needed to run"
    assert not (tmp_path / "called").exists()


def test_set_up_names_no_host():
    text = (ROOT / "tools" / "setup").read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bdeb\.|\.org\b|\.com\b", text)


def test_set_up_refuses_what_it_does_not_know():
    assert run("setup", "--nonsense").returncode == 2
