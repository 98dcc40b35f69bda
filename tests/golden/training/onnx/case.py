"""What a golden case is, and the data that the cases share."""

import dataclasses
import typing

import numpy as np


@dataclasses.dataclass
class Case:
    name: str
    make: typing.Callable  # -> (onnx.ModelProto, {input name: array})
    core: bool = False  # one of the core conversions of skl2onnx
    converter: str = ""


def whole(x):
    return np.round(x).astype(np.int64)


def features(rows=60, columns=4, seed=1):
    """Ties, plain decimals, zeros."""
    random = np.random.RandomState(seed)
    x = np.round(random.normal(0, 1.5, (rows, columns)), 2)
    x[:, 1] = random.randint(0, 5, rows)
    x[random.uniform(size=rows) < 0.3, columns - 1] = 0
    return x


def classes(x, count=3, seed=2):
    y = x[:, 0] - 0.8 * x[:, 1] + np.where(x[:, 2] > 0.2, 1.5, 0)
    y = y + np.random.RandomState(seed).normal(0, 0.5, len(x))
    return np.digitize(y, np.quantile(y, [i / count for i in range(1, count)]))


def real(x, seed=3):
    y = 1.5 * x[:, 0] - x[:, 1] + np.where(x[:, 2] > 0.2, 2, -1) * x[:, -1]
    return np.round(y + np.random.RandomState(seed).normal(0, 0.3, len(x)), 3)


def asked(x, thresholds=(), extra=8, seed=4):
    """Rows to predict: some of the training's, new ones, zeros, large ones, and rows whose values sit
    on a threshold or next to it. thresholds: (feature, value)."""
    random = np.random.RandomState(seed)
    fresh = np.round(random.normal(0, 2, (extra, x.shape[1])), 3)
    fresh[:, 1] = np.abs(np.round(fresh[:, 1]))
    rows = [x[:8], fresh, np.zeros((1, x.shape[1])), np.full((1, x.shape[1]), 37.5)]
    for feature, threshold in list(thresholds)[:4]:
        for value in (threshold, np.nextafter(np.float32(threshold), np.float32(np.inf))):
            row = x[:1].copy()
            row[0, feature] = value
            rows.append(row)
    return np.vstack(rows)
