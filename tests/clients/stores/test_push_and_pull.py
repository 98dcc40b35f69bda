"""omen-sync against each cloud: a model is pushed, listed, pulled, replaced, whatever the network does."""

import hashlib
import itertools
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
NUMBERS = itertools.count()  # of prefixes


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


def put_plain(cloud, version, **contents):
    """As people without omen-sync put a version: its files, then the marker."""
    for path, data in contents.items():
        cloud.put(f"risk/{version}/{path}", data)
    cloud.put(f"risk/{version}/_SUCCESS", b"")


def test_a_version_that_another_tool_put(cloud):
    put_plain(cloud, "1", **files(1))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    asked = [seen for seen in cloud.front.seen if "weights.bin" in seen.path]
    assert all("Range" in seen.headers for seen in asked), "a pinned object needs no second look"
    for path, data in files(2).items():
        cloud.put(f"risk/2/{path}", data)
    cloud.pull(("--timeout=2s",))  # not whole yet: it waits for the rest
    assert cloud.content("risk") == digests(**files(1))
    cloud.put("risk/2/_SUCCESS", b"")
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_the_same_size_with_other_bytes(cloud):
    put_plain(cloud, "1", **{"weights.bin": b"a" * 1000})
    good(cloud.pull())
    put_plain(cloud, "1", **{"weights.bin": b"b" * 1000})
    good(cloud.pull())
    assert cloud.content("risk") == digests(**{"weights.bin": b"b" * 1000})


def test_a_file_that_is_replaced_in_the_middle_is_no_mixture(cloud):
    put_plain(cloud, "1", **files(1))
    other = {"weights.bin": bytes(len(WEIGHTS) - 1)}
    cloud.front.add("then_do", "weights", "GET", after=2, then=lambda: put_plain(cloud, "1", **other))
    for _ in range(3):
        cloud.pull()
        seen = cloud.content("risk") if (cloud.models / "risk" / "current").exists() else None
        assert seen in (None, digests(**files(1)), digests(**{**files(1), **other}))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**{**files(1), **other})


@pytest.mark.parametrize("name", ["../../../evil", "a/../../../../evil", "a//b", "a/./b", "evil\\x"])
@pytest.mark.parametrize("kind", ["gs", "s3"])  # Azure's client sends no such names
def test_a_version_with_a_hostile_name_is_refused_whole(request, kind, name):
    cloud = request.getfixturevalue(kind)
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.flags.append("--layout=versions")
    cloud.put(f"risk/2/{name}", b"evil")
    put_plain(cloud, "2", **files(2))
    cloud.pull()
    assert cloud.content("risk") == digests(**files(1))
    assert not list(cloud.folder.rglob("*evil*"))


def test_a_source_that_is_emptied_or_gone_takes_nothing_away(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.empty()
    cloud.pull()
    assert cloud.content("risk") == digests(**files(1))
    bucket, _, prefix = cloud.source.partition("://")[2].partition("/")
    cloud.source = cloud.source.replace(bucket, "nothing-here")
    assert cloud.pull()[0] == 4
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
