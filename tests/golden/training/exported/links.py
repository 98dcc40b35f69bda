"""Binomial regressions with the links that scikit-learn does not have, trained by statsmodels;
their documents are written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import statsmodels.api as sm

from export_sklearn.document import number, vector

from . import datasets
from .estimators import ITERATIVE, Case

COLUMNS = ["mean texture", "mean smoothness", "mean symmetry"]

LINKS = {
    "breast-cancer-logit": ("logit", sm.families.links.Logit),
    "breast-cancer-probit": ("probit", sm.families.links.Probit),
    "breast-cancer-cloglog": ("cloglog", sm.families.links.CLogLog),
}
DATA = "breast-cancer"


def train(name: str) -> tuple[dict[str, Any], Case, dict[str, list]]:
    link, function = LINKS[name]
    data = datasets.load(DATA)
    X = data.X[COLUMNS].to_numpy()
    mean, scale = X.mean(axis=0), X.std(axis=0)
    design = sm.add_constant((X - mean) / scale)
    fitted = sm.GLM(data.y, design, family=sm.families.Binomial(link=function())).fit()
    values = fitted.predict(design)
    rows = [{"in": [number(cell) for cell in data.X.to_numpy()[row]],
             "out": {"value": number(values[row])}} for row in range(0, len(X), 50)]
    document = {
        "format": "omen/1", "name": name, "version": "1", "created": "2026-01-01T00:00:00Z",
        "task": "regression", "source": {"trainer": f"statsmodels {_version()}"},
        "inputs": [{"name": column} for column in data.X.columns],
        "steps": [{"op": "select", "columns": COLUMNS},
                  {"op": "standard_scaler", "mean_": vector(mean), "scale_": vector(scale)}],
        "model": {"op": "generalized_linear_regressor", "link": link,
                  "coef_": vector(fitted.params[1:]), "intercept_": number(fitted.params[0])},
        "golden": {"rtol": 1e-9, "rows": rows},
        "baseline": {"rows": len(X), "features": {}},
    }
    tolerance = 1e-12 if link == "logit" else ITERATIVE
    case = Case(name, DATA, lambda: None, tolerance=tolerance)
    return document, case, {"value": [number(value) for value in np.asarray(values)]}


def _version() -> str:
    import statsmodels
    return statsmodels.__version__
