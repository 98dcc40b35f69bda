#!/usr/bin/python3
"""Rows per second of `omen predict` beside Python's csv, float() and scikit-learn, in one process
each and on the same files; run it by itself: tools/bench.d/table.py [BUILD]

The Python that is compared does what scripts do: csv.reader over the file, float() of each cell, a
batch of rows to predict(), csv.writer for the answers. With pandas, where it is installed, it is
measured too. Each figure is the best of three turns, taken one after the other.
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy
from sklearn.linear_model import LinearRegression, LogisticRegression

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from export_sklearn import export, save  # noqa: E402 (lies in tools)

PYTHON = """
import csv, pickle, sys
model = pickle.load(open(sys.argv[1], "rb"))
reader = csv.reader(open(sys.argv[2], newline=""))
next(reader)
writer = csv.writer(open(sys.argv[3], "w", newline=""))
batch = []
def flush():
    if batch:
        writer.writerows([answer] for answer in model.predict(batch).tolist())
        batch.clear()
for row in reader:
    batch.append([float(cell) for cell in row])
    if len(batch) == 10000:
        flush()
flush()
"""

PANDAS = """
import pickle, sys, pandas
model = pickle.load(open(sys.argv[1], "rb"))
table = pandas.read_csv(sys.argv[2])
pandas.Series(model.predict(table.to_numpy())).to_csv(sys.argv[3], index=False)
"""


def best(command, turns=3):
    times = []
    for _ in range(turns):
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - began)
    return min(times)


def has_pandas():
    return subprocess.run([sys.executable, "-c", "import pandas"], capture_output=True).returncode == 0


def make(directory, features, rows, classify):
    """A model, its document, and the rows as CSV, JSON lines and NumPy."""
    import json
    import pickle

    random = numpy.random.default_rng(1)
    table = random.normal(size=(rows, features)).round(4)
    names = [f"x{i}" for i in range(features)]
    truth = table[:2000] @ random.normal(size=features)
    if classify:
        model = LogisticRegression().fit(table[:2000], numpy.where(truth > 0, "yes", "no"))
    else:
        model = LinearRegression().fit(table[:2000], truth)
    paths = {kind: os.path.join(directory, f"rows.{kind}") for kind in ("csv", "jsonl", "npy")}
    numpy.savetxt(paths["csv"], table, delimiter=",", fmt="%.17g", header=",".join(names),
                  comments="")
    with open(paths["jsonl"], "w", encoding="ascii") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in table.tolist())
    numpy.save(paths["npy"], table)
    save(export(model, table[:50], name="bench"), os.path.join(directory, "model.json"))
    with open(os.path.join(directory, "model.pkl"), "wb") as out:
        pickle.dump(model, out)
    return paths


def measure(omen, features, rows, classify):
    with tempfile.TemporaryDirectory() as directory:
        paths = make(directory, features, rows, classify)
        answers = os.path.join(directory, "answers.csv")
        pickled = os.path.join(directory, "model.pkl")
        document = os.path.join(directory, "model.json")
        seconds = {
            f"omen predict, {kind}": best([omen, "predict", document, "--input", path,
                                           "--output", answers])
            for kind, path in paths.items()
        }
        python = [sys.executable, "-c", PYTHON, pickled, paths["csv"], answers]
        seconds["Python csv + scikit-learn"] = best(python)
        if has_pandas():
            seconds["pandas + scikit-learn"] = best(
                [sys.executable, "-c", PANDAS, pickled, paths["csv"], answers])
    kind = "logistic regression" if classify else "linear regression"
    print(f"{kind}, {features} columns, {rows} rows")
    slowest = seconds["Python csv + scikit-learn"]
    for name, value in seconds.items():
        print(f"  {name:28} {rows / value / 1e6:8.2f} million rows/s  {slowest / value:6.1f}x")


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build-gcc")
    omen = os.path.join(build, "src", "cli", "omen")
    measure(omen, 4, 400_000, False)
    measure(omen, 30, 200_000, False)
    measure(omen, 30, 200_000, True)


if __name__ == "__main__":
    main()
