"""Trains every case and writes model.json, expected.json and the data sets' rows."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any, Iterable

import numpy as np
from sklearn import datasets as bundled

from export_sklearn import export, save
from export_sklearn.document import number, word
from export_sklearn.walk import Walk

from . import datasets, links, stored, texts, trees  # noqa: F401 (the last three add cases)
from .estimators import CASES, Case

CREATED = "2026-01-01T00:00:00Z"
NORMAL_97_5 = 1.959963984540054  # the normal distribution's quantile: the output interval's width


def rows_of(frame: Any) -> list[list]:
    frame = frame.to_frame() if frame.ndim == 1 else frame
    return [[word(cell) for cell in row] for row in frame.astype(object).values.tolist()]


def lines(items: Iterable[Any]) -> str:
    """A list with a line for each row, or for every twenty values."""
    texts = [json.dumps(item, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
             for item in items]
    if not texts or not texts[0].startswith("["):
        texts = [",".join(texts[start:start + 20]) for start in range(0, len(texts), 20)]
    body = ",\n".join(texts)
    return f"[\n{body}\n]"


def write(path: str, content: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def write_expected(folder: str, case: Case, rows: str, outputs: dict[str, list]) -> None:
    head = {"data": rows, "tolerance": case.tolerance, "floors": case.floors}
    text = json.dumps(head)[:-1] + ', "outputs": {\n'
    text += ",\n".join(f'"{name}": {lines(values)}' for name, values in outputs.items())
    write(os.path.join(folder, "expected.json"), text + "\n}}\n")


def plain(output: str, values: np.ndarray, classes: list) -> list:
    if output == "label":
        return [classes[int(value)] for value in values]
    if values.ndim == 1:
        return [number(value) for value in values]
    return [[number(value) for value in row] for row in values]


def target_of(case: Case, data: datasets.Set) -> Any:
    if case.target:
        loaded = bundled.load_breast_cancer(as_frame=True)
        return loaded.data[case.target].to_numpy()
    if case.words:
        return np.array(data.classes)[data.y]
    return data.y


def expected_of(estimator: Any, case: Case, data: datasets.Set) -> dict[str, list]:
    walk = Walk(list(data.X.columns) if data.X.ndim > 1 else [data.X.name])
    steps, model = walk.document(estimator, data.X)
    answers = walk.answers(estimator, model is not None)
    asked = datasets.load(case.rows or case.data).X
    given = answers.of(asked)
    if "std" in given:
        half = NORMAL_97_5 * given["std"]
        given["interval"] = np.column_stack([given["value"] - half, given["value"] + half])
    return {output: plain(output, values, answers.classes) for output, values in given.items()}


def train(case: Case, folder: str) -> None:
    data = datasets.load(case.data)
    estimator = case.estimator()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(data.X, target_of(case, data))
        document = export(estimator, data.X, name=case.name, version="1", created=CREATED,
                          targets=data.targets or None, limits=case.limits)
        outputs = expected_of(estimator, case, data)
    save(document, os.path.join(folder, case.name, "model.json"))
    write_expected(os.path.join(folder, case.name), case, case.rows or case.data, outputs)


def train_all(folder: str, names: list[str]) -> None:
    known = {case.name: case for case in CASES}
    for name in names:
        if name not in known and name not in links.LINKS:
            sys.exit(f"make: there is no case {name}")
    for name, case in known.items():
        if not names or name in names:
            train(case, folder)
    for name in links.LINKS:
        if not names or name in names:
            document, case, outputs = links.train(name)
            save(document, os.path.join(folder, name, "model.json"))
            write_expected(os.path.join(folder, name), case, case.data, outputs)
    if not names:  # sets that only train stay away
        for name in {case.rows or case.data for case in CASES} | {links.DATA}:
            write(os.path.join(folder, os.pardir, "data", name + ".json"),
                  lines(rows_of(datasets.load(name).X)) + "\n")
    print(f"{len(names) or len(CASES) + len(links.LINKS)} models in {folder}")


if __name__ == "__main__":
    train_all(sys.argv[1], sys.argv[3:])
