"""What is in the images: sizes, owners, labels, bills of materials, and the same again."""

import collections
import json
import re
import shutil
import stat
import subprocess
import time

import harness
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from engine import TARGETS

MEGABYTE = 1_000_000
LIMITS = {"worker": 45, "sync": 40, "nginx": 40, "all-in-one": 70}
VOLUMES = {
    "worker": {"/models", "/run/omen"},
    "sync": {"/models"},
    "nginx": {"/run/omen"},
    "all-in-one": {"/models", "/run/omen"},
}
SIGNALS = {"worker": "TERM", "sync": "TERM", "nginx": "QUIT", "all-in-one": "TERM"}
SHELL = re.compile(r"/(sh|bash|dash|ash|busybox)$")


@pytest.fixture(scope="module", params=list(TARGETS))
def image(request, engine):
    """An image with all its files."""
    name = engine.image(request.param)
    found = collections.namedtuple("Image", "target name files config size")
    about = engine.inspect(name)
    about["Config"].setdefault("Healthcheck", about.get("Healthcheck"))  # podman's place for it
    return found(request.param, name, engine.files(name), about["Config"], about["Size"])


def read_sbom(image):
    path = f"/usr/share/sbom/{TARGETS[image.target]}.cdx.json"
    return image.files[path][1].decode()


def test_size_is_within_its_limit(engine, image, measured):
    megabytes = image.size / MEGABYTE
    measured(f"size of {TARGETS[image.target]}", f"{megabytes:.1f} MB, {engine.digest(image.name)}")
    assert megabytes <= LIMITS[image.target]


def test_variant_without_openblas_is_small(engine, measured):
    engine.build("--blas", "gslcblas", targets=["worker"], prefix="localhost/omen-small")
    name = f"localhost/omen-small/omen-worker:{engine.version}"
    megabytes = engine.inspect(name)["Size"] / MEGABYTE
    measured("size of omen-worker without OpenBLAS", f"{megabytes:.1f} MB")
    engine.run("rmi", name)
    assert megabytes <= 10


def test_runs_as_a_numbered_user_with_a_path_and_labels(engine, image):
    assert image.config["User"] == "10001:10001"
    assert any(word.startswith("PATH=/usr/bin") for word in image.config["Env"])
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in image.config["Labels"].items()
    }
    assert labels["title"] == TARGETS[image.target]
    assert labels["version"] == engine.version
    assert labels["licenses"] == "GPL-3.0-or-later"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", labels["created"])
    assert labels["description"] and re.fullmatch(r"[0-9a-f]{40}", labels["revision"])


def test_stops_by_the_signal_that_drains(image):
    assert image.config["StopSignal"].removeprefix("SIG") == SIGNALS[image.target]


def test_commands_are_no_shell_lines(image):
    assert image.config["Entrypoint"][0].startswith("/usr/bin/")
    check = (image.config["Healthcheck"] or {}).get("Test")
    assert check is None or check[0] == "CMD"
    assert (check is None) == (image.target == "sync")


def test_containerfile_knows_the_version(engine):
    text = (harness.ROOT / "container" / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"^ARG VERSION=(.*)$", text, re.MULTILINE) == [engine.version]


def test_shells_are_where_scripts_are(image):
    shells = [path for path in image.files if SHELL.search(path)]
    assert bool(shells) == (image.target != "worker")


def test_nothing_is_to_be_written_or_raised(image):
    """Only volumes and /tmp belong to the user or are open to all; no set-uid bits, no devices."""
    own = set()
    for path, (entry, _) in image.files.items():
        if path.startswith(("/dev", "/proc", "/sys")) or path in ("/", "/etc/mtab", "/.dockerenv"):
            continue  # the engine's
        if path in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run", "/run/.containerenv"):
            continue
        assert entry.isreg() or entry.isdir() or entry.issym() or entry.islnk(), path
        if entry.issym():
            continue
        mode = entry.mode
        assert not mode & (stat.S_ISUID | stat.S_ISGID), path
        if entry.uid == 10001 or mode & stat.S_IWOTH:
            own.add(path)
        else:
            assert (entry.uid, entry.gid) == (0, 0), path
    assert own == VOLUMES[image.target] | {"/tmp"}
    assert image.files["/tmp"][0].mode & 0o7777 == 0o1777


def test_users_are_named(image):
    assert "omen:x:10001:10001:" in image.files["/etc/passwd"][1].decode()
    assert "omen:x:10001:" in image.files["/etc/group"][1].decode()


def test_sbom_is_valid_cyclonedx(image):
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(read_sbom(image)) is None


def test_sbom_names_every_file(image):
    """Each in just one component; and no file that is not there."""
    named = collections.Counter()
    for component in json.loads(read_sbom(image))["components"]:
        linked = {one["value"] for one in component.get("properties", []) if one["name"].endswith("into")}
        for place in component["evidence"]["occurrences"]:
            assert place["location"] in image.files, place
            if place["location"] not in linked:
                named[place["location"]] += 1
    assert set(named.values()) == {1}
    made = {"/etc/passwd", "/etc/group", f"/usr/share/sbom/{TARGETS[image.target]}.cdx.json"}
    for path, (entry, _) in image.files.items():
        if entry.isreg() and path.startswith(("/usr", "/lib", "/etc/ssl")) and path not in made:
            assert path in named, path


def test_sbom_says_what_the_files_say(image):
    """Some packages' versions are in the files themselves."""
    banners = {
        "zlib1g-dev": (r"1:([\d.]+)\.dfsg", " inflate {} Copyright"),
        "libssl3": (r"(.*)-", "OpenSSL {} "),
        "busybox": (r"1:(.*?)-", "BusyBox v{} "),
        "libc6": (r"(.*)", "GLIBC {})"),
    }
    seen = 0
    for component in json.loads(read_sbom(image))["components"]:
        if component["name"] in banners:
            pattern, banner = banners[component["name"]]
            banner = banner.format(re.match(pattern, component["version"])[1]).encode()
            places = [place["location"] for place in component["evidence"]["occurrences"]]
            assert any(banner in image.files[place][1] for place in places), banner
            seen += 1
    assert seen >= 2


def test_sbom_names_what_is_linked_in(engine):
    text = engine.files(engine.image("worker"))["/usr/share/sbom/omen-worker.cdx.json"][1].decode()
    linked = {
        one["name"]
        for one in json.loads(text)["components"]
        if {"name": "omen:linked-into", "value": "/usr/bin/omen-worker"} in one.get("properties", [])
    }
    libraries = "libgsl-dev libopenblas-serial-dev libssl-dev libjson-c-dev libfcgi-dev libinih-dev"
    assert linked >= {*libraries.split(), "libprotobuf-c-dev", "zlib1g-dev"}


def test_collected_twice_is_the_same_image(engine, measured):
    """The files are collected once more, from the same programs."""
    again = "localhost/omen-again"
    engine.build(prefix=again, more="--build-arg=ROUND=again")
    for target, name in TARGETS.items():
        first = engine.digest(engine.image(target))
        assert engine.digest(f"{again}/{name}:{engine.version}") == first
    measured("images collected twice", "the same digests")


def test_built_twice_is_the_same_image(engine, long_forms, measured):
    """All of it, from the base on: packages are installed and everything is compiled once more."""
    if not long_forms:
        pytest.skip("compiles everything once more: --all")
    again = "localhost/omen-anew"
    engine.build("--no-cache", prefix=again, more="--build-arg=FRESH=yes")
    for target, name in TARGETS.items():
        first = engine.digest(engine.image(target))
        assert engine.digest(f"{again}/{name}:{engine.version}") == first
    measured("images built twice", "the same digests")


def test_digest_is_of_what_is_in_it(engine, image):
    """No name or time of the build is in what the digest is made of."""
    kept = engine.configuration(image.name)
    assert "container" not in kept and not kept["config"].get("Hostname")
    assert not any("FROM" in step.get("comment", "") for step in kept["history"])
    if engine.is_podman:
        created = image.config["Labels"]["org.opencontainers.image.created"]
        assert {kept["created"], *(step["created"] for step in kept["history"])} == {created}


def test_unit_tests_pass_with_the_libraries_of_the_images(engine, long_forms, measured):
    if not long_forms:
        pytest.skip("compiles everything and its tests: --all")
    said = engine.build(targets=["test"], more=f"--build-arg=ROUND={time.time_ns()}")
    passed, failed = (re.search(rf"^(?:#\d+ [\d.]+ )?{word}: +(\d+)", said, re.MULTILINE) for word in ("Ok", "Fail"))
    assert int(passed[1]) > 200 and int(failed[1]) == 0
    measured("unit tests in the stage test", f"{passed[1]} passed")


def test_arm64_is_built_without_an_arm64_machine(engine, long_forms, measured, tmp_path):
    if not long_forms:
        pytest.skip("compiles everything for another processor: --all")
    engine.build("--arch", "arm64", prefix="localhost/omen-arm")
    for target, name in TARGETS.items():
        image = f"localhost/omen-arm/{name}:{engine.version}-arm64"
        about = engine.inspect(image)
        assert about["Architecture"] == "arm64"
        files = engine.files(image)
        programs = [path for path, (_, content) in files.items() if content.startswith(b"\x7fELF")]
        assert len(programs) > 2
        for path in programs:
            machine = int.from_bytes(files[path][1][18:20], "little")
            assert machine == 183, f"{path} is not for AArch64"
        measured(f"size of {name} for arm64", f"{about['Size'] / MEGABYTE:.1f} MB")
        assert about["Size"] / MEGABYTE <= LIMITS[target]
    emulator = shutil.which("qemu-aarch64-static")
    if emulator is None:
        measured("omen-worker for arm64", "not run: qemu-user-static is not installed")
        return
    image = f"localhost/omen-arm/omen-worker:{engine.version}-arm64"
    for path, (entry, content) in engine.files(image).items():
        if entry.isreg() and path.startswith(("/usr", "/lib")):
            place = tmp_path / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    worker = tmp_path / "usr/bin/omen-worker"
    worker.chmod(0o755)
    command = [emulator, "-L", tmp_path, worker, "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"omen-worker {engine.version}\n"
    measured("omen-worker for arm64", "runs under qemu-user")
