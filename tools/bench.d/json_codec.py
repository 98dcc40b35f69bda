"""The subcommand codec: JSON bodies of 1000 rows of 30 numbers to rows of doubles, and back."""

import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile

from systems import HERE, ROOT

ROWS, COLUMNS = 1000, 30
DECODERS = ("omen", "json-c", "node", "simdjson", "simdjson-dom")
ENCODERS = ("write", "write-single")
BODIES = {
    "doubles": "17 digits, as programs write what they computed",
    "decimals": "6 digits behind the point",
    "integers": "three or four digits",
}


def call(command, what):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed:\n{done.stdout[-3000:]}")


def build(options, directory):
    """The commands of the systems that there are. Only omen's part must be there."""
    if options.build:
        options.build = os.path.abspath(options.build)
    else:
        options.build = os.path.join(ROOT, "build-bench")
        if not os.path.exists(os.path.join(options.build, "build.ninja")):
            call(["meson", "setup", options.build, ROOT, "--buildtype=release"], "meson setup")
        call(["ninja", "-C", options.build, "tools/bench.d/codec-driver"], "the build")
    driver = os.path.join(options.build, "tools", "bench.d", "codec-driver")
    commands = {name: [driver, "BODY", name] for name in ("omen", "json-c", *ENCODERS)}
    if shutil.which("node"):
        commands["node"] = ["node", os.path.join(HERE, "codec_node.mjs"), "BODY", "parse"]
    program = os.path.join(directory, "codec-simdjson")
    try:
        call(["g++", "-std=c++17", "-O3", "-DNDEBUG", os.path.join(HERE, "codec_simdjson.cc"),
              "-o", program, "-lsimdjson"], "simdjson")
        commands["simdjson"] = [program, "BODY", "ondemand"]
        commands["simdjson-dom"] = [program, "BODY", "dom"]
    except (RuntimeError, OSError):
        pass
    return commands


def make_bodies(directory):
    draw = random.Random(1)
    table = [[draw.gauss(0, 1) for _ in range(COLUMNS)] for _ in range(ROWS)]
    kinds = {"doubles": lambda x: x, "decimals": lambda x: round(x, 6), "integers": lambda x: int(x * 1000)}
    paths = {}
    for name, kind in kinds.items():
        paths[name] = os.path.join(directory, f"{name}.json")
        with open(paths[name], "w", encoding="ascii") as file:
            json.dump({"input": [[kind(x) for x in row] for row in table]}, file,
                      separators=(",", ":"))
    return paths


def ask(command, path, seconds):
    """(microseconds of the fastest call, what all numbers' bits come to)"""
    full = [path if word == "BODY" else word for word in command] + [str(seconds)]
    done = subprocess.run(full, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(full)} failed:\n{done.stdout[-3000:]}")
    nanoseconds, bits = done.stdout.split()
    return int(nanoseconds) / 1e3, bits


def measure(commands, paths, options):
    """{(body, system): [microseconds of each round]}; every other round goes backwards."""
    results = {}
    for number in range(options.rounds):
        names = list(commands) if number % 2 == 0 else list(reversed(commands))
        for body, path in paths.items():
            seen = {}
            for name in names:
                microseconds, seen[name] = ask(commands[name], path, options.seconds)
                results.setdefault((body, name), []).append(microseconds)
            if len(set(seen.values())) > 1:
                raise RuntimeError(f"the numbers of {body} differ: {seen}")
    return results


def report(commands, results, paths, options):
    print(f"{ROWS} x {COLUMNS} numbers in one JSON body, to rows of doubles and back; medians of "
          f"{options.rounds} rounds of {options.seconds} s,\nthe fastest call of each")
    missing = [name for name in DECODERS if name not in commands]
    if missing:
        print(f"not installed, not compared: {', '.join(missing)}")
    for body, path in paths.items():
        size = os.path.getsize(path)
        print(f"\n{body} ({BODIES[body]}): {size} bytes\n{'':16}{'us':>10}{'MB/s':>9}"
              f"{'ns/number':>11}{'x of omen':>11}")
        own = results[body, "omen"]
        for name in (*DECODERS, *ENCODERS):
            if name not in commands:
                continue
            runs = results[body, name]
            middle = statistics.median(runs)
            ratio = statistics.median(theirs / ours for theirs, ours in zip(runs, own))
            times = f"{ratio:11.2f}" if name in DECODERS else f"{'':11}"
            print(f"{name:16}{middle:10.1f}{size / middle:9.0f}"
                  f"{middle * 1e3 / ROWS / COLUMNS:11.1f}{times}")


def main(options):
    directory = tempfile.mkdtemp(prefix="omen-bench-")
    try:
        commands = build(options, directory)
        paths = make_bodies(directory)
        report(commands, measure(commands, paths, options), paths, options)
    except (RuntimeError, OSError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0
