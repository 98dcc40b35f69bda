"""gs:// against somebody else's emulator of Google Cloud Storage: laxer than our mock, but of another mind."""

import os
import sys

import harness
import pytest
from google.cloud import storage

BYTES = os.urandom(1_500_000)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    run = tmp_path_factory.mktemp("gcs-emulator")
    port = harness.free_port()
    program = os.path.join(os.path.dirname(sys.executable), "gcp-storage-emulator")
    command = [program, "start", "--host", "127.0.0.1", "--port", port, "--in-memory", "--default-bucket", "models"]
    child = harness.Child("emulator", command, str(run), env=harness.clean_environment())
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "the emulator", 60)
    yield f"127.0.0.1:{port}"
    child.stop()


@pytest.fixture
def bucket(emulator, monkeypatch):
    """By Google's client."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{emulator}")
    return storage.Client.create_anonymous_client().bucket("models")


@pytest.fixture
def probe(make_probe, emulator):
    return make_probe("gs://models/m", {"STORAGE_EMULATOR_HOST": emulator})


def test_what_googles_client_uploads_is_listed_and_downloaded(probe, bucket):
    for name, data in (("risk/3/model.onnx", BYTES), ("risk/3/a b+é", b"x")):
        bucket.blob(f"m/{name}").upload_from_string(data)
    bucket.blob("m2/other").upload_from_string(b"other")
    assert sorted(probe.list().names()) == ["risk/3/a b+é", "risk/3/model.onnx"]
    for name, data in (("risk/3/model.onnx", BYTES), ("risk/3/a b+é", b"x")):
        answer, got = probe.get(name, part=500_000)
        assert answer.good and got == data


def test_what_is_uploaded_is_what_googles_client_downloads(probe, bucket):
    assert probe.put("new/1/file", BYTES, "*").good
    assert probe.put_small("new/CURRENT", '{"version":1}', "*").good
    assert bucket.blob("m/new/1/file").download_as_bytes() == BYTES
    assert bucket.blob("m/new/CURRENT").download_as_bytes() == b'{"version":1}'
