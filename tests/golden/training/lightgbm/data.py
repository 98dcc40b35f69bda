"""Training data: made, not downloaded, so that every release trains on the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 500
# LightGBM's idea of zero: a float32 constant, compared as a double.
TINY = float(np.float32(1e-35))

Matrix = np.ndarray


def _random(seed: int) -> np.random.RandomState:
    return np.random.RandomState(seed)


def numbers(seed: int = 1, missing: bool = True) -> Matrix:
    """Plain, mostly zero, partly missing, few-valued, tiny and large columns."""
    random = _random(seed)
    columns = [
        random.randn(ROWS),
        np.where(random.rand(ROWS) < 0.6, 0.0, random.exponential(2.0, ROWS)),
        random.randn(ROWS),
        random.randint(-2, 4, ROWS).astype(float),
        random.choice([0.0, TINY, -TINY, 3 * TINY, -3 * TINY, 0.25, -0.25], ROWS),
        random.uniform(0, 1e6, ROWS),
    ]
    matrix = np.stack(columns, axis=1)
    if missing:
        matrix[random.rand(ROWS) < 0.2, 2] = np.nan
        matrix[random.rand(ROWS) < 0.05, 0] = np.nan
    return matrix


def signal(matrix: Matrix, seed: int = 2) -> Matrix:
    """What the columns of `numbers` explain, with some noise."""
    plain = np.nan_to_num(matrix, nan=0.8)
    return (1.2 * plain[:, 0] - 0.7 * plain[:, 1] + np.abs(plain[:, 2]) + 0.4 * plain[:, 3]
            + 2.0 * plain[:, 4] + 1e-6 * plain[:, 5] + 0.3 * _random(seed).randn(len(plain)))


def classes(matrix: Matrix, count: int) -> Matrix:
    """The signal cut into equally frequent classes."""
    values = signal(matrix)
    edges = np.quantile(values, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, values).astype(float)


def positive(matrix: Matrix) -> Matrix:
    return np.exp(0.5 * signal(matrix)) + 0.01


def counts(matrix: Matrix) -> Matrix:
    return np.floor(positive(matrix))


def share(matrix: Matrix) -> Matrix:
    return 1.0 / (1.0 + np.exp(-signal(matrix)))


def codes(seed: int = 3, high: int = 12) -> Matrix:
    """Two number columns and two of category codes, one of them with missing ones."""
    random = _random(seed)
    wide = random.randint(0, high, ROWS).astype(float)
    narrow = random.randint(0, 4, ROWS).astype(float)
    narrow[random.rand(ROWS) < 0.1] = np.nan
    return np.stack([random.randn(ROWS), wide, narrow, random.rand(ROWS)], axis=1)


def code_signal(matrix: Matrix) -> Matrix:
    effect = _random(4).randn(200) * 2
    wide = effect[matrix[:, 1].astype(int)]
    narrow = effect[150 + np.nan_to_num(matrix[:, 2], nan=9).astype(int)]
    return matrix[:, 0] + wide + narrow + 0.2 * _random(5).randn(len(matrix))


def frame(words: dict[str, list[object]], seed: int = 6, ordered: tuple[str, ...] = (),
          holes: bool = True) -> pd.DataFrame:
    """Two number columns, and a column of categories for each list of words."""
    random = _random(seed)
    columns: dict[str, object] = {"amount": random.randn(ROWS)}
    for name, values in words.items():
        picked = random.randint(0, len(values), ROWS)
        if holes:
            picked = np.where(random.rand(ROWS) < 0.08, -1, picked)
        columns[name] = pd.Categorical.from_codes(
            picked, categories=pd.Index(values), ordered=name in ordered)
    columns["rate"] = random.rand(ROWS)
    return pd.DataFrame(columns)


def frame_signal(table: pd.DataFrame) -> Matrix:
    effect = _random(7).randn(400) * 1.5
    total = np.asarray(table["amount"], dtype=float).copy()
    for place, name in enumerate(table.columns):
        if isinstance(table[name].dtype, pd.CategoricalDtype):
            total += effect[60 * place + 1 + np.asarray(table[name].cat.codes, dtype=int)]
    return total + 0.2 * _random(8).randn(len(table))
