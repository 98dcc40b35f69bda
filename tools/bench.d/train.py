"""Trains the model of the benchmark into a directory: model.joblib, data.csv and body.json.

usage: train.py DIRECTORY logistic|pipeline

Breast cancer, 30 features. "logistic" is the classifier alone, asked with standardised rows;
"pipeline" has its StandardScaler before it and is asked with plain ones.
"""

import csv
import json
import os
import sys

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main(directory, kind):
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
    with open(os.path.join(directory, "body.json"), "w", encoding="utf-8") as file:
        json.dump({"input": rows[0].tolist()}, file, separators=(",", ":"))


if __name__ == "__main__":
    main(*sys.argv[1:])
