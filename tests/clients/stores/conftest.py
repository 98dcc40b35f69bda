"""Drives stores with the probe, in an environment that knows nothing of this machine's own clouds."""

import json
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "e2e")]

import clouds  # noqa: E402  (the path comes first)
import gcs_mock  # noqa: E402
import harness  # noqa: E402
import servers  # noqa: E402
from azure.storage import blob as azure  # noqa: E402
from cloud import NUMBERS, Cloud  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

FAILURES = (
    "none usage auth gone changed integrity space timeout locked transient stopped other".split()
)


def find_probe():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        path = harness.ROOT / place / "tests" / "unit" / "sync" / "store_probe"
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"no store_probe in {places}; build first or set OMEN_BUILD")


class Answer:
    def __init__(self, done):
        self.out, text = done.stdout, done.stderr.decode()
        self.error, _, last = text.rstrip("\n").rpartition("\n")
        self.counts = json.loads(last)
        self.failure = FAILURES[self.counts["failure"]]
        self.good = done.returncode == 0
        assert done.returncode in (0, 1) and self.good == (self.failure == "none"), text

    def objects(self):
        assert self.good, self.error
        return [json.loads(line) for line in self.out.splitlines()]

    def names(self):
        return [thing["name"] for thing in self.objects()]


class Probe:
    """One source, as one environment and one set of options see it."""

    def __init__(self, folder, url, environment=None, secrets=(), **options):
        self.folder, self.url, self.options = folder, url, options
        self.environment, self.secrets = dict(environment or {}), list(secrets)

    def run(self, verb, *arguments, **options):
        words = [find_probe()]
        for name, value in {**self.options, **options}.items():
            words += [name, str(value)]
        words += [verb, self.url, *map(str, arguments)]
        env = {
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            "GCE_METADATA_HOST": "127.0.0.1:9",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9",
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **self.environment,
        }
        assert not any(secret in word for secret in self.secrets for word in words)
        done = subprocess.run(words, env=env, capture_output=True, timeout=60 * harness.SLOWER, check=False)
        for secret in self.secrets:
            assert secret.encode() not in done.stderr, "a secret in the log"
        return Answer(done)

    def list(self, *under, **options):
        return self.run("list", *under, **options)

    def look(self, name, **options):
        return self.run("look", name, **options)

    def read(self, name, **options):
        return self.run("read", name, **options)

    def get(self, name, **options):
        """(answer, the bytes that were written)"""
        path = self.folder / "downloaded"
        path.unlink(missing_ok=True)
        answer = self.run("get", name, path, **options)
        return answer, path.read_bytes() if path.exists() else None

    def put(self, name, data, revision="", **options):
        path = self.folder / "to-upload"
        path.write_bytes(data)
        return self.run("put", name, path, revision, **options)

    def put_small(self, name, text, revision="", **options):
        return self.run("small", name, text, revision, **options)


@pytest.fixture
def make_probe(tmp_path):
    return lambda url, environment=None, **options: Probe(tmp_path, url, environment, **options)


@pytest.fixture
def faults():
    """faults(port): a proxy in front of a server; all end with the test."""
    made = []

    def make(port, tls=None):
        made.append(servers.FaultProxy(port, tls))
        return made[-1]

    yield make
    for proxy in made:
        proxy.stop()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    server = clouds.Moto(tmp_path_factory.mktemp("moto"))
    yield server
    server.child.stop()


@pytest.fixture(scope="session")
def az_server(tmp_path_factory):
    server = clouds.Azurite(tmp_path_factory.mktemp("azurite"))
    server.client = azure.BlobServiceClient(server.url, credential=clouds.KEY)
    server.client.create_container("models")
    yield server
    server.child.stop()


@pytest.fixture
def gs(tmp_path, faults):
    mock = gcs_mock.Gcs()
    mock.buckets["models"] = {}
    front = faults(mock.port)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    mock.tokens.keys["sync@p.iam"] = key.public_key()
    account = {"type": "service_account", "client_email": "sync@p.iam", "private_key": pem}
    (tmp_path / "key.json").write_text(json.dumps({**account, "token_uri": f"{front.url}/token"}))
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
    secrets = ["token-", pem.splitlines()[1]]
    cloud = Cloud(tmp_path, "gs://models/live", front.url, environment, front, secrets)
    cloud.mock = mock
    cloud.end_credentials = mock.tokens.end_all
    cloud.put = lambda name, data: mock.put("models", f"live/{name}", data)
    cloud.empty = lambda: mock.buckets["models"].clear()
    yield cloud
    mock.stop()


@pytest.fixture
def s3(tmp_path, faults, s3_server):
    front = faults(s3_server.port)
    prefix = f"live-{next(NUMBERS)}"
    source = f"s3://models/{prefix}"
    cloud = Cloud(tmp_path, source, front.url, s3_server.environment(), front, [s3_server.secret])
    cloud.put = lambda name, data: s3_server.put(f"{prefix}/{name}", data)
    body = b"<Error><Code>ExpiredToken</Code></Error>"
    cloud.end_credentials = lambda: front.add("answer", "weights", "GET", status=400, body=body)

    def empty():
        for thing in s3_server.s3.list_objects_v2(Bucket="models", Prefix=f"{prefix}/").get("Contents", []):
            s3_server.s3.delete_object(Bucket="models", Key=thing["Key"])

    cloud.empty = empty
    return cloud


@pytest.fixture
def az(tmp_path, faults, az_server):
    front = faults(az_server.port)
    prefix = f"live-{next(NUMBERS)}"
    environment = {"AZURE_STORAGE_ACCOUNT": clouds.ACCOUNT, "AZURE_STORAGE_KEY": clouds.KEY}
    endpoint = f"{front.url}/{clouds.ACCOUNT}"
    cloud = Cloud(tmp_path, f"az://models/{prefix}", endpoint, environment, front, [clouds.KEY])
    container = az_server.client.get_container_client("models")
    cloud.put = lambda name, data: container.upload_blob(f"{prefix}/{name}", data, overwrite=True)
    cloud.empty = lambda: [container.delete_blob(name) for name in container.list_blob_names(name_starts_with=prefix)]
    return cloud


@pytest.fixture(params=["gs", "s3", "az"])
def cloud(request):
    return request.getfixturevalue(request.param)
