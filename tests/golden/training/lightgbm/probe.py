"""Rows to ask a model about: drawn from its data, and where implementations go wrong: missing
values, zeros, values around LightGBM's zero threshold, infinities, and both sides of thresholds."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from .data import TINY

Cell = Any
Rows = list[list[Cell]]

_LINE = re.compile(r"^(split_feature|threshold|decision_type)=(.*)$", re.MULTILINE)


def thresholds(text: str) -> list[tuple[int, float]]:
    """Feature and threshold of the numerical nodes, the first few of each tree."""
    found: list[tuple[int, float]] = []
    for tree in text.split("\nTree=")[1:]:
        lines = dict(_LINE.findall(tree.replace("\r", "")))
        if not lines.get("split_feature"):
            continue
        nodes = zip(lines["split_feature"].split(), lines["threshold"].split(),
                    lines["decision_type"].split())
        found += [(int(feature), float(threshold)) for feature, threshold, decision in list(nodes)[:3]
                  if not int(decision) & 1]
    return found


def _edges(row: list[Cell], text: str, count: int, words: tuple[int, ...] = ()) -> Rows:
    """The row with one number on a threshold, or next to it; `words` are no numbers."""
    rows = []
    found = [pair for pair in thresholds(text) if pair[0] not in words]
    for place, (feature, threshold) in enumerate(found[:count]):
        edge = [threshold, math.nextafter(threshold, math.inf), math.nextafter(threshold, -math.inf)]
        rows.append([*row[:feature], edge[place % 3], *row[feature + 1:]])
    return rows


def of_matrix(matrix: np.ndarray, text: str, categories: tuple[int, ...] = ()) -> Rows:
    """About 36 rows for a model of plain numbers; `categories` are columns of codes."""
    width = matrix.shape[1]
    rows: Rows = [[float(cell) for cell in row] for row in matrix[7:200:17]]
    plain = [0.37 if math.isnan(cell) else cell for cell in rows[0]]
    for feature in range(min(width, 6)):
        rows.append([math.nan if place == feature else cell for place, cell in enumerate(plain)])
    rows.append([math.nan] * width)
    for value in (0.0, -0.0, TINY, -TINY, math.nextafter(TINY, 1), -math.nextafter(TINY, 1), 1e-36,
                  1e-34, math.inf, -math.inf, 1e300, -1e300):
        rows.append([value] * width)
    for feature in categories:
        for code in (-0.5, -1.0, 2.7, 77.0, 1e10, -1e10, 2147483647.0, 2147483648.0):
            rows.append([*plain[:feature], code, *plain[feature + 1:]])
    return rows + _edges(plain, text, 9)


def of_frame(table: pd.DataFrame, text: str) -> Rows:
    """Rows with the table's own values for words; a None is missing."""
    columns = [[None if pd.isna(cell) else cell for cell in table[name].tolist()]
               for name in table.columns]
    rows: Rows = [[column[place] for column in columns] for place in range(5, 120, 7)]
    plain = [next(cell for cell in column if cell is not None) for column in columns]
    rows.append([None] * len(columns))
    words = tuple(place for place, name in enumerate(table.columns)
                  if isinstance(table[name].dtype, pd.CategoricalDtype))
    for feature, name in enumerate(table.columns):
        if isinstance(table[name].dtype, pd.CategoricalDtype):
            kind = table[name].cat.categories
            seen = [cell for cell in kind.tolist()[:4]]
            unseen = 987654 if isinstance(kind[0], (int, float, np.number)) else "nobody's word"
            others = [None, *seen] + ([] if isinstance(kind[0], (bool, np.bool_)) else [unseen])
            rows += [[*plain[:feature], cell, *plain[feature + 1:]] for cell in others]
    return rows + _edges(plain, text, 4, words)


def to_frame(rows: Rows, like: pd.DataFrame) -> pd.DataFrame:
    """The rows as a client's table: the words' types kept, unseen ones among the categories."""
    columns = {}
    for feature, name in enumerate(like.columns):
        cells = [row[feature] for row in rows]
        if isinstance(like[name].dtype, pd.CategoricalDtype):
            known = like[name].cat.categories.tolist()
            extra = [cell for cell in cells if cell is not None and cell not in known]
            columns[name] = pd.Categorical(cells, categories=pd.Index(known + extra[:1]),
                                           ordered=like[name].cat.ordered)
        else:
            columns[name] = np.array([math.nan if cell is None else cell for cell in cells],
                                     dtype=float)
    return pd.DataFrame(columns)
