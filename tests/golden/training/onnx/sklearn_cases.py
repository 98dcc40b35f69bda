"""Conversions of skl2onnx: the core ones (what people deploy), then the rest, then variants."""

import functools

import numpy as np
import pandas as pd
import sklearn
import skl2onnx
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn import (
    calibration,
    cluster,
    compose,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_extraction,
    feature_selection,
    gaussian_process,
    impute,
    kernel_approximation,
    linear_model,
    mixture,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    random_projection,
    svm,
    tree,
)

from case import Case, asked, classes, features, real, whole

X = features()
Y2 = classes(X, 2)
Y3 = classes(X)
WORDS3 = np.array(["setosa", "versicolor", "virginica"])[Y3]
YR = real(X)
COUNTS = np.abs(whole(X))
CONVERTER = f"skl2onnx {skl2onnx.__version__}, scikit-learn {sklearn.__version__}"


def people(rows=60, seed=5):
    """Numbers with holes and words, as the Titanic's passengers have them."""
    random = np.random.RandomState(seed)
    return pd.DataFrame(
        {
            "age": np.where(random.uniform(size=rows) < 0.2, np.nan, random.randint(1, 80, rows)),
            "fare": np.round(random.exponential(30, rows), 2),
            "sex": random.choice(["female", "male"], rows),
            "port": random.choice(["C", "Q", "S"], rows),
            "class": random.choice(["1", "2", "3"], rows),
        }
    )


PEOPLE = people()
SURVIVED = ((PEOPLE["sex"] == "female") ^ (PEOPLE["fare"] > 60)).astype(int).to_numpy()


def thresholds(model):
    """(feature, threshold) of a fitted model's trees, where it has some."""
    found = []
    for part in np.ravel(getattr(model, "estimators_", [model])):
        inner = getattr(part, "tree_", None)
        if inner is None:
            continue
        for feature, threshold in zip(inner.feature, inner.threshold):
            if feature >= 0:
                found.append((feature, np.float32(threshold)))
    return found


def convert_matrix(model, rows, kind="float", options=None, opset=None, black=()):
    """One input `X` with all columns."""
    types = {
        "float": (FloatTensorType, np.float32),
        "double": (DoubleTensorType, np.float64),
        "int": (Int64TensorType, np.int64),
        "string": (StringTensorType, object),
    }
    tensor, dtype = types[kind]
    rows = np.asarray(rows)
    rows = rows.astype(str).astype(object) if kind == "string" else rows.astype(dtype)
    chosen = {id(model): options} if options else None
    made = skl2onnx.convert_sklearn(
        model,
        initial_types=[("X", tensor([None, rows.shape[1]]))],
        options=chosen,
        target_opset=opset,
        black_op=set(black) or None,
    )
    return made, {"X": rows}


def convert_frame(model, frame, options=None, opset=None):
    """An input per column."""
    types, feeds = [], {}
    for name in frame.columns:
        if frame[name].dtype.kind == "f":
            types.append((name, FloatTensorType([None, 1])))
            feeds[name] = frame[[name]].to_numpy(np.float32)
        else:
            types.append((name, StringTensorType([None, 1])))
            feeds[name] = frame[[name]].to_numpy().astype(str).astype(object)
    chosen = {id(model): options} if options else None
    made = skl2onnx.convert_sklearn(
        model, initial_types=types, options=chosen, target_opset=opset
    )
    return made, feeds


def fitted(model, x, y):
    """Estimators whose fit takes no y are given none, as LabelEncoder and others insist."""
    return model.fit(x) if y is None else model.fit(x, y)


def make(model, x, y, rows=None, on_frame=False, **options):
    trained = fitted(model, x, y)
    if on_frame:
        return convert_frame(trained, people(24, 9) if rows is None else rows, **options)
    if rows is None:
        rows = asked(np.asarray(x, float), thresholds(trained))
    return convert_matrix(trained, rows, **options)


def missing_rows(x):
    """Rows to predict with a hole in each column, one after the other."""
    rows = asked(x)
    for i in range(len(rows)):
        if i % 2 == 0:
            rows[i, (i // 2) % x.shape[1]] = np.nan
    return rows


def with_holes(x):
    holes = x.copy()
    holes[np.random.RandomState(6).uniform(size=x.shape) < 0.15] = np.nan
    return holes


# Options of an estimator that the core counts once.
VARIANTS = {
    "lasso-cv",
    "elastic-net-cv",
    "multi-target-linear",
    "random-forest-multi-target",
    "min-max-scaler-clip",
    "pca-whiten",
    "polynomial-ridge",
    "k-neighbors-regressor-distance",
    "k-neighbors-distance",
    "logistic-words",
    "gaussian-mixture-diag",
}


class Cases:
    def __init__(self, environment):
        self.environment = environment
        self.made = []

    def add(self, name, model, x=X, y=None, core=False, **options):
        """model: a function without arguments, so that only what is asked for is built."""
        self.made.append(
            Case(
                f"skl-{name}-{self.environment}",
                lambda: make(model(), x, y, **options),
                core and name not in VARIANTS,
                CONVERTER,
            )
        )


def numeric():
    """Columns by kind, for a ColumnTransformer: numbers are filled and scaled, words encoded."""
    return compose.ColumnTransformer(
        [
            (
                "numbers",
                pipeline.make_pipeline(
                    impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler()
                ),
                ["age", "fare"],
            ),
            (
                "words",
                preprocessing.OneHotEncoder(handle_unknown="ignore"),
                ["sex", "port", "class"],
            ),
        ]
    )


def person_pipeline(model):
    return pipeline.Pipeline([("columns", numeric()), ("model", model)])


def person_rows():
    rows = people(24, 9)
    rows.loc[3, "port"] = "X"
    rows.loc[5, "class"] = "9"
    rows.loc[7, "fare"] = np.nan
    return rows


FEW = {"random_state": 0}
FOREST = {"n_estimators": 5, "max_depth": 4, "random_state": 0}


def core_regressors(cases):
    core = functools.partial(cases.add, y=YR, core=True)
    core("linear-regression", linear_model.LinearRegression)
    core("ridge", linear_model.Ridge)
    core("ridge-cv", linear_model.RidgeCV)
    core("lasso", lambda: linear_model.Lasso(alpha=0.05))
    core("lasso-cv", lambda: linear_model.LassoCV(cv=3))
    core("elastic-net", lambda: linear_model.ElasticNet(alpha=0.05))
    core("elastic-net-cv", lambda: linear_model.ElasticNetCV(cv=3))
    core("huber", linear_model.HuberRegressor)
    core("linear-svr", lambda: svm.LinearSVR(random_state=0, max_iter=5000))
    core("sgd-regressor", lambda: linear_model.SGDRegressor(random_state=0))
    core("bayesian-ridge", linear_model.BayesianRidge)
    core("poisson", linear_model.PoissonRegressor, y=COUNTS[:, 0])
    core("gamma", linear_model.GammaRegressor, y=COUNTS[:, 0] + 0.5)
    core("tweedie", lambda: linear_model.TweedieRegressor(power=1.5), y=COUNTS[:, 0] + 0.0)
    core("decision-tree-regressor", lambda: tree.DecisionTreeRegressor(max_depth=5))
    core("random-forest-regressor", lambda: ensemble.RandomForestRegressor(**FOREST))
    core("extra-trees-regressor", lambda: ensemble.ExtraTreesRegressor(**FOREST))
    core(
        "gradient-boosting-regressor",
        lambda: ensemble.GradientBoostingRegressor(n_estimators=8, random_state=0),
    )
    core(
        "hist-gradient-boosting-regressor",
        lambda: ensemble.HistGradientBoostingRegressor(max_iter=6, min_samples_leaf=4),
        x=with_holes(X),
        rows=missing_rows(X),
    )
    core("ada-boost-regressor", lambda: ensemble.AdaBoostRegressor(n_estimators=5, **FEW))
    core(
        "bagging-regressor",
        lambda: ensemble.BaggingRegressor(tree.DecisionTreeRegressor(max_depth=3), 4, **FEW),
    )
    core(
        "voting-regressor",
        lambda: ensemble.VotingRegressor(
            [
                ("a", linear_model.LinearRegression()),
                ("b", tree.DecisionTreeRegressor(max_depth=3)),
            ]
        ),
    )
    core(
        "stacking-regressor",
        lambda: ensemble.StackingRegressor(
            [
                ("a", linear_model.LinearRegression()),
                ("b", tree.DecisionTreeRegressor(max_depth=3)),
            ]
        ),
    )
    core("svr", lambda: svm.SVR(C=3.0))
    core("svr-linear", lambda: svm.SVR(kernel="linear"))
    core(
        "mlp-regressor",
        lambda: neural_network.MLPRegressor(hidden_layer_sizes=(6, 4), max_iter=300, **FEW),
    )
    core("k-neighbors-regressor", lambda: neighbors.KNeighborsRegressor(3))
    core(
        "k-neighbors-regressor-distance",
        lambda: neighbors.KNeighborsRegressor(3, weights="distance"),
    )
    core(
        "multi-target-linear", linear_model.LinearRegression, y=np.column_stack([YR, X[:, 0] - YR])
    )
    core(
        "random-forest-multi-target",
        lambda: ensemble.RandomForestRegressor(**FOREST),
        y=np.column_stack([YR, X[:, 0] - YR]),
    )


def core_classifiers(cases):
    core = functools.partial(cases.add, y=Y3, core=True)
    core("logistic-binary", linear_model.LogisticRegression, y=Y2)
    core("logistic", linear_model.LogisticRegression)
    core("logistic-words", linear_model.LogisticRegression, y=WORDS3)
    core("logistic-cv", lambda: linear_model.LogisticRegressionCV(Cs=3, cv=3))
    core("linear-svc", lambda: svm.LinearSVC(random_state=0))
    core("linear-svc-binary", lambda: svm.LinearSVC(random_state=0), y=Y2)
    core("ridge-classifier", linear_model.RidgeClassifier)
    core("ridge-classifier-cv", linear_model.RidgeClassifierCV, y=Y2)
    core("sgd-log-loss", lambda: linear_model.SGDClassifier(loss="log_loss", random_state=0))
    core("sgd-hinge", lambda: linear_model.SGDClassifier(random_state=0))
    core(
        "sgd-binary", lambda: linear_model.SGDClassifier(loss="log_loss", random_state=0), y=Y2
    )
    core("linear-discriminant", discriminant_analysis.LinearDiscriminantAnalysis)
    core("linear-discriminant-binary", discriminant_analysis.LinearDiscriminantAnalysis, y=Y2)
    core("decision-tree", lambda: tree.DecisionTreeClassifier(max_depth=5, random_state=0))
    core("decision-tree-binary", lambda: tree.DecisionTreeClassifier(max_depth=4), y=Y2)
    core("random-forest", lambda: ensemble.RandomForestClassifier(**FOREST))
    core("random-forest-binary", lambda: ensemble.RandomForestClassifier(**FOREST), y=Y2)
    core("extra-trees", lambda: ensemble.ExtraTreesClassifier(**FOREST))
    core(
        "gradient-boosting",
        lambda: ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0),
    )
    core(
        "gradient-boosting-binary",
        lambda: ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0),
        y=Y2,
    )
    core(
        "hist-gradient-boosting",
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=4),
        x=with_holes(X),
        rows=missing_rows(X),
    )
    core(
        "hist-gradient-boosting-binary",
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=4),
        y=Y2,
    )
    core("ada-boost", lambda: ensemble.AdaBoostClassifier(n_estimators=5, random_state=0))
    core("ada-boost-binary", lambda: ensemble.AdaBoostClassifier(n_estimators=5, **FEW), y=Y2)
    core(
        "bagging",
        lambda: ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=3), 4, **FEW),
    )
    core("svc-probability", lambda: svm.SVC(probability=True, random_state=0))
    core("svc-probability-binary", lambda: svm.SVC(probability=True, random_state=0), y=Y2)
    core("svc-one-against-rest", lambda: svm.SVC())
    core("svc-linear-kernel", lambda: svm.SVC(kernel="linear", probability=True, random_state=0))
    core("svc-poly", lambda: svm.SVC(kernel="poly", probability=True, random_state=0))
    core("one-class-svm", lambda: svm.OneClassSVM(nu=0.2), y=None)


def core_other_classifiers(cases):
    core = functools.partial(cases.add, y=Y3, core=True)
    core(
        "calibrated",
        lambda: calibration.CalibratedClassifierCV(linear_model.LogisticRegression(), cv=2),
    )
    core(
        "calibrated-isotonic",
        lambda: calibration.CalibratedClassifierCV(
            naive_bayes.GaussianNB(), method="isotonic", cv=2
        ),
        y=Y2,
    )
    core("gaussian-nb", naive_bayes.GaussianNB)
    core("bernoulli-nb", naive_bayes.BernoulliNB)
    core("multinomial-nb", naive_bayes.MultinomialNB, x=COUNTS, rows=COUNTS[:20])
    core("complement-nb", naive_bayes.ComplementNB, x=COUNTS, rows=COUNTS[:20])
    core(
        "mlp-binary",
        lambda: neural_network.MLPClassifier((6,), max_iter=300, random_state=0),
        y=Y2,
    )
    core(
        "mlp",
        lambda: neural_network.MLPClassifier((6, 5), "tanh", max_iter=300, random_state=0),
    )
    core("k-neighbors", lambda: neighbors.KNeighborsClassifier(3))
    core("k-neighbors-distance", lambda: neighbors.KNeighborsClassifier(3, weights="distance"))
    core("one-vs-rest", lambda: multiclass.OneVsRestClassifier(linear_model.LogisticRegression()))
    voters = [
        ("a", linear_model.LogisticRegression()),
        ("b", tree.DecisionTreeClassifier(max_depth=3, random_state=0)),
        ("c", naive_bayes.GaussianNB()),
    ]
    core("voting-soft", lambda: ensemble.VotingClassifier(voters, voting="soft", flatten_transform=False))
    core("voting-hard", lambda: ensemble.VotingClassifier(voters, flatten_transform=False))
    core("stacking", lambda: ensemble.StackingClassifier(voters[:2], cv=2))
    core("isolation-forest", lambda: ensemble.IsolationForest(n_estimators=4, max_samples=20, **FEW), y=None,
        opset={"": 18, "ai.onnx.ml": 3})
    core("k-means", lambda: cluster.KMeans(3, n_init=1, random_state=0), y=None)
    core("mini-batch-k-means", lambda: cluster.MiniBatchKMeans(3, n_init=1, **FEW), y=None)
    core("gaussian-mixture", lambda: mixture.GaussianMixture(2, random_state=0), y=None)
    core(
        "gaussian-mixture-diag",
        lambda: mixture.GaussianMixture(2, covariance_type="diag", random_state=0),
        y=None,
    )
    core("bayesian-mixture", lambda: mixture.BayesianGaussianMixture(n_components=2, **FEW), y=None)


def core_transformers(cases):
    core = functools.partial(cases.add, core=True)
    core("standard-scaler", preprocessing.StandardScaler)
    core("min-max-scaler", preprocessing.MinMaxScaler)
    core("min-max-scaler-clip", lambda: preprocessing.MinMaxScaler(clip=True))
    core("max-abs-scaler", preprocessing.MaxAbsScaler)
    core("robust-scaler", preprocessing.RobustScaler)
    core("normalizer-l1", lambda: preprocessing.Normalizer("l1"))
    core("normalizer-l2", preprocessing.Normalizer)
    core("normalizer-max", lambda: preprocessing.Normalizer("max"), rows=np.abs(asked(X)))
    core("binarizer", lambda: preprocessing.Binarizer(threshold=0.5))
    core("polynomial-features", preprocessing.PolynomialFeatures)
    core("power-transformer", preprocessing.PowerTransformer, rows=X[:20])
    core("k-bins-ordinal", lambda: preprocessing.KBinsDiscretizer(4, encode="ordinal"))
    core("k-bins-one-hot", lambda: preprocessing.KBinsDiscretizer(3, encode="onehot-dense"))
    core("simple-imputer", impute.SimpleImputer, x=with_holes(X), rows=missing_rows(X))
    core("pca", lambda: decomposition.PCA(2))
    core("pca-whiten", lambda: decomposition.PCA(2, whiten=True))
    core("truncated-svd", lambda: decomposition.TruncatedSVD(2, random_state=0))
    core("select-k-best", lambda: feature_selection.SelectKBest(k=2), y=Y3)
    core("variance-threshold", lambda: feature_selection.VarianceThreshold(1.0))
    core(
        "select-from-model",
        lambda: feature_selection.SelectFromModel(linear_model.LinearRegression()),
        y=YR,
    )


def core_encoders(cases):
    core = functools.partial(cases.add, core=True)
    words = PEOPLE[["sex", "port"]]
    odd = person_rows()[["sex", "port"]]
    core(
        "one-hot-words",
        lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"),
        x=words,
        rows=odd,
        kind="string",
    )
    core(
        "one-hot-drop-first",
        lambda: preprocessing.OneHotEncoder(drop="first"),
        x=words,
        rows=words[:20],
        kind="string",
    )
    core(
        "one-hot-int",
        lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"),
        x=COUNTS[:, :2],
        rows=np.vstack([COUNTS[:18, :2], [[99, -3]]]),
        kind="int",
    )
    core(
        "ordinal-words",
        preprocessing.OrdinalEncoder,
        x=words,
        rows=words[:20],
        kind="string",
    )
    core(
        "label-encoder",
        preprocessing.LabelEncoder,
        x=words["port"],
        rows=words[["port"]][:20],
        kind="string",
    )
    core(
        "imputer-words",
        lambda: pipeline.make_pipeline(
            impute.SimpleImputer(strategy="most_frequent", missing_values=""),
            preprocessing.OneHotEncoder(),
        ),
        x=np.array([[a, "" if i % 5 == 0 else b] for i, (a, b) in enumerate(words.to_numpy())], object),
        rows=np.array([["male", ""], ["", "S"], ["female", "Q"]], object),
        kind="string",
    )
    core(
        "label-binarizer",
        preprocessing.LabelBinarizer,
        x=COUNTS[:, 1:2],
        rows=COUNTS[:20, 1:2],
        kind="int",
    )
    core(
        "feature-union",
        lambda: pipeline.make_union(preprocessing.StandardScaler(), decomposition.PCA(2)),
    )


def core_pipelines(cases):
    core = functools.partial(cases.add, core=True)
    person = functools.partial(core, x=PEOPLE, y=SURVIVED, on_frame=True, rows=person_rows())
    person("people-columns", numeric, y=None)
    person("people-logistic", lambda: person_pipeline(linear_model.LogisticRegression()))
    person("people-forest", lambda: person_pipeline(ensemble.RandomForestClassifier(**FOREST)))
    person(
        "people-boosting",
        lambda: person_pipeline(ensemble.GradientBoostingClassifier(n_estimators=5, **FEW)),
    )
    person(
        "people-hist-boosting",
        lambda: pipeline.make_pipeline(
            compose.ColumnTransformer(
                [
                    (
                        "words",
                        preprocessing.OrdinalEncoder(
                            handle_unknown="use_encoded_value", unknown_value=-1
                        ),
                        ["sex", "port", "class"],
                    )
                ],
                remainder="passthrough",
            ),
            ensemble.HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=4),
        ),
    )
    scaled = preprocessing.StandardScaler
    core(
        "scaler-logistic",
        lambda: pipeline.make_pipeline(scaled(), linear_model.LogisticRegression()),
        y=Y3,
    )
    core(
        "scaler-logistic-double",
        lambda: pipeline.make_pipeline(scaled(), linear_model.LogisticRegression()),
        y=Y3,
        kind="double",
        options={"zipmap": False},
    )
    core(
        "scaler-pca-svc",
        lambda: pipeline.make_pipeline(
            scaled(), decomposition.PCA(2), svm.SVC(probability=True, random_state=0)
        ),
        y=Y3,
    )
    core(
        "imputer-forest",
        lambda: pipeline.make_pipeline(
            impute.SimpleImputer(), ensemble.RandomForestClassifier(**FOREST)
        ),
        x=with_holes(X),
        y=Y3,
        rows=missing_rows(X),
    )
    core(
        "polynomial-ridge",
        lambda: pipeline.make_pipeline(
            preprocessing.PolynomialFeatures(2), linear_model.Ridge()
        ),
        y=YR,
        rows=X[:20],
    )


def cases(environment):
    made = Cases(environment)
    if environment == "2026":
        core_regressors(made)
        core_classifiers(made)
        core_other_classifiers(made)
        core_transformers(made)
        core_encoders(made)
        core_pipelines(made)
    return made.made
