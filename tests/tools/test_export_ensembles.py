"""tools/export-sklearn on trees and on estimators of estimators, with whatever scikit-learn is here:
what a version keeps elsewhere, or computes in another way, shows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import dummy, ensemble, linear_model, multiclass, multioutput, tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OrdinalEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from test_export import BINARY, DIABETES, IRIS, MANY_LABELS, WINE, check_agrees, words_table

from export_sklearn import Refused, export  # (test_export has the path)

FEW = {"n_estimators": 4, "random_state": 1}
TREE = tree.DecisionTreeClassifier(max_depth=2, random_state=1)
LINEAR = make_pipeline(StandardScaler(), linear_model.LogisticRegression())
FOUR_CLASSES = IRIS.target + 2 * (IRIS.data[:, 0] > 6.5)

CLASSIFIERS = {
    "tree": (tree.DecisionTreeClassifier(max_depth=4, class_weight="balanced"), IRIS.target),
    "extra-tree": (tree.ExtraTreeClassifier(random_state=1), BINARY),
    "forest": (ensemble.RandomForestClassifier(**FEW), IRIS.target_names[IRIS.target]),
    "extra-trees": (ensemble.ExtraTreesClassifier(**FEW, bootstrap=True), IRIS.target),
    "boosting": (ensemble.GradientBoostingClassifier(**FEW), BINARY),
    "boosting-exponential": (
        ensemble.GradientBoostingClassifier(**FEW, loss="exponential"), BINARY,
    ),
    "boosting-many": (ensemble.GradientBoostingClassifier(**FEW, init="zero"), FOUR_CLASSES),
    "boosting-init": (
        ensemble.GradientBoostingClassifier(**FEW, init=ensemble.RandomForestClassifier(**FEW)),
        IRIS.target,
    ),
    "boosting-init-two": (
        ensemble.GradientBoostingClassifier(**FEW, init=TREE, loss="exponential"), BINARY,
    ),
    "histogram": (ensemble.HistGradientBoostingClassifier(max_iter=4), BINARY),
    "histogram-many": (ensemble.HistGradientBoostingClassifier(max_iter=4), IRIS.target),
    "ada-boost": (ensemble.AdaBoostClassifier(TREE, **FEW), IRIS.target),
    "ada-boost-two": (ensemble.AdaBoostClassifier(**FEW), BINARY),
    "bagging": (ensemble.BaggingClassifier(GaussianNB(), **FEW, max_features=2), IRIS.target),
    "bagging-votes": (
        ensemble.BaggingClassifier(linear_model.RidgeClassifier(), **FEW), IRIS.target,
    ),
    "voting": (
        ensemble.VotingClassifier(
            [("a", LINEAR), ("b", GaussianNB()), ("c", TREE)], voting="soft", weights=[1, 2, 3]
        ),
        IRIS.target_names[IRIS.target],
    ),
    "votes": (
        ensemble.VotingClassifier([("a", LINEAR), ("b", GaussianNB()), ("c", TREE)]), IRIS.target,
    ),
    "stacking": (
        ensemble.StackingClassifier(
            [("a", LINEAR), ("b", GaussianNB()), ("c", TREE)], passthrough=True, cv=3
        ),
        IRIS.target,
    ),
    "stacking-two": (
        ensemble.StackingClassifier([("a", LINEAR), ("b", TREE)], final_estimator=TREE, cv=3),
        BINARY,
    ),
    "calibrated": (CalibratedClassifierCV(LINEAR, cv=3), IRIS.target),
    "calibrated-isotonic": (
        CalibratedClassifierCV(GaussianNB(), method="isotonic", ensemble=False, cv=3), BINARY,
    ),
    "rest": (multiclass.OneVsRestClassifier(LINEAR), IRIS.target),
    "pairs": (multiclass.OneVsOneClassifier(TREE), FOUR_CLASSES),
    "dummy": (dummy.DummyClassifier(), FOUR_CLASSES),
    "dummy-constant": (dummy.DummyClassifier(strategy="constant", constant=1), IRIS.target),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name, tmp_path):
    estimator, y = CLASSIFIERS[name]
    check_agrees(tmp_path, estimator.fit(IRIS.data, y), IRIS.data, floors=["score"])


def test_logarithms_of_probabilities(tmp_path):
    """AdaBoost's SAMME.R, which newer versions have no more."""
    try:
        estimator = ensemble.AdaBoostClassifier(GaussianNB(), algorithm="SAMME.R", **FEW)
    except TypeError:
        estimator = ensemble.AdaBoostClassifier(GaussianNB(), **FEW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator.fit(IRIS.data, IRIS.target)
        except ValueError:
            estimator.set_params(algorithm="deprecated").fit(IRIS.data, IRIS.target)
    check_agrees(tmp_path, estimator, IRIS.data, floors=["score"])


REGRESSORS = {
    "tree": tree.DecisionTreeRegressor(max_depth=5),
    "extra-tree": tree.ExtraTreeRegressor(max_depth=4, criterion="poisson", random_state=1),
    "forest": ensemble.RandomForestRegressor(**FEW, max_depth=6),
    "boosting": ensemble.GradientBoostingRegressor(**FEW, loss="huber"),
    "boosting-init": ensemble.GradientBoostingRegressor(
        **FEW, init=tree.DecisionTreeRegressor(max_depth=2)
    ),
    "histogram": ensemble.HistGradientBoostingRegressor(max_iter=4, loss="poisson"),
    "ada-boost": ensemble.AdaBoostRegressor(**FEW),
    "bagging": ensemble.BaggingRegressor(**FEW, max_features=4, bootstrap_features=True),
    "voting": ensemble.VotingRegressor(
        [("a", linear_model.LinearRegression()), ("b", tree.DecisionTreeRegressor(max_depth=3))]
    ),
    "stacking": ensemble.StackingRegressor(
        [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))], cv=3
    ),
    "logarithm": TransformedTargetRegressor(
        linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1
    ),
    "min-max": TransformedTargetRegressor(linear_model.Ridge(), transformer=MinMaxScaler()),
    "chain-of-scalers": TransformedTargetRegressor(
        linear_model.Ridge(), transformer=make_pipeline(StandardScaler(), RobustScaler())
    ),
    "same": TransformedTargetRegressor(linear_model.Ridge(), check_inverse=False),
    "dummy": dummy.DummyRegressor(strategy="quantile", quantile=0.3),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name, tmp_path):
    estimator = REGRESSORS[name].fit(DIABETES.data, DIABETES.target)
    check_agrees(tmp_path, estimator, DIABETES.data, floors=["value"])


TARGETS = {
    "tree": tree.DecisionTreeRegressor(max_depth=4),
    "forest": ensemble.ExtraTreesRegressor(**FEW, max_depth=4),
    "targets": multioutput.MultiOutputRegressor(linear_model.Ridge()),
    "chain": multioutput.RegressorChain(linear_model.Ridge(), order=[1, 0]),
    "dummy": dummy.DummyRegressor(),
    "scaled": TransformedTargetRegressor(linear_model.Ridge(), transformer=StandardScaler()),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets(name, tmp_path):
    y = np.column_stack([DIABETES.target, DIABETES.data[:, 0]])
    estimator = TARGETS[name].fit(DIABETES.data[:, 1:], y)
    check_agrees(tmp_path, estimator, DIABETES.data[:, 1:], floors=["value"])


@pytest.mark.parametrize(
    "estimator",
    [
        tree.DecisionTreeClassifier(max_depth=3),
        ensemble.RandomForestClassifier(**FEW),
        multioutput.MultiOutputClassifier(GaussianNB()),
        multioutput.ClassifierChain(GaussianNB(), order=[1, 0]),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_many_labels_are_numbers(estimator, tmp_path):
    check_agrees(tmp_path, estimator.fit(IRIS.data, MANY_LABELS), IRIS.data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("features", [1.0, 3])
def test_isolation(features, tmp_path):
    estimator = ensemble.IsolationForest(**FEW, max_features=features, contamination=0.1)
    document = check_agrees(tmp_path, estimator.fit(WINE.data), WINE.data, floors=["score"])
    assert document["outputs"]["labels"] == [-1, 1]


def test_isotonic(tmp_path):
    X, y = IRIS.data[:, [2]], IRIS.data[:, 3]
    check_agrees(tmp_path, IsotonicRegression(out_of_bounds="clip").fit(X, y), X)


@pytest.mark.filterwarnings("ignore")
def test_missing_values_and_categories(tmp_path):
    """Numbers that are categories, and rows without some of them."""
    table = words_table()
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    ).fit_transform(table[:, 1:3])
    X = np.column_stack([table[:, 0].astype(float), codes, table[:, 3].astype(float)])
    estimator = ensemble.HistGradientBoostingClassifier(
        max_iter=5, categorical_features=[1, 2], min_samples_leaf=5
    ).fit(X, WINE.target)
    document = check_agrees(tmp_path, estimator, X, floors=["score"])
    assert document["inputs"][1]["type"] == "category"
    assert document["inputs"][1]["on_missing"] == "nan"


@pytest.mark.parametrize(
    "estimator, sentence",
    [
        (
            ensemble.VotingRegressor(
                [("a", linear_model.Ridge()), ("b", TransformedTargetRegressor(
                    linear_model.Ridge(), transformer=PowerTransformer()))]
            ),
            r"estimators_\[1\] \(TransformedTargetRegressor\): PowerTransformer has no operator",
        ),
        (
            ensemble.GradientBoostingRegressor(n_estimators=2, init=linear_model.Ridge()),
            "Ridge as init computes in float32",
        ),
        (
            TransformedTargetRegressor(func=np.sqrt, inverse_func=lambda y: y * y),
            "the function that turns its targets back",
        ),
        (dummy.DummyClassifier(strategy="uniform"), "answers by chance"),
        (
            multioutput.MultiOutputClassifier(dummy.DummyClassifier(strategy="uniform")),
            "answers by chance",
        ),
    ],
)
def test_refusals_name_the_part(estimator, sentence):
    targets = MANY_LABELS if isinstance(estimator, multioutput.MultiOutputClassifier) else BINARY
    with pytest.raises(Refused, match=sentence):
        export(estimator.fit(IRIS.data, targets), IRIS.data)


def test_words_as_several_labels_are_refused():
    labels = np.column_stack([IRIS.target_names[IRIS.target], BINARY.astype(str)])
    estimator = tree.DecisionTreeClassifier(max_depth=2).fit(IRIS.data, labels)
    with pytest.raises(Refused, match="words"):
        export(estimator, IRIS.data)
