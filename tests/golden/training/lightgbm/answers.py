"""What the trainer answers to a case's rows, and how a case is written."""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import probe
from .trainer import lgb, VERSION


@dataclass
class Case:
    """A model and what it is asked about: a matrix, or a pandas table."""

    text: str
    table: Any
    classes: int = 0
    categories: tuple[int, ...] = ()
    asked: str = ""  # what the trainer reads, where it cannot read `text`
    labels: list[str] = field(default_factory=list)
    iterations: int = 0
    rows: list[list[Any]] = field(default_factory=list)

    @property
    def has_sidecar(self) -> bool:
        return bool(self.labels) or self.iterations > 0


def text_of(booster: Any, to_file: bool = False) -> str:
    """The model's text: the file's and, where a release has it whole, the string's."""
    if VERSION >= (4, 0, 0) and not to_file:
        return booster.model_to_string()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txt"
        booster.save_model(str(path))
        return path.read_bytes().decode()


def _read(text: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txt"
        path.write_bytes(text.encode())
        return lgb.Booster(model_file=str(path))


def _plain(value: Any) -> Any:
    """A value as JSON has it; truth as the word that stands for it in a category."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _is_identity(text: str) -> bool:
    """Whether LightGBM's prediction is the raw score, judged by the file's objective."""
    line = next((line for line in text.splitlines() if line.startswith("objective=")), "objective=")
    words = line.partition("=")[2].split()
    linked = ("binary", "multiclass", "multiclassova", "cross_entropy", "cross_entropy_lambda",
              "poisson", "gamma", "tweedie")
    return not words or (words[0] not in linked and "sqrt" not in words)


def _ask(case: Case) -> dict[str, Any]:
    booster = _read(case.asked or case.text)
    if isinstance(case.table, pd.DataFrame):
        case.rows = probe.of_frame(case.table, case.text)
        features: Any = probe.to_frame(case.rows, case.table)
    else:
        case.rows = probe.of_matrix(case.table, case.asked or case.text, case.categories)
        features = np.array(case.rows, dtype=float)
    limit = {"num_iteration": case.iterations} if case.iterations else {}
    raw = booster.predict(features, raw_score=True, **limit)
    predicted = booster.predict(features, **limit)
    if not case.classes:
        identity = _is_identity(case.text)
        return {"value": predicted} if identity else {"value": predicted, "score": raw}
    both = np.stack([1.0 - predicted, predicted], axis=1) if case.classes == 2 else predicted
    label = np.argmax(both, axis=1)
    words = [case.labels[place] for place in label] if case.labels else label
    return {"label": words, "probability": both, "score": raw}


def _sidecar(case: Case) -> dict[str, Any]:
    model: dict[str, Any] = {"file": "model.txt"}
    if case.iterations:
        model["iterations"] = case.iterations
    document: dict[str, Any] = {"format": "omen/1", "model": model}
    if case.labels:
        document["outputs"] = {"labels": case.labels}
    return document


def write(folder: Path, case: Case) -> None:
    """FOLDER/model.txt, a sidecar where the case has one, and expected.json."""
    outputs = {name: [[_plain(cell) for cell in row] if isinstance(row, np.ndarray) else _plain(row)
                      for row in values] for name, values in _ask(case).items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.txt").write_bytes(case.text.encode())
    if case.has_sidecar:
        (folder / "model.json").write_text(json.dumps(_sidecar(case), indent=1) + "\n",
                                           encoding="utf-8")
    rows = ",\n".join(_line([_plain(cell) for cell in row]) for row in case.rows)
    lines = ",\n".join(f"{_line(name)}:{_line(values)}" for name, values in outputs.items())
    (folder / "expected.json").write_text(
        f'{{"trainer":"lightgbm {lgb.__version__}","tolerance":1e-15,"exact":{_line(list(outputs))},\n'
        f'"rows":[\n{rows}],\n"outputs":{{\n{lines}}}}}\n', encoding="utf-8")
