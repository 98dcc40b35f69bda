"""Support vector machines and the other estimators on kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .document import Refused, matrix, number, vector
from .extra import OUTLIER_OR_NOT, Extra

KERNELS = {"linear": "linear", "poly": "poly", "polynomial": "poly", "rbf": "rbf",
           "sigmoid": "sigmoid", "laplacian": "laplacian", "cosine": "cosine", "chi2": "chi2",
           "additive_chi2": "additive_chi2"}


def _dense(values: Any) -> np.ndarray:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values, dtype=float)


def _kernel(key: str, rows: Any, kernel: Any, gamma: float | None, coef0: float | None,
            degree: float | None) -> dict[str, Any]:
    if not isinstance(kernel, str) or kernel not in KERNELS:
        raise Refused([f"the kernel {getattr(kernel, '__name__', kernel)!s} (known are "
                       f"{', '.join(sorted(set(KERNELS.values())))})"])
    name = KERNELS[kernel]
    described: dict[str, Any] = {"kernel": name}
    if name in ("poly", "rbf", "sigmoid", "laplacian", "chi2"):
        fallback = 1.0 if name == "chi2" else 1.0 / rows.shape[1]
        described["gamma"] = number(fallback if gamma is None else gamma)
    if name in ("poly", "sigmoid"):
        described["coef0"] = number(1.0 if coef0 is None else coef0)
    if name == "poly":
        described["degree"] = number(3 if degree is None else degree)
    described[key] = matrix(_dense(rows))
    return described


def _machine(operator: str, estimator: Any) -> dict[str, Any]:
    rows = estimator.support_vectors_
    if not rows.shape[0]:
        raise Refused(["no support vectors"])
    return {"op": operator, **_kernel("support_vectors_", rows, estimator.kernel, estimator._gamma,
                                      estimator.coef0, estimator.degree)}


def svc(estimator: Any, X: np.ndarray) -> tuple:
    operator = _machine("svc", estimator)
    operator.update(n_support_=vector(estimator.n_support_),
                    dual_coef_=matrix(_dense(estimator._dual_coef_)),
                    intercept_=vector(estimator._intercept_))
    outputs = ["label", "score"]
    if len(estimator._probA):
        operator.update(prob_a_=vector(estimator._probA), prob_b_=vector(estimator._probB))
        outputs = ["label", "probability", "score"]
    if estimator.decision_function_shape == "ovo" and len(estimator.classes_) > 2:
        operator["decision_function_shape"] = "ovo"
    if estimator.break_ties:
        operator["break_ties"] = True
    return operator, outputs


def svr(estimator: Any, X: np.ndarray) -> tuple:
    operator = _machine("svr", estimator)
    operator.update(dual_coef_=matrix(_dense(estimator._dual_coef_)),
                    intercept_=number(estimator._intercept_[0]))
    return operator, ["value"]


def one_class_svm(estimator: Any, X: np.ndarray) -> tuple:
    operator = _machine("one_class_svm", estimator)
    operator.update(dual_coef_=matrix(_dense(estimator._dual_coef_)),
                    intercept_=number(estimator._intercept_[0]))
    return operator, ["label", "score"], Extra(classes=OUTLIER_OR_NOT)


def kernel_ridge(estimator: Any, X: np.ndarray) -> tuple:
    dual = _dense(estimator.dual_coef_)
    return ({"op": "kernel_ridge", **_kernel("x_fit_", estimator.X_fit_, estimator.kernel,
                                             estimator.gamma, estimator.coef0, estimator.degree),
             "dual_coef_": matrix(dual.reshape(len(dual), -1).T)}, ["value"])


def nystroem(transformer: Any) -> list[dict[str, Any]]:
    kernel = _kernel("x_fit_", transformer.components_, transformer.kernel, transformer.gamma,
                     transformer.coef0, transformer.degree)
    return [{"op": "pairwise_kernel", **kernel},
            {"op": "pca", "components_": matrix(transformer.normalization_)}]


def kernel_pca(transformer: Any) -> list[dict[str, Any]]:
    gamma = getattr(transformer, "gamma_", transformer.gamma)
    kernel = _kernel("x_fit_", transformer.X_fit_, transformer.kernel, gamma, transformer.coef0,
                     transformer.degree)
    centerer = transformer._centerer
    values = np.asarray(transformer.eigenvalues_, dtype=float)
    kept = values != 0
    scaled = np.zeros_like(transformer.eigenvectors_, dtype=float)
    scaled[:, kept] = transformer.eigenvectors_[:, kept] / np.sqrt(values[kept])
    return [{"op": "pairwise_kernel", **kernel, "k_fit_rows_": vector(centerer.K_fit_rows_),
             "k_fit_all_": number(centerer.K_fit_all_)},
            {"op": "pca", "components_": matrix(scaled.T)}]


PREDICTORS = {
    "KernelRidge": kernel_ridge,
    "NuSVC": svc,
    "NuSVR": svr,
    "OneClassSVM": one_class_svm,
    "SVC": svc,
    "SVR": svr,
}

TRANSFORMERS = {
    "KernelPCA": kernel_pca,
    "Nystroem": nystroem,
}
