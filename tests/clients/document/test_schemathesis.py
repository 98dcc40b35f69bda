"""A tester that knows nothing of omen but the served document: it makes requests of the schemas,
valid ones and others, and judges every answer by what the document says of it."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import harness

EXPORTED = harness.ROOT / "tests" / "golden" / "exported"
SAMPLES = {"iris": "iris", "mixed-table": "mixed"}
SEED = 20  # the same requests in each run

# What holds for every request: no 5xx, and status, content type, headers and body as documented.
ALWAYS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
]
# Of a model's own path, whose schema is exact: what the schema refuses is refused.
EXACT = [*ALWAYS, "negative_data_rejection", "unsupported_method"]


@pytest.fixture(scope="module")
def site(shared):
    for name, source in SAMPLES.items():
        shutil.copy(EXPORTED / source / "model.json", f"{shared.models}/{name}.json")
    worker = shared.worker(default_model="iris")
    harness.wait_for(
        lambda: [one["state"] for one in worker.status()["models"]] == ["live"] * len(SAMPLES),
        "every model is live",
    )
    yield f"http://127.0.0.1:{shared.nginx(worker.peer).port}"
    assert worker.is_alive()


def run(shared, site, checks, examples, *filters):
    """Returns (how many requests were made, what it says)."""
    tester = pathlib.Path(sys.executable).parent / "schemathesis"
    command = [tester, "--no-color", "run", f"{site}/openapi.json", "--url", site]
    command += ["--seed", SEED, "--max-examples", examples, "--workers", 1]
    command += ["--phases", "examples,coverage,fuzzing", "--generation-deterministic"]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--no-shrink"]
    command += ["--checks", ",".join(checks), *filters]
    env = {**os.environ, "HOME": shared.run, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=shared.run,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    made = re.search(r"(\d+) generated", done.stdout)
    assert made, done.stdout + done.stderr
    return int(made[1]), done.returncode, done.stdout[-12000:]


def test_every_answer_is_as_documented(shared, site, long_forms):
    made, status, text = run(shared, site, ALWAYS, 200 if long_forms else 5)
    print(f"measured: requests made of the document: {made}")
    assert status == 0, text
    assert made > 1000


def test_what_a_models_schema_refuses_is_refused(shared, site, long_forms):
    made, status, text = run(
        shared, site, EXACT, 200 if long_forms else 15, "--include-path-regex", "^/predict/[a-z-]+$"
    )
    assert status == 0, text
    assert made > 100
