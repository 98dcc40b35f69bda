"""Trains the model of the benchmark into a directory: model.joblib, data.csv, body.json, row.json and,
of the classifier alone, model.onnx.

usage: train.py DIRECTORY logistic|pipeline ROWS

Breast cancer, 30 features. "logistic" is the classifier alone, asked with standardised rows;
"pipeline" has its StandardScaler before it and is asked with plain ones. body.json asks for ROWS
rows: one by itself, or a list with all digits that doubles have; row.json for one.
"""

import csv
import json
import os
import sys

import joblib
import numpy
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), *"../../tests/fuzz".split("/")))

import onnx_models as onnx  # noqa: E402 (writes ONNX without its packages)


def save_onnx(model, path):
    """The same classifier for ONNX Runtime."""
    weights, intercept = model.coef_[0].tolist(), float(model.intercept_[0])
    node = onnx.node("LinearClassifier", "x", "label,score", domain="ai.onnx.ml",
                     coefficients=[-w for w in weights] + weights,
                     intercepts=[-intercept, intercept], classlabels_ints=[0, 1],
                     post_transform="LOGISTIC")
    graph = onnx.graph([node], [onnx.value("x", onnx.FLOAT, [None, len(weights)])],
                       [onnx.value("label", onnx.INT64, [None]),
                        onnx.value("score", onnx.FLOAT, [None, 2])])
    with open(path, "wb") as file:
        file.write(onnx.model(graph))


def save_bodies(directory, rows, count):
    draw = numpy.random.default_rng(1)
    many = rows[draw.integers(0, len(rows), count)] * draw.normal(1, 1e-3, (count, rows.shape[1]))
    for name, value in (("row", rows[0]), ("body", rows[0] if count == 1 else many)):
        with open(os.path.join(directory, f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump({"input": value.tolist()}, file, separators=(",", ":"))


def main(directory, kind, count):
    bunch = load_breast_cancer()
    rows = bunch.data
    if kind == "logistic":
        rows = StandardScaler().fit_transform(rows).round(6)
        model = LogisticRegression(max_iter=5000)
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    model.fit(rows, bunch.target)
    joblib.dump(model, os.path.join(directory, "model.joblib"))
    with open(os.path.join(directory, "data.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(bunch.feature_names)
        writer.writerows(rows.tolist())
    save_bodies(directory, rows, int(count))
    if kind == "logistic":
        save_onnx(model, os.path.join(directory, "model.onnx"))


if __name__ == "__main__":
    main(*sys.argv[1:])
