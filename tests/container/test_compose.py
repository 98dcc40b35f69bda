"""container/compose.yaml, brought up by docker compose or podman-compose."""

import json
import os
import pathlib
import subprocess
import sys

import documents
import harness
import pytest

import engine as engines

COMPOSE = harness.ROOT / "container" / "compose.yaml"
BODY = harness.encode({"input": [1, 2, 3]})
# Where the engine has no networks of its own, only the host's.
OVERRIDE = """
services:
  nginx:
    ports: !reset []
    network_mode: host
    environment: {{OMEN_NGINX_PORT: "{port}", OMEN_NGINX_LISTEN: 127.0.0.1}}
"""


class Project:
    def __init__(self, stage):
        self.port = harness.free_port()
        self.bucket = pathlib.Path(stage.rig.run) / "bucket"
        self.bucket.mkdir(mode=0o755)
        self.command = [*self.find_program(stage), "-p", stage.prefix, "-f", COMPOSE]
        if stage.engine.is_podman:
            override = pathlib.Path(stage.rig.run) / "override.yaml"
            override.write_text(OVERRIDE.format(port=self.port), encoding="utf-8")
            self.command += ["-f", override]
        self.env = {**os.environ, "OMEN_PREFIX": f"{engines.PREFIX}/", "OMEN_BUCKET": str(self.bucket),
                    "OMEN_PORT": str(self.port)}

    @staticmethod
    def find_program(stage):
        if stage.engine.is_podman:
            program = pathlib.Path(sys.executable).with_name("podman-compose")
            return [program, "--podman-path", stage.engine.program]
        if not stage.engine.succeeds("compose", "version"):
            pytest.skip("docker has no compose here")
        return [stage.engine.program, "compose"]

    def run(self, *words, check=True):
        done = subprocess.run(
            [*map(str, self.command), *words], env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout


@pytest.fixture
def project(stage):
    made = Project(stage)
    yield made
    print(made.run("logs", check=False)[-6000:])
    made.run("down", "--volumes", check=False)


def predict(port):
    return harness.http_ask(port, "POST", "/predict", BODY, {"Content-Type": "application/json"})


def test_compose_serves_what_is_in_the_folder(project):
    documents.put_version(str(project.bucket), "total", 1, documents.total())
    project.run("up", "--detach")
    engines.await_answer(project.port, seconds=60)
    status, headers, body = predict(project.port)
    assert (status, json.loads(body), headers["x-model-version"]) == (200, {"prediction": 321}, "1")
    documents.put_version(str(project.bucket), "total", 2, documents.total(2))
    harness.wait_for(lambda: predict(project.port)[1]["x-model-version"] == "2", "version 2", 60, pause=0.2)
    assert json.loads(predict(project.port)[2]) == {"prediction": 642}


def test_compose_names_this_version(engine):
    text = COMPOSE.read_text(encoding="utf-8")
    assert text.count(f":{engine.version}\n") == 3


def test_compose_is_for_old_programs_too():
    """docker-compose 1.29, which Debian 12 has, takes no file with a name."""
    top = [line.split(":")[0] for line in COMPOSE.read_text(encoding="utf-8").splitlines() if line[:1].isalpha()]
    assert set(top) == {"x-hardened", "x-sync", "services", "volumes", "x-podman"}
