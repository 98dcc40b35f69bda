"""Rows, and what the trainer says to them, by the names omen gives its outputs.

This package has the trainer's own name: once this module is imported the name is the trainer's.
"""

import json
import pathlib
import sys
import tempfile

from xgboost.golden_data import FEATURES, ROWS, features, target

TRAINING = pathlib.Path(__file__).resolve().parent.parent
sys.modules.pop("xgboost", None)
sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != TRAINING]

import numpy as np  # noqa: E402
import xgboost as xgb  # noqa: E402

VERSION = tuple(int(part) for part in xgb.__version__.split(".")[:3])
SCRATCH = tempfile.TemporaryDirectory()
WORK = pathlib.Path(SCRATCH.name)


def thresholds(booster):
    """(feature, threshold) of the numerical splits, as the file has them."""
    found = []
    for tree in model_of(booster)["learner"]["gradient_booster"].get("model", {}).get("trees", []):
        kinds = tree.get("split_type", [0] * len(tree["left_children"]))
        for left, feature, threshold, kind in zip(
            tree["left_children"], tree["split_indices"], tree["split_conditions"], kinds
        ):
            if left != -1 and kind == 0:
                found.append((feature, np.float32(threshold)))
    return found


def model_of(booster):
    path = WORK / "look.json"
    booster.save_model(str(path))
    return json.loads(path.read_text())


def rows_for(booster, x, plain=9, edges=9, seed=3):
    """Rows as trained on, extreme ones, and rows that sit on a threshold or beside it."""
    rows = [x[i].copy() for i in range(plain)]
    rows.append(np.zeros(FEATURES))
    rows.append(np.full(FEATURES, np.nan))
    rows.append(np.array([1e30, -1e30, 1e-40, -0.0, 16777217.0]))
    rows.append(np.array([-5.0, np.nan, 0.1, 0.3, np.nan]))
    split = thresholds(booster)
    random = np.random.RandomState(seed)
    for i in range(edges if split else 0):
        row = x[plain + i].copy()
        for feature, threshold in (split[random.randint(len(split))] for _ in range(3)):
            towards = np.float32(-np.inf if i % 2 else np.inf)
            row[feature] = threshold if i % 3 != 2 else np.nextafter(threshold, towards)
        rows.append(row)
    # Half of a float32's last place away: only the rounding of the request's double decides.
    for feature, threshold in split[:2]:
        row = x[-1].copy()
        row[feature] = np.nextafter((float(threshold) + float(np.nextafter(threshold, np.float32(-np.inf)))) / 2, np.inf)
        rows.append(row)
    return np.array(rows)


def iterations(booster, first):
    """Arguments of predict for the first iterations (None: all)."""
    if first is None:
        return {}
    if VERSION < (1, 4):
        return {"ntree_limit": first * booster_parallel(booster)}
    return {"iteration_range": (0, first)}


def booster_parallel(booster):
    return getattr(booster, "parallel", 1)


def matrix(x, **options):
    options.setdefault("missing", np.nan)
    return xgb.DMatrix(x, nthread=1, **options)


def single(values):
    """float32 as its shortest text, nested as the array is."""
    if np.ndim(values) > 0:
        return [single(value) for value in values]
    if np.isnan(values):
        return "NaN"
    if np.isinf(values):
        return "Infinity" if values > 0 else "-Infinity"
    return float(str(np.float32(values)))


def cell(value):
    if isinstance(value, str):
        return value
    if value is None or np.isnan(value):
        return None
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) and abs(value) < 2**53 and not (value == 0 and np.signbit(value)) else float(value)


CLASSIFIERS = {"binary:logistic", "binary:logitraw", "binary:hinge", "multi:softmax", "multi:softprob"}
LINKED = {
    "reg:logistic",
    "count:poisson",
    "reg:gamma",
    "reg:tweedie",
    "survival:cox",
    "survival:aft",
}


def outputs(objective, margin, value):
    """By the names omen gives them. `value` is predict without output_margin."""
    if objective in ("binary:logistic", "binary:logitraw", "binary:hinge") and margin.ndim > 1:
        return {"value": single(value), "score": single(margin)}
    if objective == "binary:logistic":
        other = np.float32(1) - value
        label = (value > 0.5).astype(int).tolist()
        return {"label": label, "probability": single(np.column_stack([other, value])), "score": single(margin)}
    if objective in ("binary:logitraw", "binary:hinge"):
        return {"label": (margin > 0).astype(int).tolist(), "score": single(margin)}
    if objective == "multi:softprob":
        label = np.argmax(value, axis=1).tolist()
        return {"label": label, "probability": single(value), "score": single(margin)}
    if objective == "multi:softmax":
        return {"label": value.astype(int).tolist(), "score": single(margin)}
    linked = objective in LINKED or (objective == "reg:expectileerror" and margin.ndim > 1)
    quantiles = objective == "reg:quantileerror" and margin.ndim > 1 and VERSION >= (3, 4)
    if linked or quantiles:
        return {"value": single(value), "score": single(margin)}
    return {"value": single(value)}


def answers(objective, booster, data, first=None):
    limit = iterations(booster, first)
    margin = booster.predict(data, output_margin=True, **limit)
    return outputs(objective, margin, booster.predict(data, **limit))


def expected(rows, answer, **more):
    exact = "score" if "score" in answer else "value"
    return {
        "trainer": f"xgboost {xgb.__version__}",
        "tolerance": 1.2e-6,
        "ulp": 2,
        **more,
        "exact": [exact],
        "rows": [[cell(value) for value in row] for row in rows],
        "outputs": answer,
    }


def files(booster, suffix=None):
    suffix = suffix or ("ubj" if VERSION >= (2, 1) else "json")
    path = WORK / f"model.{suffix}"
    booster.save_model(str(path))
    return {path.name: path.read_bytes()}


def sidecar(settings, name=None, **members):
    name = name or ("model.ubj" if VERSION >= (2, 1) else "model.json")
    document = {"format": "omen/1", "model": {"file": name, **settings}, **members}
    return {"omen.json": json.dumps(document).encode()}


BASE = {"nthread": 1, "seed": 7, "verbosity": 0, "max_depth": 3, "eta": 0.4}


def fit(params, data, rounds=3, **more):
    return xgb.train({**BASE, **params}, data, rounds, **more)


def simple(objective, kind, params=None, rounds=3, suffix=None, seed=1):
    x = features(seed)
    parameters = {"objective": objective, **(params or {})}
    if objective == "survival:aft":
        data = matrix(x)
        y = target("positive", x)
        data.set_float_info("label_lower_bound", y)
        data.set_float_info("label_upper_bound", np.where(y > 2, np.inf, y * 1.1))
    elif objective.startswith("rank:"):
        data = matrix(x, label=target(kind, x))
        data.set_group([20] * (ROWS // 20))
    else:
        y = target(kind, x)
        if objective == "survival:cox":
            order = np.argsort(y)
            x, y = x[order], y[order]
            y = np.where(np.arange(ROWS) % 4 == 0, -y, y)
        data = matrix(x, label=y)
    booster = fit(parameters, data, rounds)
    rows = rows_for(booster, features(seed))
    return files(booster, suffix), expected(rows, answers(objective, booster, matrix(rows)))


def wrapped(objective, kind, classes):
    """The scikit-learn wrapper of a release that encodes labels itself: its files know them."""
    x = features(1)
    model = xgb.XGBClassifier(n_estimators=3, max_depth=3, n_jobs=1, verbosity=0)
    model.fit(x, np.array(classes)[target(kind, x).astype(int)])
    rows = rows_for(model.get_booster(), x)
    answer = answers(objective, model.get_booster(), matrix(rows))
    answer["label"] = model.predict(rows).tolist()
    return files(model), expected(rows, answer)


def write(folder, made, told):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (folder / name).write_bytes(content)
    head = {key: value for key, value in told.items() if key not in ("rows", "outputs")}
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in told["rows"])
    answer = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in told["outputs"].items())
    text = f'{{\n{lines},\n "rows": [\n{rows}\n ],\n "outputs": {{\n{answer}\n }}\n}}\n'
    (folder / "expected.json").write_text(text, encoding="utf-8")
