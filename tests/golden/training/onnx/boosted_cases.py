"""What onnxmltools makes of XGBoost and LightGBM models."""

import lightgbm
import numpy as np
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from case import Case, asked, classes, features, real

X = features()
Y2, Y3, YR = classes(X, 2), classes(X), real(X)
POSITIVE = np.round(np.exp(YR / 5), 3)
SMALL = {"n_estimators": 4, "n_jobs": 1}
LIGHT = {"num_leaves": 5, "min_child_samples": 4, "verbose": -1, **SMALL}


def holes(x):
    x = x.copy()
    x[np.random.RandomState(8).uniform(size=x.shape) < 0.15] = np.nan
    return x


def xgb_rows(model):
    table = model.get_booster().trees_to_dataframe()
    splits = table[table["Feature"] != "Leaf"]
    pairs = [(int(name[1:]), value) for name, value in zip(splits["Feature"], splits["Split"])]
    return asked(X, pairs)


def light_rows(model):
    """Thresholds are doubles in LightGBM and floats in the converted model, which is what counts."""
    table = model.booster_.trees_to_dataframe()
    splits = table[table["split_feature"].notna() & (table["decision_type"] == "<=")]
    names = model.booster_.feature_name()
    pairs = [
        (names.index(name), np.float32(value))
        for name, value in zip(splits["split_feature"], splits["threshold"])
    ]
    return asked(X, pairs)


def feeds(rows):
    rows = np.vstack([rows, rows[:4]]).astype(np.float32)
    for i in range(4):
        rows[-1 - i, i] = np.nan
    return {"X": rows}


def xgb(model, y, x=X):
    model.fit(x, y)
    made = onnxmltools.convert_xgboost(
        model, initial_types=[("X", FloatTensorType([None, x.shape[1]]))], target_opset=15
    )
    return made, feeds(xgb_rows(model))


def light(model, y, x=X, zipmap=True, **options):
    model.fit(x, y)
    made = onnxmltools.convert_lightgbm(
        model,
        initial_types=[("X", FloatTensorType([None, x.shape[1]]))],
        target_opset=15,
        zipmap=zipmap,
        **options,
    )
    return made, feeds(light_rows(model))


def cases(environment):
    made = []
    converter = f"onnxmltools {onnxmltools.__version__}"

    def add(name, make):
        made.append(Case(f"{name}-{environment}", make, False, converter))

    small = {"max_depth": 3, "random_state": 0, **SMALL}
    xgb_regressors = {
        "squared": ({}, YR),
        "poisson": ({"objective": "count:poisson"}, np.floor(POSITIVE)),
        "gamma": ({"objective": "reg:gamma"}, POSITIVE),
        "tweedie": ({"objective": "reg:tweedie"}, POSITIVE),
    }
    if environment == "2024":  # its converters refuse them
        del xgb_regressors["gamma"], xgb_regressors["tweedie"]
    for name, (options, y) in xgb_regressors.items():
        add(
            f"xgb-{name}",
            lambda options=options, y=y: xgb(xgboost.XGBRegressor(**small, **options), y),
        )
    add("xgb-binary", lambda: xgb(xgboost.XGBClassifier(**small), Y2))
    add("xgb-multi", lambda: xgb(xgboost.XGBClassifier(**small), Y3))
    add("xgb-missing", lambda: xgb(xgboost.XGBClassifier(**small), Y2, holes(X)))
    add(
        "xgb-forest",
        lambda: xgb(xgboost.XGBRFRegressor(max_depth=3, random_state=0, n_estimators=4), YR),
    )
    light_regressors = {
        "regression": ({}, YR),
        "poisson": ({"objective": "poisson"}, np.floor(POSITIVE)),
        "gamma": ({"objective": "gamma"}, POSITIVE),
        "tweedie": ({"objective": "tweedie"}, POSITIVE),
        "rf": (
            {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7},
            YR,
        ),
    }
    if environment == "2024":
        del light_regressors["tweedie"]
    for name, (options, y) in light_regressors.items():
        add(
            f"lgb-{name}",
            lambda options=options, y=y: light(lightgbm.LGBMRegressor(**LIGHT, **options), y),
        )
    add("lgb-split", lambda: light(lightgbm.LGBMRegressor(**LIGHT), YR, split=2))
    add("lgb-binary", lambda: light(lightgbm.LGBMClassifier(**LIGHT), Y2))
    add("lgb-binary-no-zipmap", lambda: light(lightgbm.LGBMClassifier(**LIGHT), Y2, zipmap=False))
    add("lgb-multi", lambda: light(lightgbm.LGBMClassifier(**LIGHT), Y3))
    add(
        "lgb-one-vs-all",
        lambda: light(lightgbm.LGBMClassifier(objective="multiclassova", **LIGHT), Y3, zipmap=False),
    )
    add("lgb-missing", lambda: light(lightgbm.LGBMClassifier(**LIGHT), Y2, holes(X)))
    add(
        "lgb-categorical",
        lambda: light(lightgbm.LGBMRegressor(categorical_feature=[1], **LIGHT), YR),
    )
    return made
