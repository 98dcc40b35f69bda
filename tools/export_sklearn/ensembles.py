"""Estimators that are made of estimators. Each function gets the walk, so that what is within goes
the same way as what is outside: to steps for it, the operator that ends them, its outputs, and an
Extra."""

from __future__ import annotations

import warnings
from typing import Any, Callable, Sequence

import numpy as np

from .document import Refused, number, vector, word
from .trees import (CLASSIFIER, JUMPS, boosted_links, boosted_trees, constant_boosting, ensemble,
                    refuse_many_labels)

Steps = list[dict[str, Any]]
Answer = tuple  # steps, operator, outputs, Extra
METHODS = {"predict_proba": "probability", "decision_function": "score", "predict": "label"}


def dense(stage: Any) -> np.ndarray:
    """What reaches an estimator as numbers."""
    data = stage.data
    return np.asarray(data.toarray() if hasattr(data, "toarray") else data, dtype=float)


def _array(stage: Any) -> Any:
    """For those that make an array of what comes in before their parts see it."""
    data = stage.data
    return type(stage)(data if hasattr(data, "toarray") else np.asarray(data), stage.inputs)


def _member(walk: Any, part: Any, stage: Any, place: str, **more: Any) -> tuple[dict, list[str]]:
    steps, outputs = walk.member(part, stage, place)
    return {"steps": steps, **more}, outputs


def _members(walk: Any, parts: Sequence[Any], stage: Any, place: str) -> tuple[list, list]:
    found = [_member(walk, part, stage, f"{place}[{index}]") for index, part in enumerate(parts)]
    return [member for member, _ in found], [outputs for _, outputs in found]


def _need(outputs: Sequence[str], output: str) -> None:
    if output not in outputs:
        raise Refused([f"an estimator within it has no output {output!r} in a document"])


def prediction_columns(steps: Steps, output: str, **more: Any) -> dict[str, Any]:
    return {"op": "prediction_columns", "output": output, **more, "steps": steps}


def voting_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    refuse_many_labels(estimator)
    members, outputs = _members(walk, estimator.estimators_, stage, f"{place}.estimators_")
    operator: dict[str, Any] = {"op": "voting_classifier", "voting": estimator.voting}
    for each in outputs:
        _need(each, "probability" if estimator.voting == "soft" else "label")
    weights = estimator._weights_not_none
    if weights is not None:
        operator["weights"] = vector(weights)
    return ([], {**operator, "estimators": members},
            CLASSIFIER if estimator.voting == "soft" else ["label"], JUMPS)


def voting_regressor(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    members, _ = _members(walk, estimator.estimators_, stage, f"{place}.estimators_")
    operator: dict[str, Any] = {"op": "voting_regressor"}
    weights = estimator._weights_not_none
    if weights is not None:
        operator["weights"] = vector(weights)
    return [], {**operator, "estimators": members}, ["value"], JUMPS


def _bagged(walk: Any, estimator: Any, stage: Any, place: str) -> tuple[list, list]:
    members, outputs = [], []
    stage = _array(stage)
    for index, (part, features) in enumerate(zip(estimator.estimators_,
                                                 estimator.estimators_features_)):
        chosen = [int(feature) for feature in features]
        steps = walk.select(stage, chosen)
        member, each = _member(walk, part, stage.take(chosen), f"{place}.estimators_[{index}]")
        member["steps"] = steps + member["steps"]
        members.append(member)
        outputs.append(each)
    return members, outputs


def bagging_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    refuse_many_labels(estimator)
    members, outputs = _bagged(walk, estimator, stage, place)
    soft = hasattr(estimator.estimators_[0], "predict_proba")
    count = len(estimator.classes_)
    for member, part, each in zip(members, estimator.estimators_, outputs):
        _need(each, "probability" if soft else "label")
        known = np.asarray(part.classes_).astype(int)
        if len(known) < count:
            if len(known) < 2:
                raise Refused(["an estimator within it that has seen a single class"])
            member["classes"] = vector(known)
    return ([], {"op": "voting_classifier", "voting": "soft" if soft else "hard", "classes": count,
                 "estimators": members}, CLASSIFIER, JUMPS)


def bagging_regressor(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    members, _ = _bagged(walk, estimator, stage, place)
    return [], {"op": "voting_regressor", "estimators": members}, ["value"], JUMPS


def _boosted_miss(estimator: Any, data: np.ndarray, weights: np.ndarray) -> float:
    """What a label counts for the other classes depends on the version: its scores tell."""
    count = len(estimator.classes_)
    hits = [(part.predict(data)[:, np.newaxis] == estimator.classes_)
            for part in estimator.estimators_]
    expected = estimator.decision_function(data)

    def error(miss: float) -> float:
        sums = sum(np.where(hit, weight, miss * weight) for hit, weight in zip(hits, weights))
        sums = sums / weights.sum()
        return float(np.max(np.abs((sums[:, 1] - sums[:, 0] if count == 2 else sums) - expected)))

    return min((-1 / (count - 1), 0.0), key=error)


def ada_boost_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    refuse_many_labels(estimator)
    stage = _array(stage)
    members, outputs = _members(walk, estimator.estimators_, stage, f"{place}.estimators_")
    weights = estimator.estimator_weights_[:len(members)]
    operator = {"op": "ada_boost_classifier", "estimator_weights_": vector(weights)}
    by_logarithms = getattr(estimator, "algorithm", "SAMME") == "SAMME.R"
    for each in outputs:
        _need(each, "probability" if by_logarithms else "label")
    if by_logarithms:  # before 1.8
        operator["algorithm"] = "SAMME.R"
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            miss = _boosted_miss(estimator, stage.data, weights)
        if miss == 0:
            operator["miss"] = 0
    return ([], {**operator, "estimators": members}, CLASSIFIER + ["score"], JUMPS)


def ada_boost_regressor(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    members, _ = _members(walk, estimator.estimators_, _array(stage), f"{place}.estimators_")
    return ([], {"op": "voting_regressor", "aggregate": "weighted_median",
                 "weights": vector(estimator.estimator_weights_[:len(members)]),
                 "estimators": members}, ["value"], JUMPS)


def _is_constant(init: Any) -> bool:
    return isinstance(init, str) or type(init).__name__ in ("DummyClassifier", "DummyRegressor")


def _init_link(estimator: Any, X: np.ndarray, count: int) -> dict[str, Any]:
    """How probabilities become what the sums begin with, and how far from 0 and 1 they are kept,
    depends on the version: its own beginnings tell."""
    expected = estimator._raw_predict_init(X)
    p = estimator.init_.predict_proba(X)
    found: dict[str, Any] = {}
    best = np.inf
    for floor in (np.finfo(np.float64).eps, float(np.finfo(np.float32).eps)):
        logs = np.log(np.clip(p, floor, 1 - floor))
        logit = logs[:, 1:] - np.log(1 - np.clip(p[:, 1:], floor, 1 - floor))
        ways = ({"logit": logit, "half_logit": logit / 2} if count == 1 else
                {"log": logs, "centered_log": logs - logs.mean(axis=1, keepdims=True)})
        for link, values in ways.items():
            error = float(np.max(np.abs(values - expected)))
            if error < best:
                best, found = error, {"init_link": link, "init_floor": number(floor)}
    if not best < 1e-6:
        raise Refused(["an init estimator whose probabilities are used in an unknown way"])
    return found


def gradient_boosting(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    X = dense(stage).astype(np.float32)
    walk.compute_with(stage)
    if _is_constant(estimator.init_):
        return ([], *constant_boosting(estimator, X))
    method = "predict_proba" if hasattr(estimator, "classes_") else "predict"
    if getattr(estimator.init_, method)(X[:1]).dtype != np.float64:
        raise Refused([f"{type(estimator.init_).__name__} as init computes in float32 there"])
    stage = type(stage)(X, stage.inputs)
    init, outputs = _member(walk, estimator.init_, stage, f"{place}.init_")
    trees = boosted_trees(estimator)
    if method == "predict":
        _need(outputs, "value")
        operator = ensemble(trees, False, init=init)
        return [], {**operator, "op": "gradient_boosting"}, ["value"], JUMPS
    _need(outputs, "probability")
    links = boosted_links(estimator, X)
    links.pop("link")
    operator = ensemble(trees, False, init=init, **links,
                        **_init_link(estimator, X, estimator.estimators_.shape[1]))
    return [], {**operator, "op": "gradient_boosting"}, CLASSIFIER + ["score"], JUMPS


def _stacked(walk: Any, estimator: Any, stage: Any, place: str, kinds: list[str]) -> list:
    parts = []
    for index, (part, kind) in enumerate(zip(estimator.estimators_, kinds)):
        member, outputs = _member(walk, part, stage, f"{place}.estimators_[{index}]")
        _need(outputs, kind)
        more: dict[str, Any] = {}
        classes = getattr(part, "classes_", [])
        if kind == "probability" and len(classes) == 2:
            more["indices"] = [1]
        if kind == "label":
            numbers = [word(value) for value in classes]
            if any(isinstance(value, str) for value in numbers):
                raise Refused(["labels that are words as what the final estimator sees"])
            if numbers != list(range(len(numbers))):
                more["classes"] = numbers
        parts.append({"steps": [prediction_columns(member["steps"], kind, **more)]})
    return parts


def stacking(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    classifier = hasattr(estimator, "classes_")
    if classifier:
        refuse_many_labels(estimator)
    kinds = [METHODS[method] if classifier else "value" for method in estimator.stack_method_]
    parts = _stacked(walk, estimator, stage, place, kinds)
    inputs: list[int | None] = []
    data = dense(type(stage)(estimator.transform(stage.data), []))
    if estimator.passthrough:
        parts.append({"steps": []})
        inputs = list(stage.inputs)
    inputs = [None] * (data.shape[1] - len(inputs)) + inputs
    steps, outputs = walk.member(estimator.final_estimator_, type(stage)(data, inputs),
                                 f"{place}.final_estimator_")
    union = {"op": "feature_union", "transformers": parts}
    return [union, *steps[:-1]], steps[-1] if steps else {}, outputs, JUMPS


def _calibrators(part: Any) -> dict[str, Any]:
    if part.method == "temperature":
        return {"beta_": number(part.calibrators[0].beta_)}
    if part.method == "sigmoid":
        return {"calibrators": [{"a_": number(each.a_), "b_": number(each.b_)}
                                for each in part.calibrators]}
    return {"calibrators": [{"X_thresholds_": vector(each.X_thresholds_),
                             "y_thresholds_": vector(each.y_thresholds_)}
                            for each in part.calibrators]}


def _response(part: Any, outputs: Sequence[str]) -> str:
    output = "score" if hasattr(part, "decision_function") else "probability"
    _need(outputs, output)
    return output


def calibrated_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    refuse_many_labels(estimator)
    members = []
    classes = list(estimator.classes_)
    for index, part in enumerate(estimator.calibrated_classifiers_):
        member, outputs = _member(walk, part.estimator, stage,
                                  f"{place}.calibrated_classifiers_[{index}]")
        member["response"] = _response(part.estimator, outputs)
        known = [classes.index(value) for value in part.estimator.classes_]
        if len(known) < len(classes):
            member["classes"] = known
        members.append({**member, **_calibrators(part)})
    method = estimator.calibrated_classifiers_[0].method
    return ([], {"op": "calibrated_classifier", "method": method, "classes": len(classes),
                 "estimators": members}, CLASSIFIER, JUMPS)


def one_vs_rest_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    if estimator.multilabel_:
        raise Refused(["several labels for one row (multi-label classification)"])
    members, outputs = _members(walk, estimator.estimators_, stage, f"{place}.estimators_")
    answers = ["label"]
    for part, each in zip(estimator.estimators_, outputs):
        if "value" not in each:
            _response(part, each)
    for method, output in (("predict_proba", "probability"), ("decision_function", "score")):
        if all(hasattr(part, method) for part in estimator.estimators_):
            answers.append(output)
            for each in outputs:
                _need(each, output)
    return [], {"op": "one_vs_rest_classifier", "estimators": members}, answers, JUMPS


def one_vs_one_classifier(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    if estimator.pairwise_indices_ is not None:
        raise Refused(["kernels of pairs"])
    members, outputs = _members(walk, estimator.estimators_, _array(stage), f"{place}.estimators_")
    for part, each in zip(estimator.estimators_, outputs):
        _response(part, each)
    return ([], {"op": "one_vs_one_classifier", "estimators": members}, ["label", "score"], JUMPS)


def isotonic_regression(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    walk.compute_with(stage)
    operator = {"op": "isotonic_regression", "out_of_bounds": estimator.out_of_bounds,
                "X_thresholds_": vector(estimator.X_thresholds_),
                "y_thresholds_": vector(estimator.y_thresholds_)}
    return [], operator, ["value"], JUMPS


ENSEMBLES: dict[str, Callable[[Any, Any, Any, str], Answer]] = {
    "AdaBoostClassifier": ada_boost_classifier,
    "AdaBoostRegressor": ada_boost_regressor,
    "BaggingClassifier": bagging_classifier,
    "BaggingRegressor": bagging_regressor,
    "CalibratedClassifierCV": calibrated_classifier,
    "GradientBoostingClassifier": gradient_boosting,
    "GradientBoostingRegressor": gradient_boosting,
    "IsotonicRegression": isotonic_regression,
    "OneVsOneClassifier": one_vs_one_classifier,
    "OneVsRestClassifier": one_vs_rest_classifier,
    "StackingClassifier": stacking,
    "StackingRegressor": stacking,
    "VotingClassifier": voting_classifier,
    "VotingRegressor": voting_regressor,
}
