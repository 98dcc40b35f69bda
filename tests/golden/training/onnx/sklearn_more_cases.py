"""Conversions of skl2onnx beyond the core: rarer estimators, options, and older operator sets."""

import functools

import numpy as np
from sklearn import (
    cluster,
    cross_decomposition,
    decomposition,
    ensemble,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    preprocessing,
    random_projection,
    svm,
    tree,
)

from sklearn_cases import (
    COUNTS,
    FEW,
    FOREST,
    PEOPLE,
    SURVIVED,
    WORDS3,
    X,
    Y2,
    Y3,
    YR,
    Cases,
    person_pipeline,
    person_rows,
)


def rest_estimators(cases):
    add = functools.partial(cases.add, y=Y3)
    gp = gaussian_process
    kernels = gp.kernels
    small, target = X[:20], YR[:20]
    add("gp-regressor", gp.GaussianProcessRegressor, x=small, y=target, kind="double")
    add(
        "gp-regressor-std",
        lambda: gp.GaussianProcessRegressor(kernels.RBF(2.0) + kernels.WhiteKernel(0.1)),
        x=small,
        y=target,
        rows=X[:24],
        kind="double",
        options={"return_std": True},
    )
    add("radius-neighbors", lambda: neighbors.RadiusNeighborsRegressor(40.0), y=YR, rows=X[:20])
    add("nearest-neighbors", lambda: neighbors.NearestNeighbors(n_neighbors=2, radius=None), y=None)
    add("k-neighbors-transformer", lambda: neighbors.KNeighborsTransformer(n_neighbors=2), y=None)
    add(
        "categorical-nb",
        naive_bayes.CategoricalNB,
        x=COUNTS[:, :2],
        rows=COUNTS[:20, :2],
        kind="int",
    )
    add("local-outlier-factor", lambda: neighbors.LocalOutlierFactor(5, novelty=True), y=None)
    add("nu-svc", lambda: svm.NuSVC(nu=0.3, probability=True, random_state=0))
    add("nu-svr", lambda: svm.NuSVR(), y=YR)
    add("one-vs-one", lambda: multiclass.OneVsOneClassifier(linear_model.LogisticRegression()))
    add("perceptron", lambda: linear_model.Perceptron(random_state=0))
    add("theil-sen", lambda: linear_model.TheilSenRegressor(random_state=0), y=YR)
    add("ransac", lambda: linear_model.RANSACRegressor(random_state=0), y=YR)
    add("lars", linear_model.Lars, y=YR)
    add("ard", linear_model.ARDRegression, y=YR)
    add("orthogonal-matching-pursuit", linear_model.OrthogonalMatchingPursuit, y=YR)
    add("quantile-regressor", linear_model.QuantileRegressor, y=YR)
    add("kernel-pca", lambda: decomposition.KernelPCA(2, kernel="rbf"), x=small, y=None, kind="double")
    add("incremental-pca", lambda: decomposition.IncrementalPCA(2), y=None)
    add("random-projection", lambda: random_projection.GaussianRandomProjection(2, **FEW), y=None)
    add("pls", lambda: cross_decomposition.PLSRegression(2), y=YR)
    add(
        "multi-output-regressor",
        lambda: multioutput.MultiOutputRegressor(tree.DecisionTreeRegressor(max_depth=3)),
        y=np.column_stack([YR, -YR]),
    )
    add("grid-search", lambda: model_selection.GridSearchCV(
        linear_model.LogisticRegression(), {"C": [0.1, 1]}, cv=2))
    add("quantile-transformer", lambda: preprocessing.QuantileTransformer(n_quantiles=10), y=None)
    add(
        "target-encoder",
        lambda: preprocessing.TargetEncoder(target_type="continuous", random_state=0),
        x=PEOPLE[["sex", "port"]].to_numpy(object),
        y=YR,
        rows=person_rows()[["sex", "port"]],
        kind="string",
    )


def variants(cases):
    add = functools.partial(cases.add, y=Y3)
    logistic = linear_model.LogisticRegression
    forest = functools.partial(ensemble.RandomForestClassifier, **FOREST)
    add("logistic-no-zipmap", logistic, options={"zipmap": False})
    add("logistic-columns", logistic, options={"zipmap": "columns"})
    add("logistic-raw-scores", logistic, options={"zipmap": False, "raw_scores": True})
    add("logistic-words-no-zipmap", logistic, y=WORDS3, options={"zipmap": False})
    add("logistic-nocl", logistic, y=WORDS3, options={"nocl": True, "zipmap": False})
    plain = {"zipmap": False}
    add("logistic-double", logistic, kind="double", options=plain)
    add("logistic-int", logistic, x=COUNTS, rows=COUNTS[:20], kind="int")
    add("forest-no-zipmap", forest, options={"zipmap": False})
    add("forest-words", forest, y=WORDS3)
    add("forest-double", forest, kind="double")
    add("forest-int", forest, x=COUNTS, rows=COUNTS[:20], kind="int")
    add(
        "boosting-raw-scores",
        lambda: ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0),
        options={"raw_scores": True, "zipmap": False},
    )
    add("svc-raw-scores", svm.SVC, y=Y2, options={"raw_scores": True, "zipmap": False})
    add("svc-double", lambda: svm.SVC(probability=True, **FEW), kind="double", options=plain)
    add("k-neighbors-cdist", lambda: neighbors.KNeighborsRegressor(3), y=YR,
        options={"optim": "cdist"})
    add("gp-cdist", lambda: gaussian_process.GaussianProcessRegressor(
        gaussian_process.kernels.RBF(2.0), alpha=0.1), x=X[:20], y=YR[:20], kind="double",
        options={"optim": "cdist"})
    add("k-means-double", lambda: cluster.KMeans(3, n_init=1, random_state=0), y=None, kind="double")
    add("scaler-int", preprocessing.StandardScaler, x=COUNTS, y=None, rows=COUNTS[:20], kind="int")
    add("scaler-double", preprocessing.StandardScaler, y=None, kind="double")
    add("mlp-double", lambda: neural_network.MLPClassifier((5,), max_iter=200, **FEW), kind="double", options=plain)
    add(
        "multi-output",
        lambda: multioutput.MultiOutputClassifier(logistic()),
        y=np.column_stack([Y2, Y3]),
        options=plain,
    )


def historical(cases):
    """The operators' older forms, by the operator set that is asked for."""
    add = functools.partial(cases.add, y=Y3)
    for opset in (9, 10, 11, 12, 13, 15):
        ml = 1 if opset < 15 else 2
        chosen = {"": opset, "ai.onnx.ml": ml}
        add(f"logistic-opset-{opset}", linear_model.LogisticRegression, opset=chosen)
        add(
            f"gaussian-nb-opset-{opset}", naive_bayes.GaussianNB, opset=chosen,
        )
        add(
            f"mlp-opset-{opset}",
            lambda: neural_network.MLPClassifier((5,), max_iter=200, random_state=0),
            opset=chosen,
        )
    for opset in (11, 12, 13):
        chosen = {"": opset, "ai.onnx.ml": 1}
        add(f"k-neighbors-opset-{opset}", lambda: neighbors.KNeighborsClassifier(3), opset=chosen)
        add(f"k-means-opset-{opset}", lambda: cluster.KMeans(3, n_init=1, **FEW), y=None, opset=chosen)
        add(f"forest-opset-{opset}", lambda: ensemble.RandomForestClassifier(**FOREST), opset=chosen)
        add(
            f"people-opset-{opset}",
            lambda: person_pipeline(linear_model.LogisticRegression()),
            x=PEOPLE,
            y=SURVIVED,
            on_frame=True,
            rows=person_rows(),
            opset=chosen,
        )


def cases(environment):
    made = Cases(environment)
    if environment == "2026":
        rest_estimators(made)
        variants(made)
    else:
        historical(made)
    return made.made
