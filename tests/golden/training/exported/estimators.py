"""The cases: which estimator is trained on which data. Together they cover every operator of
omen-model(5) and every option of it that scikit-learn has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

import numpy as np
from sklearn import linear_model as lm
from sklearn import preprocessing as pp
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import (LinearDiscriminantAnalysis,
                                           QuadraticDiscriminantAnalysis)
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC, LinearSVR

SEED = 7
ITERATIVE = 1e-9  # powers and inverse distribution functions


@dataclass(frozen=True)
class Case:
    """`rows` names the data that is answered, if it is not the data trained on. `target` makes
    another target of the data set's table. `words` trains on the classes' names. `floors` names the
    outputs whose terms cancel: there the tolerance is one of the column's largest value ("column"),
    everywhere else of each value itself."""

    name: str
    data: str
    estimator: Callable[[], Any]
    tolerance: float = 1e-12
    rows: str = ""
    target: str = ""
    words: bool = False
    limits: bool = False
    floors: dict[str, str] = field(default_factory=dict)


CASES: list[Case] = []


def case(name: str, data: str, estimator: Callable[[], Any], **options: Any) -> None:
    CASES.append(Case(name, data, estimator, **options))


def scaled(*parts: Any) -> Pipeline:
    return make_pipeline(pp.StandardScaler(), *parts)


# Two classes, thirty numbers.
CANCER = "breast-cancer"
POSITIVE = ["mean radius", "mean texture", "mean perimeter", "mean area", "mean smoothness",
            "worst area", "worst symmetry"]

case("breast-cancer", CANCER, lambda: scaled(lm.LogisticRegression(max_iter=1000)), words=True,
     limits=True)
case("breast-cancer-ridge-classifier", CANCER,
     lambda: make_pipeline(pp.MinMaxScaler(), lm.RidgeClassifier()))
case("breast-cancer-linear-svc", CANCER,
     lambda: make_pipeline(pp.RobustScaler(), LinearSVC(random_state=SEED, max_iter=20000)))
case("breast-cancer-lda", CANCER, LinearDiscriminantAnalysis)
case("breast-cancer-qda", CANCER,
     lambda: scaled(QuadraticDiscriminantAnalysis(reg_param=0.1)))
case("breast-cancer-naive-bayes", CANCER, GaussianNB)
case("breast-cancer-mlp", CANCER,
     lambda: scaled(MLPClassifier((16, 8), activation="relu", max_iter=300, random_state=SEED)))
case("breast-cancer-mlp-logistic", CANCER,
     lambda: scaled(MLPClassifier((8,), activation="logistic", max_iter=300, random_state=SEED)))
case("breast-cancer-sgd", CANCER,
     lambda: scaled(lm.SGDClassifier(loss="log_loss", alpha=0.01, random_state=SEED)))
case("breast-cancer-sgd-hinge", CANCER,
     lambda: scaled(lm.SGDClassifier(loss="hinge", random_state=SEED)))
case("breast-cancer-select-k-best", CANCER,
     lambda: Pipeline([("best", SelectKBest(f_classif, k=8)), ("scale", pp.StandardScaler()),
                       ("model", lm.LogisticRegressionCV(Cs=3, cv=3, max_iter=1000,
                                                         use_legacy_attributes=False))]))
case("breast-cancer-select-from-model", CANCER,
     lambda: scaled(SelectFromModel(lm.LogisticRegression(C=0.1)), pp.PolynomialFeatures(2),
                    lm.LogisticRegression(C=0.01, max_iter=2000)))
case("breast-cancer-yeo-johnson", CANCER,
     lambda: make_pipeline(pp.PowerTransformer(), lm.LogisticRegression()), tolerance=ITERATIVE)
case("breast-cancer-yeo-johnson-columns", CANCER,
     lambda: pp.PowerTransformer(standardize=False), tolerance=ITERATIVE)
case("breast-cancer-box-cox", CANCER,
     lambda: ColumnTransformer([("power", pp.PowerTransformer(method="box-cox"), POSITIVE)]),
     tolerance=ITERATIVE)
case("breast-cancer-pca-whiten", CANCER,
     lambda: scaled(PCA(10, whiten=True, svd_solver="full"), lm.LogisticRegression()))
case("breast-cancer-bins", CANCER,
     lambda: make_pipeline(pp.KBinsDiscretizer(5, encode="onehot", strategy="quantile",
                                               quantile_method="averaged_inverted_cdf"),
                           lm.LogisticRegression()))
case("breast-cancer-perceptron", CANCER,
     lambda: make_pipeline(VarianceThreshold(0.001), pp.Normalizer(),
                           lm.Perceptron(random_state=SEED)))
case("breast-cancer-grid-search", CANCER,
     lambda: GridSearchCV(scaled(lm.LogisticRegression(max_iter=1000)),
                          {"logisticregression__C": [0.1, 1.0]}, cv=3))

# Three classes, four numbers.
case("iris", "iris", lambda: scaled(lm.LogisticRegression()), words=True)
case("iris-sgd-one-against-rest", "iris",
     lambda: scaled(lm.SGDClassifier(loss="log_loss", random_state=SEED)))
case("iris-lda", "iris", LinearDiscriminantAnalysis, words=True)
case("iris-lda-axes", "iris",
     lambda: make_pipeline(LinearDiscriminantAnalysis(), lm.LogisticRegression()))
case("iris-qda", "iris", QuadraticDiscriminantAnalysis)
case("iris-naive-bayes", "iris", GaussianNB)
case("iris-mlp", "iris",
     lambda: scaled(MLPClassifier((10, 10), activation="tanh", max_iter=500, random_state=SEED)))
case("iris-mlp-identity", "iris",
     lambda: scaled(MLPClassifier((6,), activation="identity", max_iter=500, random_state=SEED)))
case("iris-polynomial", "iris",
     lambda: make_pipeline(pp.PolynomialFeatures(3, include_bias=False), pp.StandardScaler(),
                           lm.LogisticRegression(max_iter=2000)))
case("iris-perceptron", "iris", lambda: scaled(lm.Perceptron(random_state=SEED)))
case("iris-linear-svc", "iris", lambda: scaled(LinearSVC(random_state=SEED)))
case("iris-ridge-classifier", "iris", lambda: scaled(lm.RidgeClassifierCV()))
case("iris-polynomial-columns", "iris", lambda: pp.PolynomialFeatures(3))
case("iris-polynomial-range", "iris",
     lambda: pp.PolynomialFeatures((2, 3), include_bias=False))

# Three classes, thirteen numbers of different size.
case("wine", "wine", lambda: make_pipeline(pp.RobustScaler(), lm.LogisticRegression(max_iter=500)),
     words=True)
case("wine-max-abs", "wine",
     lambda: make_pipeline(pp.MaxAbsScaler(), lm.Perceptron(random_state=SEED)))
case("wine-min-max-clip", "wine",
     lambda: pp.MinMaxScaler((-1, 1), clip=True))
case("wine-robust-halves", "wine",
     lambda: make_union(pp.RobustScaler(with_centering=False), pp.RobustScaler(with_scaling=False),
                        pp.StandardScaler(with_mean=False), pp.StandardScaler(with_std=False)))
case("wine-bins-ordinal", "wine",
     lambda: make_pipeline(pp.KBinsDiscretizer(6, encode="ordinal", strategy="uniform"),
                           lm.LogisticRegression(max_iter=500)))
case("wine-bins-columns", "wine",
     lambda: pp.KBinsDiscretizer(4, encode="onehot-dense", strategy="kmeans", random_state=SEED))
case("wine-splines", "wine-some",
     lambda: make_pipeline(ColumnTransformer([("few", "passthrough", [0, 4, 12])]), make_union(
         pp.SplineTransformer(4, include_bias=False),
         *(pp.SplineTransformer(5, degree=degree, knots="quantile", extrapolation=outside)
           for degree, outside in ((0, "continue"), (1, "constant"), (2, "linear"),
                                   (3, "continue"), (3, "periodic"))))), rows="wine")
case("iris-splines", "iris",
     lambda: make_pipeline(pp.SplineTransformer(extrapolation="error"), lm.LogisticRegression()))
case("wine-functions", "wine",
     lambda: ColumnTransformer([(name, pp.FunctionTransformer(getattr(np, name)), [column, 12])
                                for column, name in enumerate([
                                    "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
                                    "abs", "sign", "reciprocal", "negative", "tanh"])]))
case("wine-waves", "wine",
     lambda: make_pipeline(pp.StandardScaler(),
                           make_union(*[pp.FunctionTransformer(function) for function in (
                               np.exp, np.expm1, np.sin, np.cos, np.tanh, np.cbrt, np.sign,
                               np.abs)])))
case("wine-union", "wine",
     lambda: scaled(FeatureUnion([("axes", PCA(4)), ("best", SelectKBest(f_classif, k=3)),
                                  ("all", "passthrough")],
                                 transformer_weights={"axes": 0.5}),
                    lm.LogisticRegression(max_iter=500)))
case("wine-norms", "wine",
     lambda: make_union(pp.Normalizer("l1"), pp.Normalizer("l2"), pp.Normalizer("max")))
case("wine-binarizer", "wine",
     lambda: scaled(pp.Binarizer(threshold=0.25), lm.LogisticRegression()))
case("wine-interactions", "wine",
     lambda: make_pipeline(pp.StandardScaler(),
                           pp.PolynomialFeatures(2, interaction_only=True),
                           lm.LogisticRegression(max_iter=1000)))
case("wine-interactions-columns", "wine",
     lambda: pp.PolynomialFeatures(3, interaction_only=True))
case("wine-mlp", "wine",
     lambda: scaled(MLPClassifier((12,), activation="relu", max_iter=400, random_state=SEED)))
case("wine-qda", "wine", lambda: QuadraticDiscriminantAnalysis(priors=[0.2, 0.5, 0.3]))
case("wine-lda-shrinkage", "wine",
     lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
case("wine-pca-columns", "wine", lambda: scaled(PCA(5)))

# Regression: ten numbers, one target.
for _name, _model in {
    "linear": lambda: lm.LinearRegression(),
    "linear-no-intercept": lambda: lm.LinearRegression(fit_intercept=False),
    "ridge": lambda: lm.Ridge(alpha=2.0),
    "ridge-cv": lambda: lm.RidgeCV(),
    "lasso": lambda: lm.Lasso(alpha=0.5),
    "lasso-cv": lambda: lm.LassoCV(cv=3, random_state=SEED),
    "elastic-net": lambda: lm.ElasticNet(alpha=0.3),
    "huber": lambda: lm.HuberRegressor(max_iter=1000),
    "linear-svr": lambda: LinearSVR(C=10.0, random_state=SEED, max_iter=20000),
    "sgd": lambda: lm.SGDRegressor(random_state=SEED),
    "quantile": lambda: lm.QuantileRegressor(alpha=0.01, solver="highs"),
    "ransac": lambda: lm.RANSACRegressor(random_state=SEED),
    "poisson": lambda: lm.PoissonRegressor(),
    "gamma": lambda: lm.GammaRegressor(),
    "tweedie": lambda: lm.TweedieRegressor(power=1.5, link="log"),
    "tweedie-identity": lambda: lm.TweedieRegressor(power=0),
    "bayesian-ridge": lambda: lm.BayesianRidge(),
    "ard": lambda: lm.ARDRegression(),
    "mlp": lambda: MLPRegressor(hidden_layer_sizes=(20,), max_iter=800, random_state=SEED),
}.items():
    case("diabetes-" + _name if _name != "bayesian-ridge" else "diabetes", "diabetes",
         lambda model=_model: scaled(model()))
case("diabetes-polynomial", "diabetes",
     lambda: scaled(pp.PolynomialFeatures(2), lm.Ridge(alpha=10.0)))
case("diabetes-bayesian-raw", "diabetes", lambda: lm.BayesianRidge(),
     floors={"interval": "column"})

# Regression: three numbers, three targets.
case("linnerud", "linnerud", lambda: lm.LinearRegression())
case("linnerud-ridge", "linnerud", lambda: scaled(lm.Ridge()))
case("linnerud-multi-task", "linnerud", lambda: scaled(lm.MultiTaskElasticNet(alpha=0.1)))
case("linnerud-mlp", "linnerud",
     lambda: scaled(MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", solver="lbfgs",
                                 max_iter=500, random_state=SEED)))

# Ten classes, 64 numbers, 1797 rows. Of 17970 scores one is 9e-5 where its terms are near 1: in
# exact arithmetic the trainer's own answer is 7e-12 off.
case("digits", "digits",
     lambda: make_pipeline(pp.MinMaxScaler(), lm.LogisticRegression(C=0.1, max_iter=1000)),
     floors={"score": "column"})
case("digits-mlp", "digits",
     lambda: make_pipeline(pp.MinMaxScaler(), MLPClassifier((32,), max_iter=150,
                                                            random_state=SEED)))
case("digits-pca-qda", "digits",
     lambda: make_pipeline(PCA(12, svd_solver="full"), QuadraticDiscriminantAnalysis()))
case("digits-lda", "digits", lambda: LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1))

# Words, numbers, missing values.
NUMBERS = ["radius", "texture", "area"]
WORDS = ["smoothness", "symmetry", "concavity grade", "border"]


def table(words: Any, numbers: Any = None, **options: Any) -> ColumnTransformer:
    numbers = numbers or make_pipeline(SimpleImputer(), pp.StandardScaler())
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, WORDS)], **options)


def most_frequent() -> SimpleImputer:
    return SimpleImputer(strategy="most_frequent")


case("mixed", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(handle_unknown="ignore"),
                                 remainder="passthrough"),
                           lm.LogisticRegression(max_iter=2000)), words=True)
case("mixed-new-words", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(handle_unknown="ignore")),
                           lm.LogisticRegression(max_iter=2000)), rows="mixed-new")
case("mixed-drop-first", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(drop="first")),
                           lm.LogisticRegression(max_iter=2000)))
case("mixed-drop-binary-columns", "mixed",
     lambda: ColumnTransformer([("words", pp.OneHotEncoder(drop="if_binary"), WORDS)]))
case("mixed-drop-first-new-words", "mixed",
     lambda: ColumnTransformer([("words", pp.OneHotEncoder(drop="first", handle_unknown="ignore"),
                                 WORDS)]), rows="mixed-new")
case("mixed-infrequent", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(min_frequency=0.06,
                                                  handle_unknown="infrequent_if_exist")),
                           lm.LogisticRegression(max_iter=2000)), rows="mixed-new")
case("mixed-infrequent-columns", "mixed",
     lambda: ColumnTransformer([("words", pp.OneHotEncoder(max_categories=3, drop="first",
                                                           handle_unknown="infrequent_if_exist"),
                                 WORDS)]), rows="mixed-new")
case("mixed-ordinal", "mixed",
     lambda: make_pipeline(table(pp.OrdinalEncoder(handle_unknown="use_encoded_value",
                                                   unknown_value=-1, encoded_missing_value=-2)),
                           lm.LogisticRegression(max_iter=2000)), rows="mixed-new")
case("mixed-ordinal-unknown-is-missing", "mixed",
     lambda: make_pipeline(table(make_pipeline(
         pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
         SimpleImputer(strategy="median", add_indicator=True))),
         lm.RidgeClassifier()), rows="mixed-new")
case("mixed-ordinal-infrequent", "mixed",
     lambda: ColumnTransformer([("words", pp.OrdinalEncoder(
         max_categories=3, handle_unknown="use_encoded_value", unknown_value=-1,
         encoded_missing_value=-2), WORDS)]), rows="mixed-new")
case("mixed-ordinal-strict", "mixed-complete",
     lambda: make_pipeline(table(pp.OrdinalEncoder(), "passthrough"), GaussianNB()))
case("mixed-indicator", "mixed",
     lambda: make_pipeline(table(make_pipeline(most_frequent(),
                                               pp.OneHotEncoder(handle_unknown="ignore")),
                                 make_pipeline(SimpleImputer(strategy="median",
                                                             add_indicator=True),
                                               pp.StandardScaler())),
                           lm.LogisticRegression(max_iter=2000)))
case("mixed-missing-indicator", "mixed",
     lambda: ColumnTransformer([("all", MissingIndicator(features="all"), NUMBERS),
                                ("some", MissingIndicator(features="missing-only"),
                                 NUMBERS + ["points"])]))
case("mixed-constant", "mixed",
     lambda: make_pipeline(table(make_pipeline(SimpleImputer(strategy="constant",
                                                             fill_value="none"),
                                               pp.OneHotEncoder(handle_unknown="ignore")),
                                 SimpleImputer(strategy="constant", fill_value=0)),
                           lm.LogisticRegression(max_iter=5000)))
case("mixed-number-categories", "mixed",
     lambda: make_pipeline(ColumnTransformer([
         ("numbers", SimpleImputer(), ["radius", "area"]),
         ("points", pp.OneHotEncoder(handle_unknown="ignore"), ["points"]),
         ("grade", pp.OrdinalEncoder(categories=[["1", "2", "3", "4", "10", np.nan]],
                                     encoded_missing_value=-1), ["concavity grade"])]),
         pp.StandardScaler(with_mean=False), LinearDiscriminantAnalysis()))
case("mixed-nested", "mixed",
     lambda: make_pipeline(
         ColumnTransformer([
             ("numbers", Pipeline([
                 ("fill", SimpleImputer(add_indicator=True)),
                 ("each", ColumnTransformer([("scale", pp.StandardScaler(), [0, 2]),
                                             ("log", pp.FunctionTransformer(np.log1p), [1, 0])],
                                            remainder="passthrough"))]),
              make_column_selector(dtype_include=float)),
             ("words", make_union(pp.OneHotEncoder(handle_unknown="ignore"),
                                  pp.OrdinalEncoder(handle_unknown="use_encoded_value",
                                                    unknown_value=-1, encoded_missing_value=-2)),
              make_column_selector(dtype_exclude=float))]),
         VarianceThreshold(0.01), pp.StandardScaler(), lm.LogisticRegression(max_iter=1000)),
     rows="mixed-new")
case("mixed-strict", "mixed-complete",
     lambda: make_pipeline(table(pp.OneHotEncoder(), pp.StandardScaler()),
                           lm.LogisticRegression(max_iter=1000)))
case("mixed-regression", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(handle_unknown="ignore", min_frequency=20)),
                           lm.BayesianRidge()), target="worst area", rows="mixed-new")
case("mixed-poisson", "mixed",
     lambda: make_pipeline(table(pp.OneHotEncoder(drop="first")), lm.PoissonRegressor()),
     target="worst area")
case("mixed-weights", "mixed",
     lambda: table(pp.OneHotEncoder(), transformer_weights={"words": 0.25, "numbers": 3.0}))
