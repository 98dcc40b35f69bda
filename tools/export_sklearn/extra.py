"""What an exporter of a predictor says besides the operator and its outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Sequence


@dataclass(frozen=True)
class Extra:
    """`classes` are those of an estimator that has no classes_: clusters, inliers. `methods` names
    the estimator's method that answers an output, where it is another than usual. Not `smooth` is
    an estimator whose answers jump when an input's last bit changes, as those of neighbours do."""

    classes: Sequence[Any] | None = None
    methods: dict[str, str] = field(default_factory=dict)
    smooth: bool = True


OUTLIER_OR_NOT = (-1, 1)  # what scikit-learn's outlier detectors answer
