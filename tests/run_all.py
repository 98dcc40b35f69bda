"""Runs every suite, counts every single test, and prints the total as the last line.

Suites that compute and suites that wait go on side by side; what they need is compiled, fetched and
built meanwhile, and gives way to them. How long each took is in the record.

A build that fails, a suite that does not start and a program that crashes each count as a failed
test; nothing is skipped without its reason being listed. Called by tools/test.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITES = ["checks", "gcc", "clang", "sanitized", "tools", "manifests", "e2e", "clients", "container"]
# The suites of a track come one after the other, the tracks are side by side. The first computes, the
# others mostly wait: for timeouts, for what they started, for a network.
TRACKS = [
    ["checks", "gcc", "thread", "tools", "clang", "sanitized"],
    ["e2e", "container"],
    ["manifests", "clients"],
]
# The code of debugoptimized, with as much debug information as a sanitizer's report shows: a fifth less
# to compile.
CHECKED = ["-Doptimization=2", "-Ddebug=false", "-Dc_args=-g1"]
BUILDS = {
    "gcc": ("build-gcc", {"CC": "gcc"}, ["--buildtype=release"]),
    "clang": ("build-clang", {"CC": "clang"}, CHECKED),
    "sanitized": (
        "build-sanitized",
        {"CC": "gcc"},
        [*CHECKED, "-Db_sanitize=address,undefined", "-Db_lundef=false"],
    ),
    "thread": (
        "build-thread",
        {"CC": "gcc"},
        ["--buildtype=debugoptimized", "-Db_sanitize=thread", "-Db_lundef=false"],
    ),
}
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=66:second_deadlock_stack=1",
}


GIVING_WAY = ["nice", "-n", "10"]  # before a command that nothing waits for yet
printing = threading.Lock()


def say(text):
    """A line of the record, whole: several suites write it."""
    with printing:
        print(text, flush=True)


class Total:
    """What was counted so far."""

    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []

    def add(self, other):
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips

    def add_pass(self):
        self.passed += 1

    def add_failure(self, name, output):
        self.failures.append(name)
        say(f"\nFAILED {name}\n{output.rstrip()}\n")

    def add_skip(self, name, reason):
        self.skips.append((name, reason or "no reason given"))

    def line(self):
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return text + (f", {len(self.skips)} skipped" if self.skips else "")


def environment(extra=None):
    """The environment of every child: no terminal, and git at ease with any owner of the files."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMEN_")}
    env.update(SANITIZERS)
    env.update(
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="safe.directory",
        GIT_CONFIG_VALUE_0="*",
        PYTHONDONTWRITEBYTECODE="1",
        LC_ALL="C.UTF-8",
        PATH=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",  # where web servers are
    )
    env.update(extra or {})
    return env


def run(command, extra=None, timeout=1800):
    """Runs to the end. Returns (exit status, output)."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        output = expired.output or ""
        text = output if isinstance(output, str) else output.decode(errors="replace")
        return 1, f"{text}\nnot finished after {timeout} s"
    except OSError as error:
        return 1, str(error)
    return done.returncode, done.stdout


def count_command(total, name, command, extra=None, timeout=1800):
    """A command that is one test: it passes with exit status 0."""
    status, output = run(command, extra, timeout)
    if status == 0:
        total.add_pass()
    else:
        total.add_failure(name, output[-20000:])
    return status == 0


def count_junit(total, suite, path):
    """Adds every test case of a JUnit file. Returns how many there were and which failed."""
    cases, failed = 0, []
    for case in xml.parse(path).getroot().iter("testcase"):
        cases += 1
        name = f"{suite}: {case.get('classname') or ''} {case.get('name')}"
        bad = [child for child in case if child.tag in ("failure", "error")]
        skipped = case.find("skipped")
        if bad:
            failed.append(name)
            texts = [f"{child.get('message') or ''}\n{child.text or ''}" for child in bad]
            texts += [child.text or "" for child in case if child.tag.startswith("system-")]
            total.add_failure(name, "\n".join(texts)[-20000:])
        elif skipped is not None:
            total.add_skip(name, (skipped.get("message") or skipped.text or "").strip())
        else:
            total.add_pass()
    return cases, failed


class Builds:
    """Compiles the builds that are named, the one that others wait for first and alone; those after it
    give way to what is tested meanwhile."""

    def __init__(self, suites):
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.compiled = {}
        for suite in suites:
            first = not self.compiled
            self.compiled[suite] = self.pool.submit(self.compile, suite, [] if first else GIVING_WAY)

    @staticmethod
    def compile(suite, before):
        """Returns (what was done last, exit status, output)."""
        directory, compiler, options = BUILDS[suite]
        if not (ROOT / directory / "build.ninja").exists():
            status, output = run([*before, "meson", "setup", directory, *options], compiler)
            if status != 0:
                return "configure", status, output
        start = time.monotonic()
        status, output = run([*before, "meson", "compile", "-C", directory], compiler)
        if status == 0:
            say(f"compiled {suite} in {time.monotonic() - start:.0f} s")
        return "build", status, output

    def count(self, total, suite):
        """The build as a whole is one test. Returns whether it passed."""
        what, status, output = self.compiled[suite].result()
        if status == 0:
            total.add_pass()
        else:
            total.add_failure(f"{suite}: {what}", output[-20000:])
        return status == 0

    def is_there(self, suite):
        """Whether its programs can be run: waits until they are compiled, if they are to be."""
        if suite in self.compiled and self.compiled[suite].result()[1] != 0:
            return False
        return worker_of(suite).exists()


def worker_of(suite):
    return ROOT / BUILDS[suite][0] / "src" / "app" / "omen-worker"


TAP_POINT = re.compile(r"(not )?ok\b(?: (\d+))?(?: - )?(.*?)(?:# (SKIP)\b\s*(.*))?$", re.I)
TAP_PLAN = re.compile(r"^1\.\.(\d+)(?:\s*# SKIP\b\s*(.*))?", re.M | re.I)


def count_tap(total, name, text, whole):
    """Adds a program's subtests. Returns how many failed, or None if it reported none at all."""
    seen = failed = 0
    for line in text.splitlines():
        point = TAP_POINT.match(line)
        if point is None:
            continue
        seen += 1
        subtest = f"{name}: {point[3].strip() or point[2]}"
        if point[4]:
            total.add_skip(subtest, point[5])
        elif point[1]:
            failed += 1
            total.add_failure(subtest, whole if failed == 1 else "see above")
        else:
            total.add_pass()
    plan = TAP_PLAN.search(text)
    if seen == 0 and plan is not None and plan[1] == "0" and plan[2]:
        total.add_skip(name, plan[2])
        return 0
    return failed if seen > 0 else None


def count_program(total, suite, entry):
    """One line of meson's log. A program that crashed between its subtests is one more failure."""
    name = f"{suite}: {entry['name']}"
    text = entry.get("stdout") or ""
    good = entry["result"] in ("OK", "SKIP")
    whole = f"{text}\n{entry.get('stderr') or ''}"[-20000:]
    failed = count_tap(total, name, text, whole)
    if failed is None and good and entry["result"] == "OK":
        total.add_pass()  # a program that only exits
    elif failed is None or (failed == 0 and not good):
        total.add_failure(name, f"{entry['result']}, status {entry['returncode']}\n{whole}")


def print_tables(entries):
    """What a program measured: the models' differences, in the comments of its TAP, and which of ONNX's
    own tests pass, by operator."""
    for entry in map(json.loads, entries):
        for line in (entry.get("stdout") or "").splitlines():
            if ":golden" in entry["name"] and line.startswith("# "):
                say(f"  {line[2:]}")
            elif ":onnx" in entry["name"]:
                say(f"  {line}")


def run_meson(total, suite, builds, long_forms):
    """The programs of one build, their subtests counted one by one."""
    if not builds.count(total, suite):
        return
    directory = BUILDS[suite][0]
    log = ROOT / directory / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    command = ["meson", "test", "-C", directory, "--no-rebuild", "-t", "5"]
    status, output = run(command, {"OMEN_TEST_ALL": "1"} if long_forms else None)
    entries = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    before = len(total.failures)
    for line in entries:
        count_program(total, suite, json.loads(line))
    if suite == "gcc":
        print_tables(entries)
    say_slowest(suite, [(json.loads(line)["duration"], json.loads(line)["name"]) for line in entries])
    if not entries or (status != 0 and len(total.failures) == before):
        total.add_failure(f"{suite}: meson test", output[-20000:])


def say_slowest(suite, durations):
    """The tests to look at when a suite has become slow."""
    slowest = sorted(durations, reverse=True)[:3]
    say(f"{suite}: slowest: " + ", ".join(f"{seconds:.1f} s {name}" for seconds, name in slowest))


def run_pytest(total, suite, directory, long_forms, extra=None):
    """A directory of pytest files, with Debian's own Python."""
    folder = ROOT / "tests" / directory
    if not folder.is_dir():
        total.add_failure(suite, f"there is no {folder}")
        return
    command = ["/usr/bin/python3", "-m", "pytest", folder, "-p", "no:cacheprovider"]
    count_pytest(total, suite, command, long_forms, extra)


def count_pytest(total, suite, command, long_forms, extra=None):
    """A call of pytest, its tests counted one by one."""
    report = ROOT / BUILDS["gcc"][0] / f"pytest-{suite}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    command = [*command, "-q", "-rN"]
    command += ["--tb=long", f"--junitxml={report}", "-o", "junit_logging=all"]
    if long_forms:
        command.append("--all")
    status, output = run(command, extra, timeout=5400 if long_forms else 2400)
    if not report.exists():
        total.add_failure(f"{suite}: pytest", output[-20000:])
        return
    cases, failed = count_junit(total, suite, report)
    if cases == 0 or (status != 0 and not failed):
        total.add_failure(f"{suite}: pytest", output[-20000:])
    durations = []
    for case in xml.parse(report).getroot().iter("testcase"):
        durations.append((float(case.get("time")), case.get("name")))
        for line in (case.findtext("system-out") or "").splitlines():
            if line.startswith("measured: "):
                say(f"  {line}")
    say_slowest(suite, durations)


class Clients:
    """The environments of tests/clients. Making them is mostly waiting for a network: it is done
    while others build."""

    def __init__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*GIVING_WAY, ROOT / "tests" / "clients" / "run", "--prepare"],
            env=environment(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )

    def run(self, total, long_forms, extra):
        """Each folder of clients with its own Python. What a package index does not give is no
        fault of what is tested: such a folder is listed as skipped, with pip's last words."""
        text = ""
        if self.process.wait() != 0:
            self.log.seek(0)
            text = self.log.read().decode(errors="replace")
            say(text[-5000:])
        for path in sorted((ROOT / "tests" / "clients").glob("*/requirements.txt")):
            name = path.parent.name
            if not (ROOT / ".venv-clients" / name / "requirements.txt").exists():
                why = [line for line in text.splitlines() if line.startswith(("ERROR", name))]
                total.add_skip(f"clients-{name}", f"no packages: {why[-1] if why else text[-200:]}")
                continue
            command = [ROOT / "tests" / "clients" / "run", name]
            count_pytest(total, f"clients-{name}", command, long_forms, extra)


def prepare_schemas():
    """Fetches what tools/check-manifests judges by, while others build; it says itself what failed."""
    command = [ROOT / "tools" / "check-manifests", "--prepare"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment(), stdin=quiet, stdout=quiet, stderr=quiet)


def run_manifests(total, long_forms, preparing):
    """The manifests as tools/check-manifests judges them, and its own tests. What renders them comes
    with Kubernetes' tools, the schemas from package indexes: who has neither has a listed skip."""
    if not (shutil.which("kubectl") or shutil.which("kustomize")):
        total.add_skip("manifests", "neither kubectl nor kustomize is there")
        return
    preparing.wait()
    status, output = run([ROOT / "tools" / "check-manifests"])
    if status == 3:
        total.add_skip("manifests: schemas", output.strip().splitlines()[-1])
    if status in (0, 3):
        total.add_pass()
    else:
        total.add_failure("manifests: check-manifests", output)
    python = ROOT / ".venv-manifests" / "bin" / "python" if status == 0 else "/usr/bin/python3"
    command = [python, "-m", "pytest", ROOT / "tests" / "manifests", "-p", "no:cacheprovider"]
    count_pytest(total, "manifests", command, long_forms)


class Images:
    """The images of container/. They are built, mostly waiting for a network, while others test."""

    def __init__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*GIVING_WAY, ROOT / "tests" / "container" / "prepare"],
            env=environment(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )
        self.packages = concurrent.futures.ThreadPoolExecutor(1).submit(
            run, [*GIVING_WAY, ROOT / "tests" / "clients" / "run", "--prepare", "container"]
        )

    def run(self, total, long_forms):
        """What runs them. A machine on which there can be no engine is listed as skipped, as is one that
        does not get the packages that the tests need."""
        status = self.process.wait()
        self.log.seek(0)
        text = self.log.read().decode(errors="replace").strip()
        if status == 77:
            total.add_skip("container", text)
            return
        if status != 0:
            total.add_failure("container: build", text[-20000:])
            return
        total.add_pass()
        status, output = self.packages.result()
        if status != 0:
            total.add_skip("container", f"no packages: {output[-200:]}")
            return
        command = [ROOT / "tests" / "clients" / "run", "container"]
        count_pytest(total, "container", command, long_forms, {"OMEN_IMAGES_ARE_BUILT": "1"})


def run_checks(total):
    """What we agreed on about the sources themselves."""
    for name in ("check-layers", "check-style"):
        count_command(total, f"checks: {name}", [ROOT / "tools" / name])


def run_suite(total, suite, arguments, builds, preparing):
    if suite == "checks":
        run_checks(total)
    elif suite in BUILDS:
        run_meson(total, suite, builds, arguments.all)
        if suite == "clang" and arguments.all:
            tidy = [ROOT / "tools" / "check-tidy", ROOT / BUILDS["clang"][0]]
            count_command(total, "clang: check-tidy", tidy)
    elif suite == "manifests":
        run_manifests(total, arguments.all, preparing[suite])
    elif suite == "container":
        preparing[suite].run(total, arguments.all)
    else:
        run_programs(total, suite, arguments, builds, preparing)


def run_programs(total, suite, arguments, builds, preparing):
    """A suite that calls what was compiled."""
    name = build_of_programs(suite, arguments)
    if not builds.is_there(name):
        total.add_failure(f"{suite}: there are no programs of {name}", "see its build")
        return
    extra = {"OMEN_BUILD": str(ROOT / BUILDS[name][0])}
    if arguments.sanitize:
        extra["OMEN_SANITIZE"] = arguments.sanitize
    if suite == "clients":
        preparing[suite].run(total, arguments.all, extra)
    else:
        run_pytest(total, suite, suite, arguments.all, extra)


def build_of_programs(suite, arguments):
    if suite == "tools":
        return "gcc"
    return {None: "gcc", "address": "sanitized", "thread": "thread"}[arguments.sanitize]


def chosen_suites(arguments):
    if arguments.only:
        return arguments.only
    if arguments.sanitize:
        return ["sanitized" if arguments.sanitize == "address" else "thread", "e2e", "clients"]
    return SUITES


def chosen_builds(suites, arguments):
    """What has to be compiled, in the order in which it is waited for."""
    wanted = [suite for track in TRACKS for suite in track if suite in suites and suite in BUILDS]
    for suite in ("tools", "e2e", "clients"):
        name = build_of_programs(suite, arguments)
        if suite in suites and name not in wanted and not worker_of(name).exists():
            wanted.insert(0, name)
    return wanted


class Record:
    """What all suites counted together, and how long each took."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.suites = chosen_suites(arguments)
        self.begun = time.monotonic()
        self.totals = {}
        self.lines = {}
        makers = {"clients": Clients, "container": Images, "manifests": prepare_schemas}
        self.builds = Builds(chosen_builds(self.suites, arguments))
        self.preparing = {suite: makers[suite]() for suite in self.suites if suite in makers}

    def run_track(self, suites):
        for suite in suites:
            total, start = Total(), time.monotonic()
            say(f"{suite} ...")
            try:
                run_suite(total, suite, self.arguments, self.builds, self.preparing)
            except Exception:
                total.add_failure(f"{suite}: the run itself", traceback.format_exc())
            seconds, when = time.monotonic() - start, start - self.begun
            self.totals[suite] = total
            self.lines[suite] = (
                f"{suite}: {total.passed} passed, {len(total.failures)} failed, "
                f"{len(total.skips)} skipped in {seconds:.0f} s"
            )
            say(self.lines[suite])
            self.lines[suite] += f", begun after {when:.0f} s"

    def run(self):
        """Returns the total."""
        tracks = [[suite for suite in track if suite in self.suites] for track in TRACKS]
        if self.arguments.in_turn:
            tracks = [[suite for track in tracks for suite in track]]
        with concurrent.futures.ThreadPoolExecutor(len(tracks)) as pool:
            list(pool.map(self.run_track, tracks))
        total = Total()
        for suite in self.totals:
            total.add(self.totals[suite])
        return total

    def print_end(self, total):
        for suite in self.totals:
            print(self.lines[suite])
        for name, reason in total.skips:
            print(f"skipped {name}: {reason}")
        for name in total.failures:
            print(f"failed {name}")
        print(f"all of it took {time.monotonic() - self.begun:.0f} s")
        print(total.line(), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/test")
    parser.add_argument("--all", action="store_true", help="the long forms too")
    parser.add_argument("--sanitize", choices=["address", "thread"])
    parser.add_argument("--only", action="append", choices=SUITES)
    parser.add_argument("--in-turn", action="store_true", help="one suite after the other")
    parser.add_argument("--no-install", action="store_true", help="never call apt-get")
    arguments = parser.parse_args()
    record = Record(arguments)
    total = record.run()
    record.print_end(total)
    return 1 if total.failures or total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
