"""The cases of trees, and of estimators that are made of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import dummy
from sklearn import ensemble as en
from sklearn import linear_model as lm
from sklearn import multiclass as mc
from sklearn import multioutput as mo
from sklearn import preprocessing as pp
from sklearn import tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import (FixedThresholdClassifier, GridSearchCV,
                                     TunedThresholdClassifierCV)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from .estimators import SEED, WORDS, case, scaled

CANCER, DIABETES, IRIS, WINE = "breast-cancer-some", "diabetes-some", "iris-some", "wine-some"
FEW: dict[str, Any] = {"n_estimators": 5, "random_state": SEED}


def small(kind: Any, **options: Any) -> Any:
    return kind(max_depth=3, random_state=SEED, **options)


def boosted(kind: Any, **options: Any) -> Any:
    return kind(n_estimators=6, max_depth=2, random_state=SEED, **options)


def histogram(kind: Any, **options: Any) -> Any:
    return kind(max_iter=6, max_leaf_nodes=5, min_samples_leaf=3, random_state=SEED, **options)


# One tree.
case("tree-iris", IRIS, lambda: small(tree.DecisionTreeClassifier), words=True)
case("tree-iris-edges", IRIS, lambda: tree.DecisionTreeClassifier(random_state=SEED),
     rows="iris-edges")
case("tree-iris-missing", "iris-missing", lambda: small(tree.DecisionTreeClassifier), words=True)
case("tree-wine-weights", WINE,
     lambda: small(tree.DecisionTreeClassifier, class_weight="balanced", criterion="entropy"))
case("tree-extra", WINE, lambda: tree.ExtraTreeClassifier(max_depth=4, random_state=SEED))
case("tree-diabetes", DIABETES, lambda: tree.DecisionTreeRegressor(max_depth=4, random_state=SEED))
case("tree-diabetes-absolute", DIABETES,
     lambda: small(tree.ExtraTreeRegressor, criterion="absolute_error"))
case("tree-diabetes-missing", "diabetes-positive", lambda: small(tree.DecisionTreeRegressor))
case("tree-linnerud", "linnerud", lambda: small(tree.DecisionTreeRegressor))
case("tree-two-labels", "iris-pairs", lambda: small(tree.DecisionTreeClassifier))

# Forests.
case("forest-iris", IRIS, lambda: en.RandomForestClassifier(**FEW, max_depth=4), words=True)
case("forest-iris-missing", "iris-missing", lambda: en.RandomForestClassifier(**FEW, max_depth=4))
case("forest-cancer", CANCER, lambda: scaled(en.RandomForestClassifier(**FEW, max_depth=4)))
case("forest-extra-wine", WINE, lambda: en.ExtraTreesClassifier(**FEW, max_depth=4))
case("forest-digits", "digits-some", lambda: en.RandomForestClassifier(**FEW, max_depth=5))
case("forest-diabetes", DIABETES, lambda: en.RandomForestRegressor(**FEW, max_depth=4))
case("forest-extra-diabetes", DIABETES,
     lambda: en.ExtraTreesRegressor(**FEW, max_depth=4, bootstrap=True))
case("forest-linnerud", "linnerud", lambda: en.RandomForestRegressor(**FEW, max_depth=3))
case("forest-two-labels", "iris-pairs", lambda: en.RandomForestClassifier(**FEW, max_depth=3))
case("forest-mixed", "mixed-few",
     lambda: make_pipeline(
         ColumnTransformer([("words", pp.OneHotEncoder(handle_unknown="ignore"), WORDS)],
                           remainder=SimpleImputer()),
         en.RandomForestClassifier(**FEW, max_depth=4)), rows="mixed-few-new", words=True)
case("forest-isolation", CANCER, lambda: en.IsolationForest(**FEW, max_samples=16))
case("forest-isolation-features", WINE,
     lambda: en.IsolationForest(**FEW, max_features=5, contamination=0.1))
case("forest-isolation-missing", "iris-missing", lambda: en.IsolationForest(**FEW))

# Gradient boosting.
case("boosting-cancer", CANCER, lambda: boosted(en.GradientBoostingClassifier), words=True)
case("boosting-cancer-exponential", CANCER,
     lambda: boosted(en.GradientBoostingClassifier, loss="exponential"))
case("boosting-iris", IRIS, lambda: boosted(en.GradientBoostingClassifier), rows="iris-edges")
case("boosting-iris-zero", IRIS, lambda: boosted(en.GradientBoostingClassifier, init="zero"))
case("boosting-cancer-init", CANCER,
     lambda: boosted(en.GradientBoostingClassifier,
                     init=en.RandomForestClassifier(n_estimators=3, max_depth=3,
                                                    random_state=SEED)))
case("boosting-cancer-exponential-init", CANCER,
     lambda: boosted(en.GradientBoostingClassifier, loss="exponential",
                     init=small(tree.DecisionTreeClassifier)))
case("boosting-iris-init", IRIS,
     lambda: boosted(en.GradientBoostingClassifier,
                     init=en.ExtraTreesClassifier(n_estimators=3, max_depth=2,
                                                  random_state=SEED)))
for _loss in ("squared_error", "absolute_error", "huber", "quantile"):
    case("boosting-diabetes-" + _loss.replace("_", "-"), DIABETES,
         lambda loss=_loss: boosted(en.GradientBoostingRegressor, loss=loss, subsample=0.8))
case("boosting-diabetes-init", DIABETES,
     lambda: boosted(en.GradientBoostingRegressor, init=small(tree.DecisionTreeRegressor)))

# The same of histograms.
case("histogram-cancer", CANCER, lambda: histogram(en.HistGradientBoostingClassifier), words=True)
case("histogram-iris-missing", "iris-missing",
     lambda: histogram(en.HistGradientBoostingClassifier))
case("histogram-mixed", "mixed-few",
     lambda: histogram(en.HistGradientBoostingClassifier, categorical_features=WORDS),
     rows="mixed-few-new", words=True)
case("histogram-mixed-dtype", "mixed-few-categories",
     lambda: histogram(en.HistGradientBoostingClassifier, categorical_features="from_dtype"),
     rows="mixed-few-new")
case("histogram-mixed-numbers", "mixed-few",
     lambda: make_pipeline(
         ColumnTransformer([("words", pp.OrdinalEncoder(
             handle_unknown="use_encoded_value", unknown_value=np.nan), WORDS)],
             remainder="passthrough"),
         histogram(en.HistGradientBoostingClassifier, categorical_features=[0, 1, 2, 3])),
     rows="mixed-few-new")
for _loss, _options in {"squared_error": {}, "absolute_error": {}, "gamma": {}, "poisson": {},
                        "quantile": {"quantile": 0.8}}.items():
    case("histogram-diabetes-" + _loss.replace("_", "-"), "diabetes-positive",
         lambda loss=_loss, options=_options: histogram(en.HistGradientBoostingRegressor, loss=loss,
                                                        **options))
case("histogram-diabetes-categories", "diabetes-positive",
     lambda: histogram(en.HistGradientBoostingRegressor, categorical_features=["sex"],
                       monotonic_cst={"bmi": 1}))

# AdaBoost and bags.
case("ada-boost-cancer", CANCER, lambda: en.AdaBoostClassifier(**FEW), words=True)
case("ada-boost-iris", IRIS,
     lambda: en.AdaBoostClassifier(small(tree.DecisionTreeClassifier), **FEW))
case("ada-boost-diabetes", DIABETES,
     lambda: en.AdaBoostRegressor(small(tree.DecisionTreeRegressor), **FEW))
case("ada-boost-linear", DIABETES,
     lambda: en.AdaBoostRegressor(scaled(lm.Ridge()), **FEW, loss="square"))
case("bagging-iris", IRIS,
     lambda: en.BaggingClassifier(lm.LogisticRegression(), **FEW, max_features=3, max_samples=20),
     words=True)
case("bagging-wine-votes", WINE,
     lambda: en.BaggingClassifier(lm.RidgeClassifier(), **FEW, max_features=0.6))
case("bagging-some-classes", "digits-some",
     lambda: en.BaggingClassifier(GaussianNB(var_smoothing=0.1), n_estimators=3, max_samples=12,
                                  max_features=8, random_state=SEED))
case("bagging-diabetes", DIABETES,
     lambda: en.BaggingRegressor(tree.DecisionTreeRegressor(max_depth=3), **FEW,
                                 max_features=6, bootstrap_features=True))

# Votes, stacks, calibration.
case("voting-iris-soft", IRIS,
     lambda: en.VotingClassifier([("linear", scaled(lm.LogisticRegression())),
                                  ("bayes", GaussianNB()),
                                  ("tree", small(tree.DecisionTreeClassifier))],
                                 voting="soft", weights=[2, 1, 0.5]), words=True)
case("voting-wine-hard", WINE,
     lambda: en.VotingClassifier([("ridge", scaled(lm.RidgeClassifier())), ("bayes", GaussianNB()),
                                  ("gone", "drop"),
                                  ("tree", small(tree.DecisionTreeClassifier))],
                                 weights=[1, 2, 3, 1.5]), words=True)
case("voting-mixed", "mixed-few",
     lambda: en.VotingClassifier([
         ("linear", make_pipeline(ColumnTransformer([
             ("words", pp.OneHotEncoder(handle_unknown="ignore"), WORDS)]),
             lm.LogisticRegression())),
         ("tree", make_pipeline(ColumnTransformer([
             ("words", pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), WORDS)],
             remainder="passthrough"), small(tree.DecisionTreeClassifier)))], voting="soft"),
     rows="mixed-few-new")
case("voting-diabetes", DIABETES,
     lambda: en.VotingRegressor([("linear", lm.LinearRegression()),
                                 ("forest", en.RandomForestRegressor(n_estimators=3, max_depth=3,
                                                                     random_state=SEED))],
                                weights=[0.3, 0.7]))
case("stacking-cancer", CANCER,
     lambda: en.StackingClassifier([("bayes", GaussianNB()),
                                    ("ridge", scaled(lm.RidgeClassifier())),
                                    ("tree", small(tree.DecisionTreeClassifier))],
                                   cv=3), words=True)
case("stacking-iris-passthrough", IRIS,
     lambda: en.StackingClassifier([("bayes", GaussianNB()),
                                    ("svc", scaled(LinearSVC(random_state=SEED)))],
                                   lm.LogisticRegression(max_iter=1000), passthrough=True, cv=3))
case("stacking-labels", IRIS,
     lambda: en.StackingClassifier([("bayes", GaussianNB()),
                                    ("tree", small(tree.DecisionTreeClassifier))],
                                   small(tree.DecisionTreeClassifier), stack_method="predict",
                                   cv=3), words=True)
case("stacking-diabetes", DIABETES,
     lambda: en.StackingRegressor([("ridge", lm.Ridge()),
                                   ("tree", small(tree.DecisionTreeRegressor))],
                                  boosted(en.GradientBoostingRegressor), cv=3, passthrough=True))
case("calibrated-cancer-sigmoid", CANCER,
     lambda: CalibratedClassifierCV(scaled(LinearSVC(random_state=SEED)), cv=3), words=True)
case("calibrated-iris-isotonic", IRIS,
     lambda: CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=3))
case("calibrated-iris-sigmoid-once", IRIS,
     lambda: CalibratedClassifierCV(scaled(lm.RidgeClassifier()), cv=3, ensemble=False))
case("calibrated-cancer-isotonic-once", CANCER,
     lambda: CalibratedClassifierCV(en.RandomForestClassifier(n_estimators=3, max_depth=3,
                                                              random_state=SEED),
                                    method="isotonic", cv=3, ensemble=False))
case("calibrated-wine-temperature", WINE,
     lambda: CalibratedClassifierCV(GaussianNB(), method="temperature", cv=3))
case("calibrated-cancer-temperature", CANCER,
     lambda: CalibratedClassifierCV(scaled(LinearSVC(random_state=SEED)), method="temperature",
                                    cv=3))

# One against the rest, pairs, several targets.
case("one-vs-rest-iris", IRIS, lambda: mc.OneVsRestClassifier(scaled(lm.LogisticRegression())),
     words=True)
case("one-vs-rest-trees", WINE,
     lambda: mc.OneVsRestClassifier(small(tree.DecisionTreeClassifier)))
case("one-vs-rest-two", CANCER, lambda: mc.OneVsRestClassifier(scaled(lm.RidgeClassifier())))
case("one-vs-rest-regression", IRIS, lambda: mc.OneVsRestClassifier(lm.Ridge()))
case("one-vs-one-wine", WINE,
     lambda: mc.OneVsOneClassifier(scaled(LinearSVC(random_state=SEED))), words=True)
case("one-vs-one-trees", IRIS, lambda: mc.OneVsOneClassifier(small(tree.DecisionTreeClassifier)))
case("targets-linnerud", "linnerud",
     lambda: mo.MultiOutputRegressor(boosted(en.GradientBoostingRegressor)))
case("targets-labels", "iris-pairs", lambda: mo.MultiOutputClassifier(lm.LogisticRegression()))
case("targets-chain", "linnerud",
     lambda: mo.RegressorChain(lm.Ridge(), order=[2, 0, 1]))
case("targets-chain-labels", "iris-pairs",
     lambda: mo.ClassifierChain(LinearDiscriminantAnalysis(), order=[1, 0]))
case("targets-logarithm", DIABETES,
     lambda: TransformedTargetRegressor(scaled(lm.Ridge()), func=np.log1p,
                                        inverse_func=np.expm1))
case("targets-scaled", "linnerud",
     lambda: TransformedTargetRegressor(small(tree.DecisionTreeRegressor),
                                        transformer=pp.StandardScaler()))
case("targets-min-max", DIABETES,
     lambda: make_pipeline(pp.StandardScaler(), TransformedTargetRegressor(
         lm.Ridge(), transformer=pp.MinMaxScaler())))

# Thresholds, searches, dummies, isotonic.
case("threshold-fixed", CANCER,
     lambda: FixedThresholdClassifier(scaled(lm.LogisticRegression()), threshold=0.2), words=True)
case("threshold-tuned", CANCER,
     lambda: TunedThresholdClassifierCV(en.RandomForestClassifier(**FEW, max_depth=3), cv=3))
case("search-forest", IRIS,
     lambda: GridSearchCV(en.RandomForestClassifier(**FEW), {"max_depth": [2, 3]}, cv=3))
case("frozen-calibrated", CANCER,
     lambda: CalibratedClassifierCV(FrozenEstimator(
         GaussianNB().fit(*_frozen())), method="sigmoid"))
case("dummy-prior", IRIS, lambda: dummy.DummyClassifier(), words=True)
case("dummy-most-frequent", CANCER, lambda: dummy.DummyClassifier(strategy="most_frequent"))
case("dummy-median", "linnerud", lambda: dummy.DummyRegressor(strategy="median"))
case("isotonic-clip", "iris-axis", lambda: IsotonicRegression(out_of_bounds="clip"))


def _frozen() -> tuple[Any, Any]:
    from . import datasets
    data = datasets.load(CANCER)
    return data.X, data.y
