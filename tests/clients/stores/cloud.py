"""A bucket of each cloud behind a proxy, and omen-sync with the right to it."""

import hashlib
import itertools
import os
import pathlib
import subprocess
import time

import harness

WEIGHTS = os.urandom(2_500_000)
NUMBERS = itertools.count()  # of prefixes


def find_sync():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        path = harness.ROOT / place / "src" / "sync" / "omen-sync"
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"no omen-sync in {places}; build first or set OMEN_BUILD")


class Sidecar:
    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            [str(word) for word in command], env=environment, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Its exit status, its log, and how long it took to end."""
        begun = time.monotonic()
        self.process.terminate()
        log = self.process.communicate(timeout=30 * harness.SLOWER)[1]
        return self.process.returncode, log, time.monotonic() - begun


class Cloud:
    """A bucket behind a proxy, and omen-sync with the right to it."""

    def __init__(self, folder, source, endpoint, environment, front, secrets):
        self.folder, self.source, self.front, self.secrets = folder, source, front, secrets
        self.endpoint = endpoint
        self.flags = [f"--endpoint={endpoint}", "--settle=100ms", "--retry-pause=20ms", "--checker="]
        self.flags += ["--part-size=256k", "--log-level=debug", "--metadata-patience=1s", "--stall-timeout=2s"]
        self.environment = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "GCE_METADATA_HOST": "127.0.0.1:9",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9",
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **environment,
        }
        self.models = folder / "pulled"

    def run(self, *words, flags=(), env=None):
        command = [find_sync(), words[0], *self.flags, *flags, *map(str, words[1:])]
        assert not any(secret in word for secret in self.secrets for word in command)
        env = {**self.environment, **(env or {})}
        done = subprocess.run(command, env=env, capture_output=True, timeout=90 * harness.SLOWER, check=False)
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

    def pull(self, flags=(), env=None):
        self.models.mkdir(exist_ok=True)
        return self.run("pull", self.source, self.models, flags=("--once", *flags), env=env)

    def start(self, *flags):
        """A sidecar: for a with statement, which ends it, and says what it said."""
        return Sidecar([find_sync(), "pull", self.source, self.models, *self.flags, *flags], self.environment)

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


def good(result):
    assert result[0] == 0, result[1]
    return result[1]


def put_plain(cloud, version, **contents):
    """As people without omen-sync put a version: its files, then the marker."""
    for path, data in contents.items():
        cloud.put(f"risk/{version}/{path}", data)
    cloud.put(f"risk/{version}/_SUCCESS", b"")
