"""Training data of the cases: needs numpy alone."""

import numpy as np

ROWS = 160
FEATURES = 5


def features(seed=1):
    """Ties, plain doubles, many zeros, missing values."""
    random = np.random.RandomState(seed)
    x = np.empty((ROWS, FEATURES))
    x[:, 0] = random.randint(-40, 40, ROWS) / 8
    x[:, 1] = random.randint(0, 6, ROWS)
    x[:, 2] = np.round(random.normal(0, 1, ROWS), 3)
    x[:, 3] = np.where(random.uniform(size=ROWS) < 0.6, 0, np.round(random.exponential(2, ROWS), 2))
    x[:, 4] = np.round(random.uniform(-1e3, 1e3, ROWS), 1)
    for column in (1, 4):
        x[random.uniform(size=ROWS) < 0.15, column] = np.nan
    return x


def signal(x, seed=2):
    random = np.random.RandomState(seed)
    y = 1.5 * x[:, 0] + np.nan_to_num(x[:, 1], nan=3.3) + np.where(x[:, 2] > 0.2, 2, -1)
    return y + 0.7 * x[:, 3] + np.nan_to_num(x[:, 4], nan=500) / 400 + random.normal(0, 0.3, ROWS)


def target(kind, x):
    y = signal(x)
    if kind == "real":
        return np.round(y, 3)
    if kind == "positive":
        return np.round(np.exp(y / 5), 4)
    if kind == "unit":
        return np.round(1 / (1 + np.exp(-y / 4)), 4)
    if kind == "count":
        return np.floor(np.exp(y / 6))
    if kind == "two":
        return (y > np.median(y)).astype(float)
    if kind == "four":
        return np.digitize(y, np.quantile(y, [0.2, 0.5, 0.8])).astype(float)
    if kind == "grade":
        return np.digitize(y, np.quantile(y, [0.4, 0.7, 0.9])).astype(float)
    if kind == "targets":
        return np.round(np.column_stack([y, x[:, 2] * 3 + x[:, 0], -y / 2 + x[:, 3]]), 3)
    assert kind == "labels"
    return np.column_stack([y > 0, x[:, 2] > 0, x[:, 3] > 1]).astype(float)
