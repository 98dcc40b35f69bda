"""Cases of the estimators that keep rows, densities or kernels of their training data."""

from __future__ import annotations

import warnings

from sklearn import cluster, cross_decomposition, decomposition, kernel_approximation
from sklearn import naive_bayes as nb
from sklearn import neighbors as near
from sklearn import preprocessing as pp
from sklearn import random_projection, svm
from sklearn.compose import ColumnTransformer
from sklearn.covariance import EllipticEnvelope
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gp
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline, make_union

from .estimators import SEED, case, scaled

warnings.filterwarnings("ignore", category=FutureWarning, module="sklearn")

CANCER, WINE, IRIS, SUGAR = "breast-cancer-some", "wine-some", "iris-some", "diabetes-some"
CLOSE = 1e-9  # distances, kernels and densities come from other sums than the trainer's


def stored(name, data, estimator, **options):
    options.setdefault("tolerance", CLOSE)
    case(name, data, estimator, **options)


# Support vector machines: kernels, pairs, probabilities, ties.
stored("wine-svc", WINE, lambda: scaled(svm.SVC()), words=True)
stored("wine-svc-probability", WINE, lambda: scaled(svm.SVC(probability=True, random_state=SEED)))
stored("wine-svc-pairs", WINE,
       lambda: scaled(svm.SVC(kernel="poly", degree=2, coef0=0.5, decision_function_shape="ovo")))
stored("iris-svc-break-ties", IRIS, lambda: svm.SVC(kernel="rbf", gamma="auto", break_ties=True))
stored("iris-svc-linear", IRIS, lambda: svm.SVC(kernel="linear", C=0.5), floors={"score": "column"})
stored("cancer-svc-sigmoid", CANCER,
       lambda: scaled(svm.SVC(kernel="sigmoid", probability=True, random_state=SEED)))
stored("wine-nu-svc", WINE, lambda: scaled(svm.NuSVC(nu=0.3)))
stored("iris-nu-svc-probability", IRIS,
       lambda: svm.NuSVC(nu=0.3, probability=True, random_state=SEED), words=True)
stored("diabetes-svr", SUGAR, lambda: scaled(svm.SVR(C=50.0)))
stored("diabetes-svr-poly", SUGAR, lambda: scaled(svm.SVR(kernel="poly", C=10.0)))
stored("diabetes-nu-svr", SUGAR, lambda: scaled(svm.NuSVR(kernel="linear", C=10.0)))
stored("wine-one-class", WINE, lambda: scaled(svm.OneClassSVM(nu=0.2)),
       floors={"score": "column"})

# Neighbours.
stored("wine-neighbors", WINE, lambda: scaled(near.KNeighborsClassifier(5)), words=True)
stored("iris-neighbors-ties", IRIS, lambda: near.KNeighborsClassifier(4, metric="manhattan",
                                                           algorithm="brute"))
stored("wine-neighbors-distance", WINE,
       lambda: scaled(near.KNeighborsClassifier(6, weights="distance", algorithm="kd_tree")))
stored("wine-neighbors-manhattan", WINE,
       lambda: scaled(near.KNeighborsClassifier(7, metric="manhattan")))
stored("wine-neighbors-chebyshev", WINE,
       lambda: scaled(near.KNeighborsClassifier(3, metric="chebyshev")))
stored("wine-neighbors-minkowski", WINE,
       lambda: scaled(near.KNeighborsClassifier(5, p=3, weights="distance")))
stored("cancer-neighbors-cosine", CANCER,
       lambda: near.KNeighborsClassifier(5, metric="cosine"), words=True)
stored("wine-radius-neighbors", WINE,
       lambda: scaled(near.RadiusNeighborsClassifier(3.0, outlier_label="most_frequent")),
       rows="wine")
stored("diabetes-neighbors", SUGAR, lambda: scaled(near.KNeighborsRegressor(5)))
stored("linnerud-neighbors-distance", "linnerud",
       lambda: scaled(near.KNeighborsRegressor(4, weights="distance", algorithm="kd_tree")))
stored("diabetes-radius-neighbors", SUGAR, lambda: scaled(near.RadiusNeighborsRegressor(9.0)))
stored("wine-nearest-centroid", WINE,
       lambda: scaled(near.NearestCentroid(priors="uniform", shrink_threshold=0.2)), words=True)
stored("iris-nearest-centroid-manhattan", IRIS,
       lambda: near.NearestCentroid(metric="manhattan", priors="uniform"))
stored("wine-local-outliers", WINE,
       lambda: scaled(near.LocalOutlierFactor(8, novelty=True, contamination=0.1)), rows="wine",
       floors={"score": "column"})

# Clusters, mixtures, ellipsoids.
stored("iris-k-means", IRIS, lambda: cluster.KMeans(3, n_init=2, random_state=SEED))
stored("wine-mini-batch-k-means", WINE,
       lambda: scaled(cluster.MiniBatchKMeans(4, n_init=2, random_state=SEED)))
stored("wine-k-means-distances", WINE,
       lambda: scaled(make_union(cluster.KMeans(5, n_init=2, random_state=SEED), "passthrough"),
                      LogisticRegression(max_iter=500)))
stored("iris-mean-shift", IRIS, lambda: cluster.MeanShift(bandwidth=1.2))
stored("iris-birch", IRIS, lambda: cluster.Birch(n_clusters=3))
for _kind in ("full", "tied", "diag", "spherical"):
    stored(f"iris-mixture-{_kind}", IRIS,
           lambda kind=_kind: GaussianMixture(3, covariance_type=kind, random_state=SEED))
stored("iris-bayesian-mixture", IRIS,
       lambda: BayesianGaussianMixture(n_components=4, random_state=SEED))
stored("iris-bayesian-mixture-dirichlet", IRIS,
       lambda: BayesianGaussianMixture(
           n_components=3, covariance_type="diag", random_state=SEED,
           weight_concentration_prior_type="dirichlet_distribution"))
stored("iris-envelope", IRIS, lambda: EllipticEnvelope(contamination=0.1, random_state=SEED),
       floors={"score": "column"})

# Naive Bayes.
stored("wine-multinomial-nb", WINE, nb.MultinomialNB, words=True)
stored("wine-complement-nb", WINE, lambda: nb.ComplementNB(norm=True))
stored("cancer-bernoulli-nb", CANCER, lambda: scaled(nb.BernoulliNB(binarize=0.2)))
stored("iris-categorical-nb", IRIS,
       lambda: make_pipeline(pp.KBinsDiscretizer(4, encode="ordinal", strategy="uniform"),
                             nb.CategoricalNB(min_categories=4)))

# Kernels and projections.
stored("diabetes-kernel-ridge", SUGAR, lambda: scaled(KernelRidge(kernel="rbf", alpha=0.5)))
stored("linnerud-kernel-ridge-laplacian", "linnerud",
       lambda: scaled(KernelRidge(kernel="laplacian", gamma=0.2)))
stored("wine-kernel-pca", WINE,
       lambda: scaled(decomposition.KernelPCA(4, kernel="rbf", gamma=0.05),
                      LogisticRegression()))
stored("iris-kernel-pca-cosine", IRIS, lambda: decomposition.KernelPCA(3, kernel="cosine"),
       floors={"value": "column"})
stored("wine-nystroem", WINE,
       lambda: scaled(kernel_approximation.Nystroem(n_components=12, random_state=SEED),
                      Ridge()))
stored("wine-nystroem-chi2", WINE,
       lambda: make_pipeline(pp.MinMaxScaler(clip=True), kernel_approximation.Nystroem(
           kernel="chi2", n_components=10, random_state=SEED), LogisticRegression()))
stored("wine-rbf-sampler", WINE,
       lambda: scaled(kernel_approximation.RBFSampler(n_components=20, random_state=SEED),
                      LogisticRegression()))
stored("linnerud-pls", "linnerud", lambda: cross_decomposition.PLSRegression(2))
stored("linnerud-pls-canonical", "linnerud", lambda: cross_decomposition.PLSCanonical(2),
       floors={"value": "column"})
stored("linnerud-cca", "linnerud", lambda: cross_decomposition.CCA(2), floors={"value": "column"})
stored("diabetes-pls-one-target", SUGAR, lambda: cross_decomposition.PLSRegression(3))
stored("wine-factor-analysis", WINE,
       lambda: scaled(decomposition.FactorAnalysis(3, random_state=SEED), LogisticRegression()))
stored("wine-ica", WINE,
       lambda: scaled(decomposition.FastICA(4, random_state=SEED, whiten="unit-variance"),
                      LogisticRegression()))
stored("wine-random-projection", WINE,
       lambda: scaled(make_union(
           random_projection.GaussianRandomProjection(4, random_state=SEED),
           random_projection.SparseRandomProjection(3, random_state=SEED)),
           LogisticRegression()))
stored("wine-quantiles", WINE,
       lambda: make_pipeline(pp.QuantileTransformer(n_quantiles=20), LogisticRegression()),
       rows="wine")
stored("diabetes-quantiles-normal", SUGAR,
       lambda: make_pipeline(pp.QuantileTransformer(n_quantiles=30, output_distribution="normal"),
                             Ridge()), rows="diabetes")

# Gaussian processes. Near the training data the variance is a small difference of large numbers.
for _name, _kernel in {
    "rbf": gp.ConstantKernel(1.0) * gp.RBF(2.0) + gp.WhiteKernel(0.5),
    "matern": gp.Matern(3.0, nu=1.5) + gp.WhiteKernel(0.4),
    "matern-general": gp.Matern(3.0, nu=0.8) + gp.WhiteKernel(0.4),
    "quadratic": gp.RationalQuadratic(2.0, alpha=0.5) * gp.ConstantKernel(2.0) +
                 gp.WhiteKernel(0.4),
    "waves": gp.ExpSineSquared(2.0, periodicity=60.0) + gp.WhiteKernel(0.5),
    "dots": gp.DotProduct(1.0) ** 2 + gp.WhiteKernel(2.0),
}.items():
    stored(f"diabetes-process-{_name}", "diabetes-few",
           lambda kernel=_kernel: scaled(GaussianProcessRegressor(
               kernel, optimizer=None, normalize_y=True)),
           rows="diabetes-some", floors={"std": "column", "value": "column"})
stored("iris-process", "iris-few",
       lambda: GaussianProcessClassifier(1.5 * gp.RBF([1.0, 2.0, 1.0, 2.0]), optimizer=None),
       rows="iris-some", words=True)
stored("cancer-process", "breast-cancer-few",
       lambda: scaled(GaussianProcessClassifier(gp.Matern(2.0, nu=2.5), optimizer=None)),
       rows="breast-cancer-some")

# Categories that become numbers of the target.
NUMBERS, WORDS = ["texture", "points"], ["smoothness", "symmetry", "concavity grade", "border"]
stored("mixed-target-encoder", "mixed", lambda: make_pipeline(ColumnTransformer([
    ("words", pp.TargetEncoder(random_state=SEED), WORDS), ("numbers", "passthrough", NUMBERS)]),
    pp.StandardScaler(), LogisticRegression()), rows="mixed-new", words=True)
stored("mixed-target-encoder-value", "mixed", lambda: ColumnTransformer([
    ("words", pp.TargetEncoder(smooth=5.0, random_state=SEED), WORDS + ["points"])]),
    target="worst area", rows="mixed-new")
