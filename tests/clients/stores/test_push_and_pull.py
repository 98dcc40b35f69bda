"""omen-sync against each cloud: a model is pushed, listed, pulled, replaced, whatever the network does."""

import hashlib
import json
import os
import pathlib
import subprocess

import clouds
import gcs_mock
import harness
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

WEIGHTS = os.urandom(2_500_000)


def find_sync():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        path = harness.ROOT / place / "src" / "sync" / "omen-sync"
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"no omen-sync in {places}; build first or set OMEN_BUILD")


class Cloud:
    """A bucket behind a proxy, and omen-sync with the right to it."""

    def __init__(self, folder, source, endpoint, environment, front, secrets):
        self.folder, self.source, self.front, self.secrets = folder, source, front, secrets
        self.flags = [f"--endpoint={endpoint}", "--settle=100ms", "--retry-pause=20ms", "--checker="]
        self.flags += ["--part-size=256k", "--log-level=debug", "--metadata-patience=1s", "--stall-timeout=2s"]
        self.environment = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "GCE_METADATA_HOST": "127.0.0.1:9",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9",
            **environment,
        }
        self.models = folder / "pulled"

    def run(self, *words, flags=()):
        command = [find_sync(), words[0], *self.flags, *flags, *map(str, words[1:])]
        assert not any(secret in word for secret in self.secrets for word in command)
        done = subprocess.run(
            command, env=self.environment, capture_output=True, timeout=90 * harness.SLOWER, check=False
        )
        text = (done.stdout + done.stderr).decode(errors="replace")
        for secret in self.secrets:
            assert secret not in text, "a secret in the log"
        return done.returncode, text

    def push(self, name, version, flags=(), **files):
        place = self.folder / "to-push" / name / version
        place.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            (place / path).write_bytes(data)
        return self.run("push", place, self.source, flags=flags)

    def pull(self, flags=()):
        self.models.mkdir(exist_ok=True)
        return self.run("pull", self.source, self.models, flags=("--once", *flags))

    def content(self, name):
        """What a reader of `current` sees: digests by path."""
        place = pathlib.Path(os.path.realpath(self.models / name / "current"))
        return {
            str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(place.rglob("*"))
            if path.is_file() and path.suffix == ".bin"
        }


def digests(**files):
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def files(number):
    return {"weights.bin": WEIGHTS[number:], "small.bin": b"%d" % number}


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
    cloud.names = lambda: sorted(mock.buckets["models"])
    yield cloud
    mock.stop()


@pytest.fixture
def s3(tmp_path, faults, s3_server, request):
    front = faults(s3_server.port)
    prefix = f"live-{request.node.name}".replace("[", "-").replace("]", "")
    source = f"s3://models/{prefix}"
    cloud = Cloud(tmp_path, source, front.url, s3_server.environment(), front, [s3_server.secret])
    found = lambda: s3_server.s3.list_objects_v2(Bucket="models", Prefix=f"{prefix}/")  # noqa: E731
    cloud.names = lambda: [thing["Key"] for thing in found().get("Contents", [])]
    return cloud


@pytest.fixture
def az(tmp_path, faults, az_server, request):
    front = faults(az_server.port)
    prefix = f"live-{request.node.name}".replace("[", "-").replace("]", "")
    environment = {"AZURE_STORAGE_ACCOUNT": clouds.ACCOUNT, "AZURE_STORAGE_KEY": clouds.KEY}
    endpoint = f"{front.url}/{clouds.ACCOUNT}"
    cloud = Cloud(tmp_path, f"az://models/{prefix}", endpoint, environment, front, [clouds.KEY])
    container = az_server.client.get_container_client("models")
    cloud.names = lambda: list(container.list_blob_names(name_starts_with=f"{prefix}/"))
    return cloud


@pytest.fixture(params=["gs", "s3", "az"])
def cloud(request):
    return request.getfixturevalue(request.param)


def good(result):
    assert result[0] == 0, result[1]
    return result[1]


def test_from_push_to_pull_and_the_next_version(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    assert "risk" in good(cloud.run("list", cloud.source))
    seen = len(cloud.front.seen)
    good(cloud.pull())  # no change: it costs no bytes
    assert not any("Range" in request.headers for request in cloud.front.seen[seen:])
    good(cloud.push("risk", "2", **files(2)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_the_pointer_is_put_last(cloud):
    good(cloud.push("risk", "1", **files(1)))
    puts = [seen for seen in cloud.front.seen if seen.method in ("PUT", "POST") and "/token" not in seen.path]
    bodies = [b"omen-pointer" in seen.body for seen in puts]
    manifests = [b"omen-manifest/1" in seen.body for seen in puts]
    assert bodies.index(True) == len(puts) - 1 and manifests.index(True) == len(puts) - 2


def test_an_interrupted_push_is_seen_by_nobody(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.front.add("answer", ".*", "PUT|POST", status=403, times=1000, after=1)
    code, _ = cloud.push("risk", "2", **files(2))
    assert code == 3
    cloud.front.clear()
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    good(cloud.push("risk", "2", **files(2)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_a_version_is_never_replaced_by_another(cloud):
    good(cloud.push("risk", "1", **files(1)))
    code, text = cloud.push("risk", "1", **files(2))
    assert code != 0, text
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


@pytest.mark.parametrize("action", ["truncate", "truncate_silently", "reset", "corrupt"])
def test_a_bad_network_brings_no_wrong_byte(cloud, action):
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add(action, "weights", "GET", times=3)
    code, text = cloud.pull()
    if action == "corrupt":
        assert code == 0 or not (cloud.models / "risk" / "current").exists(), text
        for _ in range(3):
            cloud.pull()
    else:
        assert code == 0, text
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


def test_a_storm_during_push_and_pull(cloud):
    cloud.front.add("answer", "/models", status=503, times=4)
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add("answer", "/models", status=429, times=4, headers={"Retry-After": "0"})
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


def test_a_token_that_ends_in_the_middle_of_a_pull(gs):
    good(gs.push("risk", "1", **files(1)))
    gs.front.add("then_do", "alt=media", after=4, then=gs.mock.tokens.end_all)
    good(gs.pull())
    assert gs.content("risk") == digests(**files(1))
    assert sum(seen.path == "/token" for seen in gs.front.seen) == 3


def test_rights_that_are_missing_have_their_exit_status(gs):
    good(gs.push("risk", "1", **files(1)))
    gs.mock.tokens.keys.clear()
    code, text = gs.pull()
    assert code == 3 and "invalid_grant" in text
