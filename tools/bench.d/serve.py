"""The subcommand serve: rounds of load over every system, and the table."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time

import load
import tensors
from children import cpu_seconds, machine_busy_seconds, pss_bytes
from systems import HERE, PYTHON, ROOT, Fastify, Flask, Null, Omen

SYSTEMS = {"omen": Omen, "null": Null, "flask": Flask, "fastify": Fastify}
NODE_PACKAGES = ["fastify", "onnxruntime-node"]
STARTS = 3
WARM_UP_SECONDS = 1


class Setting:
    """Where things are, for the systems."""

    def __init__(self, options, directory):
        self.directory = directory
        self.build = options.build
        self.packages = options.packages
        self.models = os.path.join(directory, "models")
        self.row = self.body = b""  # what starts are asked, and what is measured


def call(command, what):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed:\n{done.stdout[-3000:]}")


def build(options, programs=("src/app/omen-worker", "tools/bench.d/null-responder")):
    """A release build of its own, unless one is named."""
    if options.build:
        options.build = os.path.abspath(options.build)
        return
    options.build = os.path.join(ROOT, "build-bench")
    if not os.path.exists(os.path.join(options.build, "build.ninja")):
        call(["meson", "setup", options.build, ROOT, "--buildtype=release"], "meson setup")
    call(["ninja", "-C", options.build, *programs], "the build")


def fetch_packages(options):
    """Node's, the first time. onnxruntime-node carries its library; its script would fetch more."""
    if "fastify" not in options.only or os.path.isdir(os.path.join(options.packages, "node_modules")):
        return
    os.makedirs(options.packages, exist_ok=True)
    call(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix",
          options.packages, *NODE_PACKAGES], "npm")


def train(options, setting):
    """One model for all: the estimator for Flask, its export for omen, a row to ask with."""
    directory = setting.directory
    call([PYTHON, os.path.join(HERE, "train.py"), directory, options.model,
          str(options.rows)], "training")
    with open(os.path.join(directory, "body.json"), "rb") as file:
        setting.body = file.read()
    with open(os.path.join(directory, "row.json"), "rb") as file:
        setting.row = file.read()
    call([PYTHON, os.path.join(ROOT, "tools", "export-sklearn"),
          os.path.join(directory, "model.joblib"), "--data", os.path.join(directory, "data.csv"),
          "-o", os.path.join(setting.models, "cancer", "1", "model.json")], "the export")


def start(systems):
    """Each three times, so that the median start is one with a warm page cache; the last stays."""
    for name, system in systems.items():
        for attempt in range(STARTS):
            system.stop()
            system.start(f"{name}-{attempt}")
            if hasattr(system, "start_worker_alone"):
                system.start_worker_alone(f"{name}-alone-{attempt}")


def check_answers(systems):
    """Who computes must agree: a fast wrong answer is worth nothing."""
    answers = {name: system.answer() for name, system in systems.items() if name != "null"}
    if len({repr(answer) for answer in answers.values()}) > 1:
        raise RuntimeError(f"the answers differ: {answers}")


def measure(system, script, connections, seconds):
    """One run of wrk against one system."""
    pids = system.pids()
    busy, own, began = machine_busy_seconds(), cpu_seconds(pids), time.monotonic()
    figures = load.run(script, system.port, connections, seconds)
    elapsed = time.monotonic() - began
    own = cpu_seconds(pids) - own
    system.pids()  # raises if one of its processes has ended
    foreign = machine_busy_seconds() - busy - own - figures["own_cpu"]
    return {
        "rate": figures["requests"] / (figures["microseconds"] / 1e6),
        "p50": figures["p50"] / 1e3,
        "p99": figures["p99"] / 1e3,
        "cpu": own / max(figures["requests"], 1) * 1e6,
        "errors": figures["errors"],
        "foreign": max(foreign / elapsed, 0.0),
    }


def measure_rounds(systems, options, setting):
    """{(name, connections): [a measurement for each round]}; every other round goes backwards."""
    script = load.write_script(os.path.join(setting.directory, "body.json"))
    for system in systems.values():
        load.run(script, system.port, max(options.connections), WARM_UP_SECONDS)
    results = {}
    for number in range(options.rounds):
        names = list(systems) if number % 2 == 0 else list(reversed(systems))
        for connections in options.connections:
            for name in names:
                result = measure(systems[name], script, connections, options.seconds)
                results.setdefault((name, connections), []).append(result)
    return results


def measure_beside(systems, options, setting):
    """{name: [(p50, p99 in ms) of single rows by themselves and beside large batches, ...]}"""
    single = load.write_script(os.path.join(setting.directory, "row.json"))
    batch = load.write_script(os.path.join(setting.directory, "body.json"))
    results = {}
    for _ in range(options.rounds):
        for name, system in systems.items():
            alone = load.run(single, system.port, 1, options.seconds)
            with subprocess.Popen(load.command(batch, system.port, options.beside,
                                               options.seconds + 2),
                                  stdout=subprocess.DEVNULL) as other:
                time.sleep(1)
                beside = load.run(single, system.port, 1, options.seconds)
                other.wait()
            results.setdefault(name, []).append(
                [run[key] / 1e3 for run in (alone, beside) for key in ("p50", "p99")])
    return results


def print_beside(systems, results, options):
    print(f"\nsingle rows, c=1, beside {options.beside} connections of {options.rows} rows each\n"
          f"{'':36}{'alone p50':>10}{'p99 ms':>8}{'beside p50':>12}{'p99 ms':>8}{'p99 ratio':>11}")
    for name, system in systems.items():
        middle = [statistics.median(column) for column in zip(*results[name])]
        ratio = statistics.median(run[3] / run[1] for run in results[name])
        print(f"{system.title:36}{middle[0]:10.2f}{middle[1]:8.2f}{middle[2]:12.2f}"
              f"{middle[3]:8.2f}{ratio:11.2f}")


def median(results, key):
    return statistics.median(result[key] for result in results)


def print_load(systems, results, options):
    print(f"{'':30}{'c':>5}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}"
          f"{'CPU us/req':>12}{'errors':>8}{'foreign':>9}")
    for name, system in systems.items():
        for connections in options.connections:
            runs = results[name, connections]
            print(f"{system.title:30}{connections:5}{median(runs, 'rate'):12.0f}"
                  f"{median(runs, 'p50'):9.2f}{median(runs, 'p99'):9.2f}{median(runs, 'cpu'):12.1f}"
                  f"{sum(run['errors'] for run in runs):8}"
                  f"{max(run['foreign'] for run in runs):9.2f}")


def print_processes(systems, memory):
    print(f"\n{'':30}{'PSS MiB':>9}{'exec to 200 ms':>16}{'worker alone ms':>17}")
    for name, system in systems.items():
        alone = system.worker_starts
        text = f"{statistics.median(alone) * 1e3:17.1f}" if alone else f"{'-':>17}"
        print(f"{system.title:30}{memory[name] / 2**20:9.1f}"
              f"{statistics.median(system.starts) * 1e3:16.1f}{text}")


def ratios(results, name, other, connections, key):
    """The median of each round's own ratio: what disturbed the round disturbed both."""
    pairs = zip(results[name, connections], results[other, connections])
    return statistics.median(one[key] / two[key] if two[key] else float("nan")
                             for one, two in pairs)


def print_ratios(systems, results, memory, options):
    others = [name for name in ("null", "flask", "fastify") if name in systems]
    if "omen" not in systems or not others:
        return
    columns = "".join(f"{f'c={connections}':>10}" for connections in options.connections)
    print(f"\n{'omen / other':40}{columns}")
    for other in others:
        for key, what in (("rate", "requests/s"), ("p99", "p99"), ("cpu", "CPU per request")):
            row = "".join(f"{ratios(results, 'omen', other, connections, key):10.3f}"
                          for connections in options.connections)
            print(f"{other + ', ' + what:40}{row}")
        print(f"{other + ', PSS':40}{memory['omen'] / memory[other]:10.3f}")


def report(systems, results, memory, options):
    count = len(os.sched_getaffinity(0))
    rows = "one row" if options.rows == 1 else f"{options.rows} rows"
    print(f"{rows} of 30 features in each request, model: {options.model}; {count} CPUs shared "
          f"with wrk;\nmedians of {options.rounds} rounds of {options.seconds} s; errors: sum; "
          "foreign: most cores that others used\n")
    print_load(systems, results, options)
    print_processes(systems, memory)
    print_ratios(systems, results, memory, options)


def main(options):
    directory = tempfile.mkdtemp(prefix="omen-bench-")
    setting = Setting(options, directory)
    systems = {name: SYSTEMS[name](setting) for name in SYSTEMS if name in options.only}
    try:
        build(options)
        fetch_packages(options)
        setting.build = options.build
        train(options, setting)
        start(systems)
        check_answers(systems)
        results = measure_rounds(systems, options, setting)
        memory = {name: pss_bytes(system.pids()) for name, system in systems.items()}
        report(systems, results, memory, options)
        if options.beside:
            print_beside(systems, measure_beside(systems, options, setting), options)
        if options.tensors:
            tensors.report(tensors.measure(systems["omen"].port, options, setting), options)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        for system in systems.values():
            system.stop()
        shutil.rmtree(directory, ignore_errors=True)
    return 0
