"""What the training data looked like, so that the worker can tell when the world has changed."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .document import number, vector, word_key
from .table import Table

BINS = 10


def describe_numbers(values: np.ndarray, bins: int = BINS) -> dict[str, Any]:
    """Counts between the quantiles of the data, which ties may make fewer."""
    values = np.asarray(values, dtype=float)
    known = values[np.isfinite(values)]
    description: dict[str, Any] = {"count": len(known), "missing": len(values) - len(known)}
    if not len(known):
        return description
    description.update(mean=number(known.mean()), std=number(known.std()),
                       min=number(known.min()), max=number(known.max()))
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)))
    if len(edges) == 1:
        edges = np.array([np.nextafter(edges[0], -np.inf), np.nextafter(edges[0], np.inf)])
    counts, edges = np.histogram(known, bins=edges)
    description.update(edges=vector(edges), counts=vector(counts))
    return description


def describe_words(values: Sequence[Any], words: Sequence[Any]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    counts = {word_key(word): 0 for word in words}
    for value in known:
        if word_key(value) in counts:
            counts[word_key(value)] += 1
    return {"count": len(known), "missing": len(values) - len(known), "counts": counts}


def describe(table: Table, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    features = {}
    for index, field in enumerate(inputs):
        cells = [table.cell(row, index) for row in range(table.rows)]
        if field.get("type") == "text":
            continue
        if field.get("type") == "category":
            features[field["name"]] = describe_words(cells, field["values"])
        else:
            numbers = np.array([np.nan if cell is None else float(cell) for cell in cells])
            features[field["name"]] = describe_numbers(numbers)
    return {"rows": table.rows, "features": features}
