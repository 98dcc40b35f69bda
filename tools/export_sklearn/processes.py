"""Gaussian processes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .document import Refused, matrix, number, vector


def _scale(kernel: Any) -> Any:
    scale = np.asarray(kernel.length_scale, dtype=float)
    return number(scale) if scale.ndim == 0 else vector(scale)


def _kernel(kernel: Any) -> dict[str, Any]:
    name = type(kernel).__name__
    if not type(kernel).__module__.startswith("sklearn."):
        raise Refused([f"the kernel {name}, which is not scikit-learn's own"])
    if name in ("Sum", "Product"):
        return {"kind": name.lower(), "left": _kernel(kernel.k1), "right": _kernel(kernel.k2)}
    if name == "Exponentiation":
        return {"kind": "power", "left": _kernel(kernel.kernel),
                "exponent": number(kernel.exponent)}
    known = {
        "ConstantKernel": lambda: {"kind": "constant", "value": number(kernel.constant_value)},
        "WhiteKernel": lambda: {"kind": "white", "noise": number(kernel.noise_level)},
        "RBF": lambda: {"kind": "rbf", "length_scale": _scale(kernel)},
        "Matern": lambda: {"kind": "matern", "length_scale": _scale(kernel),
                           "nu": number(kernel.nu)},
        # Its distances are divided by the square of the length scale.
        "RationalQuadratic": lambda: {"kind": "rational_quadratic", "length_scale": _scale(kernel),
                                      "alpha": number(kernel.alpha)},
        "ExpSineSquared": lambda: {"kind": "exp_sine_squared", "length_scale": _scale(kernel),
                                   "periodicity": number(kernel.periodicity)},
        "DotProduct": lambda: {"kind": "dot_product", "sigma_0": number(kernel.sigma_0)},
    }
    if name not in known:
        raise Refused([f"the kernel {name} (known are {', '.join(sorted(known))}, sums, products "
                       f"and powers of those)"])
    return known[name]()


def regressor(estimator: Any, X: np.ndarray) -> tuple:
    if not hasattr(estimator, "X_train_"):
        raise Refused(["is not fitted"])
    weights = np.asarray(estimator.alpha_, dtype=float)
    weights = weights.reshape(len(weights), -1).T
    operator = {"op": "gaussian_process_regressor", "kernel_": _kernel(estimator.kernel_),
                "x_train_": matrix(estimator.X_train_), "alpha_": matrix(weights),
                "y_train_mean_": vector(np.broadcast_to(np.ravel(estimator._y_train_mean),
                                                        (len(weights),))),
                "y_train_std_": vector(np.broadcast_to(np.ravel(estimator._y_train_std),
                                                       (len(weights),))),
                "l_": matrix(np.tril(estimator.L_))}
    return operator, ["value", "std"]


def _machine(process: Any) -> dict[str, Any]:
    return {"kernel_": _kernel(process.kernel_),
            "weights_": vector(process.y_train_ - process.pi_), "w_sr_": vector(process.W_sr_),
            "l_": matrix(np.tril(process.L_))}


def classifier(estimator: Any, X: np.ndarray) -> tuple:
    base = estimator.base_estimator_
    if type(base).__name__ == "OneVsOneClassifier":
        raise Refused(["multi_class='one_vs_one'"])
    processes = getattr(base, "estimators_", None) or [base]
    return ({"op": "gaussian_process_classifier", "x_train_": matrix(processes[0].X_train_),
             "machines": [_machine(process) for process in processes]}, ["label", "probability"])


PREDICTORS = {
    "GaussianProcessClassifier": classifier,
    "GaussianProcessRegressor": regressor,
}
