"""The transformers that have an operator, one function for each: from the fitted object to the
steps that do the same."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import kernels, neighbors, projections, text
from .document import Refused, is_missing, matrix, number, vector, word, words

FUNCTIONS: dict[Any, str] = {
    np.log: "log", np.log1p: "log1p", np.log2: "log2", np.log10: "log10", np.exp: "exp",
    np.expm1: "expm1", np.sqrt: "sqrt", np.cbrt: "cbrt", np.square: "square", np.abs: "abs",
    np.fabs: "abs", np.sign: "sign", np.reciprocal: "reciprocal", np.negative: "negative",
    np.sin: "sin", np.cos: "cos", np.tanh: "tanh", np.positive: "identity",
}

Steps = list[dict[str, Any]]


def _optional(step: dict[str, Any], name: str, values: Any) -> None:
    if values is not None:
        step[name] = vector(values)


def standard_scaler(scaler: Any) -> Steps:
    step: dict[str, Any] = {"op": "standard_scaler"}
    _optional(step, "mean_", scaler.mean_ if scaler.with_mean else None)
    _optional(step, "scale_", scaler.scale_)
    return [step]


def min_max_scaler(scaler: Any) -> Steps:
    step = {"op": "min_max_scaler", "scale_": vector(scaler.scale_), "min_": vector(scaler.min_)}
    if scaler.clip:
        step.update(clip=True, feature_range=vector(scaler.feature_range))
    return [step]


def max_abs_scaler(scaler: Any) -> Steps:
    steps: Steps = [{"op": "max_abs_scaler", "scale_": vector(scaler.scale_)}]
    if getattr(scaler, "clip", False):  # since 1.8
        count = len(scaler.scale_)
        steps.append({"op": "min_max_scaler", "scale_": [1] * count, "min_": [0] * count,
                      "clip": True, "feature_range": [-1, 1]})
    return steps


def robust_scaler(scaler: Any) -> Steps:
    step: dict[str, Any] = {"op": "robust_scaler"}
    _optional(step, "center_", scaler.center_)
    _optional(step, "scale_", scaler.scale_)
    return [step]


def _missing_values(step: dict[str, Any], imputer: Any) -> None:
    if not is_missing(imputer.missing_values):
        step["missing_values"] = word(imputer.missing_values)


def simple_imputer(imputer: Any) -> Steps:
    step: dict[str, Any] = {"op": "simple_imputer", "statistics_": words(imputer.statistics_)}
    _missing_values(step, imputer)
    if imputer.add_indicator and len(imputer.indicator_.features_):
        step["indicator_features_"] = vector(imputer.indicator_.features_)
    return [step]


def missing_indicator(indicator: Any) -> Steps:
    step: dict[str, Any] = {"op": "missing_indicator", "features_": vector(indicator.features_)}
    _missing_values(step, indicator)
    return [step]


def categories(encoder: Any) -> list[list]:
    lists = [words(values) for values in encoder.categories_]
    if any(values.count(None) > 1 for values in lists):
        raise Refused(["a column with two kinds of missing values, None and NaN"])
    return lists


def _infrequent(step: dict[str, Any], encoder: Any) -> None:
    """Before 1.3 OrdinalEncoder has none; OneHotEncoder has the attribute only where it groups."""
    if not getattr(encoder, "_infrequent_enabled", False):
        return
    groups = encoder.infrequent_categories_
    if any(group is not None for group in groups):
        step["infrequent_categories_"] = [None if group is None else words(group)
                                          for group in groups]


def _dropped(encoder: Any) -> list[int | None] | None:
    """Positions in categories_. Before 1.3 drop_idx_ counts after grouping the infrequent ones."""
    if encoder.drop_idx_ is None:
        return None
    positions = [None if position is None else int(position) for position in encoder.drop_idx_]
    grouped = getattr(encoder, "_infrequent_enabled", False)
    if not grouped or hasattr(encoder, "_drop_idx_after_grouping"):
        return positions
    for feature, mapping in enumerate(encoder._default_to_infrequent_mappings):
        if positions[feature] is not None and mapping is not None:
            positions[feature] = int(np.flatnonzero(mapping == positions[feature])[0])
    return positions


def one_hot_encoder(encoder: Any) -> Steps:
    step: dict[str, Any] = {"op": "one_hot_encoder", "categories_": categories(encoder)}
    dropped = _dropped(encoder)
    if dropped is not None:
        step["drop_idx_"] = dropped
    _infrequent(step, encoder)
    if encoder.handle_unknown != "error":
        ignored = encoder.handle_unknown == "ignore"
        step["handle_unknown"] = "ignore" if ignored else "infrequent_if_exist"
    return [step]


def target_encoder(encoder: Any) -> Steps:
    """Lists by column and, for a target of several classes, by class."""
    return [{"op": "target_encoder", "categories_": categories(encoder),
             "encodings_": [vector(values) for values in encoder.encodings_],
             "target_mean_": vector(encoder.target_mean_)}]


def _ordinal_missing(encoder: Any) -> float:
    """What a missing value becomes: encoded_missing_value if it is NaN, but None has a code like
    any other category."""
    codes = set()
    mappings = getattr(encoder, "_default_to_infrequent_mappings", None)
    for feature, values in enumerate(encoder.categories_):
        for code, value in enumerate(values):
            if value is None:
                mapping = None if mappings is None else mappings[feature]
                codes.add(float(code if mapping is None else mapping[code]))
            elif is_missing(value):
                codes.add(float(encoder.encoded_missing_value))
    if len({str(code) for code in codes}) > 1:
        raise Refused(["None as a category of columns with different codes for it: use NaN for "
                       "missing values, or an encoder for each column"])
    return codes.pop() if codes else float("nan")


def ordinal_encoder(encoder: Any) -> Steps:
    step: dict[str, Any] = {"op": "ordinal_encoder", "categories_": categories(encoder)}
    _infrequent(step, encoder)
    if encoder.handle_unknown != "error":
        step["handle_unknown"] = "use_encoded_value"
        step["unknown_value"] = number(encoder.unknown_value)
    missing = _ordinal_missing(encoder)
    if not is_missing(missing):
        step["encoded_missing_value"] = number(missing)
    return [step]


def polynomial_features(features: Any) -> Steps:
    return [{"op": "polynomial_features", "degree": int(features._max_degree),
             "min_degree": int(features._min_degree),
             "interaction_only": bool(features.interaction_only),
             "include_bias": bool(features.include_bias)}]


def normalizer(transformer: Any) -> Steps:
    return [{"op": "normalizer", "norm": transformer.norm}]


def binarizer(transformer: Any) -> Steps:
    return [{"op": "binarizer", "threshold": number(transformer.threshold)}]


def k_bins_discretizer(discretizer: Any) -> Steps:
    return [{"op": "k_bins_discretizer", "encode": discretizer.encode,
             "bin_edges_": [vector(edges) for edges in discretizer.bin_edges_]}]


def spline_transformer(transformer: Any) -> Steps:
    outside = transformer.extrapolation
    if outside == "linear" and transformer.degree <= 1 and len(transformer.bsplines_) > 1:
        raise Refused(["splines of degree 0 or 1 that go on linearly, of several columns: what "
                       "scikit-learn answers depends on a column's place there"])
    return [{"op": "spline_transformer", "degree": int(transformer.degree),
             "extrapolation": outside,
             "include_bias": bool(transformer.include_bias),
             "knots_": [vector(spline.t) for spline in transformer.bsplines_]}]


def power_transformer(transformer: Any) -> Steps:
    step = {"op": "power_transformer", "method": transformer.method,
            "lambdas_": vector(transformer.lambdas_)}
    if transformer.standardize:
        step["mean_"] = vector(transformer._scaler.mean_)
        step["scale_"] = vector(transformer._scaler.scale_)
    return [step]


def function_transformer(transformer: Any) -> Steps:
    if transformer.func is None:
        return []
    try:
        name = FUNCTIONS.get(transformer.func)
    except TypeError:  # a callable that cannot be hashed
        name = None
    if name is None or transformer.kw_args:
        called = getattr(transformer.func, "__name__", repr(transformer.func))
        raise Refused([f"the function {called} (known are numpy's "
                       f"{', '.join(sorted(set(FUNCTIONS.values()) - {'identity'}))})"])
    return [{"op": "function_transformer", "func": name}]


def pca(transformer: Any) -> Steps:
    step: dict[str, Any] = {"op": "pca", "components_": matrix(transformer.components_)}
    _optional(step, "mean_", transformer.mean_)
    if transformer.whiten:
        # The same lower bound that newer versions apply when they divide.
        floor = np.finfo(np.asarray(transformer.explained_variance_).dtype).eps
        deviation = np.sqrt(transformer.explained_variance_)
        variance = np.where(deviation < floor, floor**2, transformer.explained_variance_)
        step.update(whiten=True, explained_variance_=vector(variance))
    return [step]


def truncated_svd(transformer: Any) -> Steps:
    return [{"op": "pca", "components_": matrix(transformer.components_)}]


def discriminant_axes(analysis: Any) -> Steps:
    """LinearDiscriminantAnalysis in the middle of a pipeline: a projection."""
    if not hasattr(analysis, "scalings_"):
        raise Refused([f"no projection with solver {analysis.solver!r}"])
    step = {"op": "pca", "components_": matrix(analysis.scalings_[:, :analysis._max_components].T)}
    if analysis.solver == "svd":
        step["mean_"] = vector(analysis.xbar_)
    return [step]


TRANSFORMERS: dict[str, Callable[[Any], Steps]] = {
    "Binarizer": binarizer,
    "FunctionTransformer": function_transformer,
    "IncrementalPCA": pca,
    "KBinsDiscretizer": k_bins_discretizer,
    "LinearDiscriminantAnalysis": discriminant_axes,
    "MaxAbsScaler": max_abs_scaler,
    "MinMaxScaler": min_max_scaler,
    "MissingIndicator": missing_indicator,
    "Normalizer": normalizer,
    "OneHotEncoder": one_hot_encoder,
    "OrdinalEncoder": ordinal_encoder,
    "PCA": pca,
    "PolynomialFeatures": polynomial_features,
    "PowerTransformer": power_transformer,
    "RobustScaler": robust_scaler,
    "SimpleImputer": simple_imputer,
    "SplineTransformer": spline_transformer,
    "StandardScaler": standard_scaler,
    "TargetEncoder": target_encoder,
    "TruncatedSVD": truncated_svd,
    **kernels.TRANSFORMERS,
    **neighbors.TRANSFORMERS,
    **projections.TRANSFORMERS,
    **text.TRANSFORMERS,
}

ENCODERS = {"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"}
