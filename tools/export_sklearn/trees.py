"""Decision trees and what is made of nothing else: forests, boosted trees, isolation forests, and the
dummies, which are trees of a single leaf."""

from __future__ import annotations

import copy
import warnings
from typing import Any, Sequence

import numpy as np

from .document import Refused, matrix, number, vector
from .extra import OUTLIER_OR_NOT, Extra

Tree = dict[str, Any]
CLASSIFIER = ["label", "probability"]
JUMPS = Extra(smooth=False)
PAIR = 2


def _pairs(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nodes in an order that has each node's children side by side, and each node's place in
    it: a document need not say where the second child is."""
    order = [0]
    for node in order:
        if left[node] >= 0:
            order += [int(left[node]), int(right[node])]
    places = np.full(len(left), -1)
    places[order] = np.arange(len(order))
    return np.array(order), places


def _short(threshold: float) -> float:
    """The shortest number that tells all float32 apart as this one does."""
    low = np.float32(threshold)
    if float(low) > threshold:
        low = np.nextafter(low, np.float32(-np.inf))
    high = float(np.nextafter(low, np.float32(np.inf)))
    for digits in range(1, 10):
        short = float(f"{threshold:.{digits}g}")
        if float(low) <= short < high:
            return short
    return float(threshold)


def describe(left: np.ndarray, right: np.ndarray, feature: np.ndarray, threshold: np.ndarray,
             values: np.ndarray, default_left: np.ndarray | None = None) -> Tree:
    """One tree; `values` has a number or a row for each node, of which the leaves' count."""
    order, places = _pairs(left, right)
    is_leaf = left[order] < 0
    tree: Tree = {}
    if len(order) > 1:
        tree["feature"] = vector(np.where(is_leaf, 0, feature[order]))
        tree["threshold"] = vector(np.where(is_leaf, 0, threshold[order]))
        tree["left"] = vector(np.where(is_leaf, -1, places[np.where(is_leaf, 0, left[order])]))
        if default_left is not None:
            tree["default_left"] = vector(np.where(is_leaf, 0, default_left[order]))
    if values.ndim == 1:
        tree["value"] = vector(np.where(is_leaf, values[order], 0))
    else:
        tree["leaves"] = matrix(values[order][is_leaf])
    return tree


def _default_left(tree: Any) -> np.ndarray:
    nodes = tree.__getstate__()["nodes"]
    if "missing_go_to_left" in (nodes.dtype.names or ()):  # since 1.3
        return nodes["missing_go_to_left"].astype(float)
    return np.zeros(tree.node_count)


def of_tree(tree: Any, values: np.ndarray, missing: bool,
            features: Sequence[int] | None = None) -> Tree:
    """A tree of scikit-learn's own structure; `features` are the columns that it was given."""
    feature = np.maximum(tree.feature, 0)
    if features is not None:
        feature = np.asarray(features)[feature]
    threshold = np.array([_short(value) for value in tree.threshold])
    return describe(tree.children_left, tree.children_right, feature, threshold, values,
                    _default_left(tree) if missing else None)


def takes_missing(estimator: Any, width: int) -> bool:
    """Whether it answers a row of missing values; it is asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator.predict(np.full((1, width), np.nan))
        except (ValueError, TypeError):
            return False
    return True


def ensemble(trees: list[Tree], missing: bool, **more: Any) -> dict[str, Any]:
    """Trees that see float32, compare with doubles and add doubles."""
    operator: dict[str, Any] = {"op": "tree_ensemble", "compare": "<=", "dtype": "float32",
                                "sum_dtype": "float64"}
    if missing:
        operator["missing"] = "default_left"
    operator.update(more)
    operator["trees"] = trees
    return operator


def refuse_many_labels(estimator: Any) -> None:
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list):
        raise Refused(["several labels for one row (multi-output classification)"])
    if classes is not None and len(classes) < PAIR:
        raise Refused(["a single class"])


def _shares(values: np.ndarray) -> np.ndarray:
    """Probabilities: before 1.3 a node has the classes' weights, and predict_proba divides."""
    sums = values.sum(axis=1, keepdims=True)
    if np.allclose(sums, 1):
        return values
    return values / np.where(sums == 0, 1, sums)


def _values(estimator: Any, tree: Any, target: int | None) -> np.ndarray:
    if target is not None:
        return _shares(tree.value[:, target, :int(np.ravel(estimator.n_classes_)[target])])
    return tree.value[:, 0, 0] if tree.value.shape[1] == 1 else tree.value[:, :, 0]


def forest(estimator: Any, X: np.ndarray, target: int | None = None) -> tuple:
    """One tree or the average of several; `target` is one of a classifier's."""
    classifier = hasattr(estimator, "classes_")
    if classifier and target is None:
        refuse_many_labels(estimator)
        target = 0
    missing = takes_missing(estimator, X.shape[1])
    parts = getattr(estimator, "estimators_", [estimator])
    values = [_values(estimator, part.tree_, target) for part in parts]
    trees = [of_tree(part.tree_, value, missing) for part, value in zip(parts, values)]
    more: dict[str, Any] = {"aggregate": "average"} if len(trees) > 1 else {}
    if values[0].ndim > 1:
        more["outputs"] = values[0].shape[1]
    if not classifier:
        return ensemble(trees, missing, **more), ["value"], JUMPS
    return ensemble(trees, missing, task="classification", **more), CLASSIFIER, JUMPS


def zero_is_positive(estimator: Any, X: np.ndarray) -> bool:
    """What a score of 0 is depends on the version: the estimator is asked."""
    blank = copy.copy(estimator)
    blank._raw_predict = lambda X, *more, **named: np.zeros((len(X), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(blank.predict(X[:1])[0] == estimator.classes_[1])


def boosted_trees(estimator: Any) -> list[Tree]:
    """GradientBoosting*: leaves times the learning rate, as they are added."""
    rounds = []
    for stage in estimator.estimators_:
        for output, part in enumerate(stage):
            values = estimator.learning_rate * part.tree_.value[:, 0, 0]
            tree = of_tree(part.tree_, values, False)
            rounds.append({"output": output, **tree} if output else tree)
    return rounds


def boosted_links(estimator: Any, X: np.ndarray) -> dict[str, Any]:
    """How a classifier's sums become probabilities."""
    count = estimator.estimators_.shape[1]
    if count > 1:
        return {"task": "classification", "outputs": count, "link": "softmax"}
    more: dict[str, Any] = {"task": "classification", "link": "logistic",
                            "zero_is_positive": zero_is_positive(estimator, X)}
    if estimator.loss == "exponential":
        more["link_scale"] = 2
    return more


def constant_boosting(estimator: Any, X: np.ndarray) -> tuple:
    """Boosting that begins with the same numbers for each row."""
    base = estimator._raw_predict_init(X[:1].astype(np.float32))[0]
    trees = boosted_trees(estimator)
    if not hasattr(estimator, "classes_"):
        return ensemble(trees, False, base=vector(base)), ["value"], JUMPS
    more = boosted_links(estimator, X)
    return (ensemble(trees, False, base=vector(base), **more), CLASSIFIER + ["score"], JUMPS)


def isolation_forest(estimator: Any, X: np.ndarray) -> tuple:
    """Leaves have the length of their path, and what more it would be with all its rows apart."""
    from sklearn.ensemble._iforest import _average_path_length
    missing = takes_missing(estimator, X.shape[1])
    sampled = estimator._max_features != X.shape[1]
    trees = []
    for part, features in zip(estimator.estimators_, estimator.estimators_features_):
        tree = part.tree_
        lengths = np.ones(tree.node_count)
        for node in range(tree.node_count):
            for child in (tree.children_left[node], tree.children_right[node]):
                if child >= 0:
                    lengths[child] = lengths[node] + 1
        values = lengths + _average_path_length(tree.n_node_samples) - 1.0
        trees.append(of_tree(tree, values, missing, features if sampled else None))
    samples = getattr(estimator, "_max_samples", estimator.max_samples_)
    usual = _average_path_length([samples])[0]
    operator = ensemble(trees, missing, denominator=number(len(trees) * usual),
                        offset_=number(estimator.offset_))
    return ({**operator, "op": "isolation_forest"}, ["label", "score"],
            Extra(classes=OUTLIER_OR_NOT, smooth=False))


def _lone_leaf(values: Any, **more: Any) -> dict[str, Any]:
    return {"op": "tree_ensemble", "compare": "<=", "dtype": "float64", "missing": "left",
            "outputs": len(values), **more, "trees": [{"leaves": [vector(values)]}]}


def dummy_classifier(estimator: Any, X: np.ndarray) -> tuple:
    refuse_many_labels(estimator)
    if estimator.strategy not in ("prior", "most_frequent", "constant"):
        raise Refused([f"answers by chance (strategy {estimator.strategy!r})"])
    return (_lone_leaf(estimator.predict_proba(X[:1])[0], task="classification"), CLASSIFIER,
            JUMPS)


def dummy_regressor(estimator: Any, X: np.ndarray) -> tuple:
    return _lone_leaf(np.ravel(estimator.constant_)), ["value"], JUMPS


PREDICTORS = {
    "DecisionTreeClassifier": forest,
    "DecisionTreeRegressor": forest,
    "DummyClassifier": dummy_classifier,
    "DummyRegressor": dummy_regressor,
    "ExtraTreeClassifier": forest,
    "ExtraTreeRegressor": forest,
    "ExtraTreesClassifier": forest,
    "ExtraTreesRegressor": forest,
    "IsolationForest": isolation_forest,
    "RandomForestClassifier": forest,
    "RandomForestRegressor": forest,
}
