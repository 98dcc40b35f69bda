"""The subcommand models: every system on the same models and rows, one thread, and the table."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import models_train
from systems import HERE, ROOT

# Packages by environment; XGBoost's models are written by the old release, so that all read them.
ENVIRONMENTS = {
    "current": ["xgboost", "lightgbm", "onnxruntime", "scikit-learn", "skl2onnx", "onnxmltools",
                "treelite", "tl2cgen", "pandas"],
    "xgboost1": ["xgboost==1.7.6", "numpy<2", "scipy"],
}
BATCH = 1024
AGREE = 0.995  # of the rows have the same label; float32 and text may move a row over a threshold


def systems_of(case):
    if case.startswith("xgboost"):
        return ["xgboost", "xgboost1", "onnxruntime", "treelite"]
    if case.startswith("lightgbm"):
        return ["lightgbm", "onnxruntime", "treelite"]
    # a compiler takes hours for treelite's C of 300 deep trees
    if case in ("forest-300", "words"):  # one large, one of texts that the rows have not
        return ["scikit-learn", "onnxruntime"]
    return ["scikit-learn", "onnxruntime", "omen, ONNX"]


def call(command, what):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env=environment())
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed:\n{done.stdout[-3000:]}")


def environment():
    """One thread for all who would take more."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **{name: "1" for name in threads}, "PYTHONDONTWRITEBYTECODE": "1"}


def python_of(options, name):
    return os.path.join(options.environments, name, "bin", "python")


def make_environments(options):
    for name, packages in ENVIRONMENTS.items():
        if not os.path.exists(python_of(options, name)):
            home = os.path.join(options.environments, name)
            print(f"making the environment {home}", file=sys.stderr)
            call([sys.executable, "-m", "venv", home], "venv")
            try:
                call([python_of(options, name), "-m", "pip", "install", "-q", *packages], "pip")
            except RuntimeError:
                shutil.rmtree(home)
                raise


def build(options):
    """A release build of its own, unless one is named."""
    if options.build:
        options.build = os.path.abspath(options.build)
        return
    options.build = os.path.join(ROOT, "build-bench")
    if not os.path.exists(os.path.join(options.build, "build.ninja")):
        call(["meson", "setup", options.build, ROOT, "--buildtype=release"], "meson setup")
    call(["ninja", "-C", options.build, "tools/bench.d/model-driver"], "the build")


def driver(options, directory, model):
    return [os.path.join(options.build, "tools", "bench.d", "model-driver"),
            os.path.join(directory, model), os.path.join(directory, "rows.f64")]


def onnx_alone(directory):
    """A directory that holds the file of ONNX Runtime and no other."""
    if not os.path.exists(os.path.join(directory, "model.onnx")):
        raise RuntimeError("omen, ONNX: there is no file")
    os.makedirs(os.path.join(directory, "onnx"), exist_ok=True)
    alone = os.path.join(directory, "onnx", "model.onnx")
    if not os.path.exists(alone):
        os.link(os.path.join(directory, "model.onnx"), alone)
    return "onnx"


class System:
    """A process that answers the commands of model-driver."""

    def __init__(self, options, name, directory):
        self.name = name
        if name == "omen":
            command = driver(options, directory, "omen")
        elif name == "omen, ONNX":
            command = driver(options, directory, onnx_alone(directory))
        else:
            where = name if name in ENVIRONMENTS else "current"
            command = [python_of(options, where), os.path.join(HERE, "models_peer.py"), name,
                       directory]
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env=environment())
        self.hello = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.name}: {self.errors.read()[-500:].strip()}")
        return line.strip()

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def start(options, case, directory):
    """omen and whoever can hold the model; who cannot is named."""
    running = [System(options, "omen", directory)]
    for name in systems_of(case):
        try:
            running.append(System(options, name, directory))
        except RuntimeError as error:
            print(f"{case}: without {error}", file=sys.stderr)
    return running


def check_labels(case, running):
    expected = running[0].ask("check").split()
    for system in running[1:]:
        labels = system.ask("check").split()
        same = sum(float(a) == float(b) for a, b in zip(expected, labels)) / len(expected)
        if len(labels) != len(expected) or same < AGREE:
            raise RuntimeError(f"{case}: {system.name} gives {same:.2%} of omen's labels")


def measure(options, case):
    """{system: ([rows/s of each round], [microseconds of each round])}."""
    running = start(options, case, os.path.join(options.directory, case))
    try:
        check_labels(case, running)
        results = {system.name: ([], []) for system in running}
        for number in range(options.rounds):
            for system in running if number % 2 == 0 else running[::-1]:
                batch, single = results[system.name]
                batch.append(float(system.ask(f"batch {BATCH} {options.seconds}")))
                single.append(float(system.ask(f"single {options.seconds}")))
        return results
    finally:
        for system in running:
            system.stop()


def ratio(ours, theirs):
    """The median of each round's own ratio: what disturbed the round disturbed both."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def report(case, results):
    omen_batch, omen_single = results["omen"]
    for name, (batch, single) in results.items():
        print(f"{case if name == 'omen' else '':18}{name:14}{statistics.median(batch):14.0f}"
              f"{statistics.median(single):12.2f}{ratio(omen_batch, batch):12.2f}"
              f"{ratio(single, omen_single):12.2f}", flush=True)


def train(options):
    missing = [case for case in options.cases
               if not os.path.exists(os.path.join(options.directory, case, "trained"))]
    for name in ("xgboost1", "current"):
        if missing:
            call([python_of(options, name), os.path.join(HERE, "models_train.py"),
                  options.directory, name, str(options.scale), *missing], "training")
    for case in missing:
        with open(os.path.join(options.directory, case, "trained"), "w", encoding="utf-8"):
            pass


def main(options):
    kept = options.directory is not None
    options.directory = os.path.abspath(options.directory or tempfile.mkdtemp(prefix="omen-bench-"))
    options.environments = os.path.abspath(options.environments)
    options.cases = options.cases or list(models_train.CASES)
    try:
        build(options)
        make_environments(options)
        train(options)
        print(f"one thread; batches of {BATCH} rows, and one row at a time; medians of "
              f"{options.rounds} rounds\n\n{'':32}{'rows/s':>14}{'us a row':>12}"
              f"{'omen x':>12}{'omen x':>12}")
        for case in options.cases:
            report(case, measure(options, case))
    except (RuntimeError, OSError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        if not kept:
            shutil.rmtree(options.directory, ignore_errors=True)
    return 0
