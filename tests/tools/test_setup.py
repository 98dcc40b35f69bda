"""tools/setup and tools/render-nginx: what they say and what they refuse."""

import os
import pathlib
import re
import subprocess

import pytest

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
    for package in ("nginx", "libfcgi-dev", "libjson-c-dev", "spawn-fcgi"):
        assert package in done.stderr
    assert "clang" not in done.stderr, "the packages of the tests are not needed to run"
    assert not (tmp_path / "called").exists()


def test_set_up_names_no_host():
    text = (ROOT / "tools" / "setup").read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bdeb\.|\.org\b|\.com\b", text)


def test_set_up_refuses_what_it_does_not_know():
    assert run("setup", "--nonsense").returncode == 2


BASIC = ("--run", "/run/omen", "--socket", "/run/omen/worker.sock", "--port", 8080)


def test_the_configuration_has_no_placeholder_left():
    done = run("render-nginx", *BASIC)
    assert done.returncode == 0 and not re.search(r"@[A-Z_]+@", done.stdout)
    assert "server unix:/run/omen/worker.sock max_fails=0;" in done.stdout
    assert "listen 0.0.0.0:8080" in done.stdout
    assert "\nuser " not in done.stdout


def test_the_options_of_the_configuration():
    done = run(
        "render-nginx", "--run", "/r", "--socket", "127.0.0.1:9000", "--port", 80,
        "--listen", "::1",
        "--allow", "10.0.0.0/8", "--allow", "127.0.0.1", "--workers", 4, "--max-body", "2m",
        "--read-timeout", "30s", "--user", "www-data", "--access-log", "/r/access.log",
    )
    assert done.returncode == 0
    for line in ("listen [::1]:80 ", "server 127.0.0.1:9000 max_fails=0;", "allow 10.0.0.0/8;",
                 "allow 127.0.0.1;",
                 "worker_processes 4;", "client_max_body_size 2m;", "fastcgi_read_timeout 30s;",
                 "user www-data;", "access_log /r/access.log omen"):
        assert line in done.stdout, line
    assert "allow ::1" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--run", "relative", "--socket", "/s", "--port", 1),
        (*BASIC, "--listen", "a; evil on"),
        (*BASIC, "--nonsense", 1),
        (*BASIC, "--port"),
    ],
)
def test_what_the_renderer_refuses(arguments):
    done = run("render-nginx", *arguments)
    assert done.returncode == 2 and done.stderr and not done.stdout
