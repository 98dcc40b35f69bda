"""container/make-root: a program with what it needs, the same each time; and the scripts beside it."""

import hashlib
import json
import os
import pathlib
import stat
import subprocess

import omen_tool  # noqa: F401  (it knows the way to harness)
import harness
import pytest

FOLDER = harness.ROOT / "container"
SCRIPTS = ["build", "check-nginx", "compile", "install-packages", "make-roots", "run-tests"]


def make_root(place, *options, **environment):
    command = [FOLDER / "make-root", place, "--name", "small", "--version", "1.0", *options]
    return subprocess.run(
        [str(word) for word in command], env={**os.environ, **environment}, capture_output=True, text=True,
        check=False,
    )


@pytest.fixture
def worker_root(tmp_path):
    options = ["--program", f"/usr/bin/omen-worker={harness.find_worker()}", "--volume", "/models"]
    options += ["--link", "/bin=usr/bin", "--file", f"/usr/share/x={harness.ROOT / 'LICENSE'}"]
    made = make_root(tmp_path / "root", *options)
    assert made.returncode == 0, made.stderr
    return tmp_path / "root", options


@pytest.mark.skipif(os.geteuid() != 0, reason="volumes get their owner, and chroot its right, from root")
class TestRoot:
    def test_program_runs_in_it_with_nothing_else(self, worker_root):
        place, _ = worker_root
        (place / "dev").mkdir()  # of which every container has one
        os.mknod(place / "dev" / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        done = subprocess.run(
            ["chroot", place, "/bin/omen-worker", "--version"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.split()[0]) == (0, "omen-worker"), done.stderr

    def test_same_tree_each_time(self, worker_root, tmp_path):
        place, options = worker_root
        assert make_root(tmp_path / "again", *options).returncode == 0
        assert digest(place) == digest(tmp_path / "again")

    def test_times_are_as_told(self, tmp_path):
        assert make_root(tmp_path / "root", SOURCE_DATE_EPOCH="86400").returncode == 0
        assert {path.lstat().st_mtime for path in (tmp_path / "root").rglob("*")} == {86400}
        sbom = (tmp_path / "root/usr/share/sbom/small.cdx.json").read_text(encoding="utf-8")
        assert json.loads(sbom)["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"

    def test_volume_is_the_users(self, worker_root):
        status = (worker_root[0] / "models").stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (10001, 10001, 0o770)

    def test_sbom_names_the_packages_of_libraries(self, worker_root):
        text = (worker_root[0] / "usr/share/sbom/small.cdx.json").read_text(encoding="utf-8")
        places = {
            component["name"]: [one["location"] for one in component["evidence"]["occurrences"]]
            for component in json.loads(text)["components"]
        }
        assert "/usr/bin/omen-worker" in places["omen"]
        if pathlib.Path("/var/lib/dpkg/info/libjson-c5:amd64.list").exists():
            assert places["libjson-c5"] == ["/usr/lib/x86_64-linux-gnu/libjson-c.so.5"]


def digest(place):
    """Of all names, contents, modes, owners and times."""
    sink = hashlib.sha256()
    for path in sorted(place.rglob("*")):
        status = path.lstat()
        about = (str(path.relative_to(place)), status.st_mode, status.st_uid, status.st_gid, status.st_mtime)
        sink.update(repr(about).encode())
        sink.update(os.readlink(path).encode() if path.is_symlink() else b"")
        sink.update(path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
    return sink.hexdigest()


@pytest.mark.parametrize("option", ["--program", "--file", "--link"])
def test_what_is_no_pair_is_refused(tmp_path, option):
    done = make_root(tmp_path / "root", option, "usr/bin/x")
    assert done.returncode == 2 and "is not /DEST=SOURCE" in done.stderr


def test_shellcheck():
    subprocess.run(["shellcheck", *(FOLDER / name for name in SCRIPTS)], check=True)


@pytest.mark.parametrize("words", [["--nonsense"], ["--arch"], ["--engine", "true", "other"]])
def test_build_refuses_what_it_does_not_know(words):
    done = subprocess.run([FOLDER / "build", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and words[-1] in done.stderr


def test_build_names_the_images():
    words = ["--engine", "true", "--prefix", "example/p/", "--arch", "arm64", "--tag", "7", "--print"]
    done = subprocess.run([FOLDER / "build", *words], capture_output=True, text=True, check=True)
    names = ["omen-worker", "omen-sync", "omen-nginx", "omen"]
    assert done.stdout.split() == [f"example/p/{name}:7-arm64" for name in names]
