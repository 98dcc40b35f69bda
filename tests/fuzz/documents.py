"""Model documents that fuzz_document starts from, good and bad ones."""

INPUTS = [
    {"name": "age", "min": 0, "max": 99, "on_missing": {"replace": 3}, "on_out_of_range": "clip"},
    {
        "name": "deck",
        "type": "category",
        "values": ["b", 8],
        "required": False,
        "on_missing": "zero",
        "on_unknown": {"replace": "b"},
    },
]


def document(**members):
    return {"format": "omen/1", "inputs": [{"name": "x"}, {"name": "y"}], **members}


def golden(row, **answers):
    return {"rows": [{"in": row, "out": answers}]}


LINEAR = {"op": "linear_classifier", "coef_": [[1, 0]], "intercept_": [-1]}
LOGISTIC = {"op": "logistic_regression", "coef_": [[1, 0]], "intercept_": [-1]}
RIDGE = {"op": "ridge", "coef_": [1, 2]}
TREES = {
    "compare": "<=",
    "dtype": "float32",
    "sum_dtype": "float64",
    "trees": [{"feature": [0, 0, 0], "threshold": [1.5, 0, 0], "left": [1, -1, -1], "value": [0, 1, 3]}],
}


def members(*operators, **more):
    return [{"steps": [operator], **more} for operator in operators]


GOOD = {
    "votes": document(
        model={"op": "voting_classifier", "weights": [1, 2], "estimators": members(LINEAR, LOGISTIC)},
        golden=golden([3, 0], label=1, probability=[0, 1]),
    ),
    "soft-votes": document(
        model={
            "op": "voting_classifier",
            "voting": "soft",
            "classes": 3,
            "estimators": members(LOGISTIC, classes=[0, 2]),
        },
        golden=golden([1, 0], label=0, probability=[0.5, 0, 0.5]),
    ),
    "means": document(
        model={"op": "voting_regressor", "estimators": members(RIDGE, RIDGE)},
        golden=golden([1, 1], value=3),
    ),
    "medians": document(
        model={
            "op": "voting_regressor",
            "aggregate": "weighted_median",
            "weights": [1, 2],
            "estimators": members(RIDGE, {"op": "tree_ensemble", **TREES}),
        },
        golden=golden([1, 1], value=1),
    ),
    "boosted-labels": document(
        model={
            "op": "ada_boost_classifier",
            "estimator_weights_": [1, 2],
            "estimators": members(LINEAR, LOGISTIC),
        },
        golden=golden([3, 0], label=1),
    ),
    "boosted-logarithms": document(
        model={
            "op": "ada_boost_classifier",
            "algorithm": "SAMME.R",
            "estimator_weights_": [1],
            "estimators": members(LOGISTIC),
        },
        golden=golden([3, 0], label=1),
    ),
    "boosted-init": document(
        model={"op": "gradient_boosting", **TREES, "init": {"steps": [RIDGE]}},
        golden=golden([1, 1], value=4),
    ),
    "boosted-init-classes": document(
        model={
            "op": "gradient_boosting",
            **TREES,
            "task": "classification",
            "init_link": "half_logit",
            "link_scale": 2,
            "init": {"steps": [LOGISTIC]},
        },
        golden=golden([1, 1], label=1, score=1),
    ),
    "sigmoids": document(
        model={
            "op": "calibrated_classifier",
            "method": "sigmoid",
            "estimators": members(LINEAR, calibrators=[{"a_": -1, "b_": 0}]),
        },
        golden=golden([1, 0], label=0, probability=[0.5, 0.5]),
    ),
    "steps-of-a-calibrator": document(
        model={
            "op": "calibrated_classifier",
            "method": "isotonic",
            "estimators": members(
                LINEAR, calibrators=[{"X_thresholds_": [0, 1], "y_thresholds_": [0, 1]}]
            ),
        },
        golden=golden([1.25, 0], label=0, probability=[0.75, 0.25]),
    ),
    "temperature": document(
        model={
            "op": "calibrated_classifier",
            "method": "temperature",
            "estimators": members(LOGISTIC, beta_=0.5, response="probability"),
        },
        golden=golden([1, 0], label=0, probability=[0.5, 0.5]),
    ),
    "rest": document(
        model={"op": "one_vs_rest_classifier", "estimators": members(LOGISTIC, LOGISTIC, LINEAR)},
        golden=golden([1, 0], label=0),
    ),
    "pairs": document(
        model={"op": "one_vs_one_classifier", "estimators": members(LINEAR, LINEAR, LOGISTIC)},
        golden=golden([0, 0], label=0),
    ),
    "isolation": document(
        model={"op": "isolation_forest", **TREES, "denominator": 1, "offset_": -0.5},
        golden=golden([1, 0], label=1, score=0),
    ),
    "isotonic": document(
        steps=[{"op": "select", "columns": ["x"]}],
        model={
            "op": "isotonic_regression",
            "out_of_bounds": "clip",
            "X_thresholds_": [0, 2],
            "y_thresholds_": [1, 5],
        },
        golden=golden([1, 9], value=3),
    ),
    "stack": document(
        steps=[
            {
                "op": "feature_union",
                "transformers": [
                    {
                        "steps": [
                            {
                                "op": "prediction_columns",
                                "output": "label",
                                "classes": [-1, 7],
                                "indices": [0],
                                "steps": [{"op": "standard_scaler"}, LOGISTIC],
                            }
                        ]
                    },
                    {"steps": [{"op": "prediction_columns", "steps": [RIDGE]}]},
                ],
            }
        ],
        model=RIDGE,
        golden=golden([3, 1], value=17),
    ),
    "linear": document(
        steps=[{"op": "standard_scaler", "mean_": [1, 2], "scale_": [2, 4]}],
        model={"op": "linear_regression", "coef_": [1, 2], "intercept_": 0.5},
        golden=golden([3, 6], value=3.5),
    ),
    "whole": {
        "format": "omen/1",
        "name": "small",
        "source": {"trainer": "by hand"},
        "inputs": INPUTS,
        "steps": [{"op": "select", "columns": ["age"]}],
        "model": {"op": "logistic_regression", "coef_": [[0.5]], "intercept_": [0]},
        "outputs": {
            "labels": ["no", "yes"],
            "names": {"probability": "p"},
            "threshold": 0.25,
            "round": 3,
        },
        "golden": {
            "rtol": 1e-3,
            "rows": [
                {"in": {"age": 200, "deck": "q"}, "out": {"label": "yes"}},
                {"in": [None, None], "out": {"p": [0.182, 0.818]}},
            ],
        },
        "baseline": {
            "rows": 3,
            "features": {
                "age": {"mean": 1, "edges": [0, 1, 2], "counts": [1, 2]},
                "deck": {"counts": {"b": 1, "8": 2}},
            },
            "prediction": {"counts": {"no": 1, "yes": 2}},
        },
    },
    "side-by-side": document(
        steps=[
            {
                "op": "column_transformer",
                "transformers": [
                    {"columns": ["y"], "steps": []},
                    {"columns": ["x"], "steps": [{"op": "standard_scaler", "scale_": [2]}]},
                ],
            },
            {"op": "feature_union", "transformers": [{"steps": [{"op": "passthrough"}]}]},
        ],
        golden=golden([4, 1], value=[1, 2]),
    ),
    "targets": document(
        model={"op": "ridge", "coef_": [[1, 0], [0, 1]], "intercept_": [0, 1]},
        outputs={"targets": ["a", "b"], "names": {"value": "both"}},
        golden=golden({"x": 1, "y": 2}, both=[1, 3]),
    ),
    "network": document(
        model={
            "op": "mlp_classifier",
            "coefs_": [[[1, -1], [0.5, 2]], [[1, 0, 1], [0, 1, 1]]],
            "intercepts_": [[0, 0], [0, 0, -1]],
            "activation": "relu",
            "out_activation_": "softmax",
        },
        golden=golden([1, 1], label=0),
    ),
    "naive-bayes": document(
        model={
            "op": "gaussian_nb",
            "theta_": [[0, 0], [1, 1]],
            "var_": [[1, 1], [1, 2]],
            "class_prior_": [0.5, 0.5],
        },
        golden=golden([0, 0], label=0),
    ),
    "encoders": {
        "format": "omen/1",
        "inputs": [
            {"name": "n", "on_missing": "nan"},
            {"name": "w", "type": "category", "values": ["a", "b", "c"], "on_unknown": "zero"},
        ],
        "steps": [
            {
                "op": "column_transformer",
                "transformers": [
                    {
                        "columns": ["n"],
                        "steps": [
                            {
                                "op": "simple_imputer",
                                "statistics_": [2],
                                "indicator_features_": [0],
                            }
                        ],
                    },
                    {
                        "columns": ["w"],
                        "steps": [
                            {
                                "op": "one_hot_encoder",
                                "categories_": [["a", "b", "c"]],
                                "infrequent_categories_": [["b", "c"]],
                                "handle_unknown": "infrequent_if_exist",
                            }
                        ],
                    },
                    {
                        "columns": ["w"],
                        "steps": [
                            {
                                "op": "ordinal_encoder",
                                "categories_": [["a", "b", "c"]],
                                "handle_unknown": "use_encoded_value",
                                "unknown_value": -1,
                            }
                        ],
                    },
                    {
                        "columns": ["n"],
                        "steps": [{"op": "missing_indicator", "features_": [0]}],
                    },
                ],
            },
        ],
        "golden": golden([None, "b"], value=[2, 1, 0, 1, 1, 1]),
    },
    "shapes": document(
        steps=[
            {"op": "robust_scaler", "center_": [0, 1]},
            {"op": "max_abs_scaler", "scale_": [2, 1]},
            {"op": "min_max_scaler", "scale_": [1, 1], "min_": [0, 0], "clip": True},
            {"op": "power_transformer", "lambdas_": [1, 1], "mean_": [0, 0], "scale_": [1, 1]},
            {"op": "polynomial_features", "degree": 2, "interaction_only": True},
            {"op": "pca", "components_": [[0, 1, 0, 0], [0, 0, 1, 0]], "mean_": [0, 0, 0, 0]},
            {"op": "function_transformer", "func": "square"},
            {"op": "normalizer", "norm": "max"},
            {"op": "k_bins_discretizer", "bin_edges_": [[0, 1, 2], [0, 1]], "encode": "onehot"},
            {"op": "binarizer", "threshold": 0.5},
            {"op": "select", "indices": [2, 1]},
            {"op": "spline_transformer", "knots_": [[-1, 0, 1, 2], [-1, 0, 1, 2]], "degree": 1, "extrapolation": "linear"},
            {"op": "select", "indices": [2, 1]},
        ],
        golden=golden([1, 1], value=[0, 1]),
    ),
    "neighbors": document(
        steps=[{"op": "center_distances", "cluster_centers_": [[0, 0], [3, 4]]}],
        model={
            "op": "k_neighbors_classifier",
            "points_": [[0, 5], [5, 0], [1, 1]],
            "labels_": [0, 1, 1],
            "n_neighbors": 2,
            "weights": "distance",
            "metric": "minkowski",
            "p": 3,
        },
        golden=golden([0, 0], label=0),
    ),
    "radius": document(
        model={
            "op": "radius_neighbors_regressor",
            "points_": [[0, 1], [1, 0]],
            "targets_": [[1, 3]],
            "radius": 1,
            "metric": "chebyshev",
        },
        golden=golden([0, 0], value=2),
    ),
    "outliers": document(
        model={
            "op": "local_outlier_factor",
            "points_": [[0, 1], [1, 0], [0, 0]],
            "n_neighbors": 2,
            "distances_": [1, 1, 1],
            "densities_": [1, 1, 1],
            "offset_": -1.5,
        },
        golden=golden([0, 0], label=1),
    ),
    "envelope": document(
        model={
            "op": "elliptic_envelope",
            "location_": [0, 0],
            "precision_": [[1, 0], [0, 1]],
            "offset_": -4,
        },
        golden=golden([1, 1], label=1, score=2),
    ),
    "mixture": document(
        model={
            "op": "gaussian_mixture",
            "means_": [[0, 0], [1, 1]],
            "log_weights_": [-0.7, -0.7],
            "covariance_type": "tied",
            "precisions_cholesky_": [[[1, 0.5], [0, 1]]],
        },
        golden=golden([0, 0], label=0),
    ),
    "counts": document(
        steps=[{"op": "quantile_transformer", "quantiles_": [[0, 0], [4, 9]], "references_": [0, 1]}],
        model={
            "op": "multinomial_nb",
            "feature_log_prob_": [[-1, -2], [-2, -1]],
            "class_log_prior_": [-0.7, -0.7],
        },
        golden=golden([4, 0], label=0),
    ),
    "categories": document(
        model={
            "op": "categorical_nb",
            "feature_log_prob_": [[[-1, -2], [-2, -1]], [[-1], [-1]]],
            "class_log_prior_": [-0.7, -0.7],
        },
        golden=golden([1, 0], label=1),
    ),
    "machine": document(
        model={
            "op": "svc",
            "kernel": "poly",
            "degree": 2,
            "gamma": 1,
            "support_vectors_": [[0, 1], [1, 0], [1, 1]],
            "n_support_": [1, 1, 1],
            "dual_coef_": [[1, -1, -1], [1, 1, -1]],
            "intercept_": [0.5, 0, -0.5],
            "prob_a_": [-1, -1, -1],
            "prob_b_": [0, 0, 0],
        },
        golden=golden([0, 2], label=2),
    ),
    "kernels": document(
        steps=[
            {
                "op": "pairwise_kernel",
                "kernel": "chi2",
                "x_fit_": [[0, 1], [1, 0]],
                "k_fit_rows_": [0, 0],
                "k_fit_all_": 0,
            }
        ],
        model={
            "op": "svr",
            "kernel": "linear",
            "support_vectors_": [[1, -1]],
            "dual_coef_": [[1]],
            "intercept_": 2,
        },
        golden=golden([1, 1], value=2),
    ),
    "texts": {
        "format": "omen/1",
        "inputs": [{"name": "t", "type": "text"}, {"name": "n"}],
        "steps": [
            {
                "op": "column_transformer",
                "transformers": [
                    {
                        "columns": ["t"],
                        "steps": [
                            {
                                "op": "count_vectorizer",
                                "vocabulary_": ["cat", "dog", "cat dog"],
                                "ngram_range": [1, 2],
                                "stop_words": ["the"],
                            },
                            {"op": "tfidf_transformer", "idf_": [1, 2, 3], "norm": "l1"},
                        ],
                    },
                    {
                        "columns": ["t"],
                        "steps": [
                            {"op": "hashing_vectorizer", "n_features": 3, "analyzer": "char_wb"}
                        ],
                    },
                    {"columns": ["n"], "steps": []},
                ],
            }
        ],
        "model": {"op": "ridge", "coef_": [6, 6, 6, 0, 0, 0, 1], "intercept_": 1},
        "golden": golden(["The cat the DOG", 2], value=9),
    },
    "process": document(
        model={
            "op": "gaussian_process_regressor",
            "kernel_": {
                "kind": "sum",
                "left": {
                    "kind": "product",
                    "left": {"kind": "constant", "value": 2},
                    "right": {"kind": "matern", "length_scale": [1, 2], "nu": 0.7},
                },
                "right": {"kind": "white", "noise": 0.5},
            },
            "x_train_": [[0, 0], [1, 1]],
            "alpha_": [[1, -1]],
            "y_train_mean_": [3],
            "y_train_std_": [2],
            "l_": [[1, 0], [0.5, 1]],
        },
        golden=golden([1000000, 0], value=3),
    ),
    "process-of-classes": document(
        model={
            "op": "gaussian_process_classifier",
            "x_train_": [[0, 0], [1, 1]],
            "machines": [
                {
                    "kernel_": {"kind": "power", "left": {"kind": "dot_product", "sigma_0": 1},
                                "exponent": 2},
                    "weights_": [-0.5, 0.5],
                    "w_sr_": [0.5, 0.5],
                    "l_": [[2, 0], [1, 2]],
                }
            ],
        },
        golden=golden([1, 1], label=1),
    ),
    "target-means": {
        "format": "omen/1",
        "inputs": [{"name": "w", "type": "category", "values": ["a", "b"], "on_unknown": "zero"}],
        "steps": [{
            "op": "target_encoder",
            "categories_": [["a", "b"]],
            "encodings_": [[1, 2], [3, 4]],
            "target_mean_": [5, 6],
        }],
        "golden": golden(["b"], value=[2, 4]),
    },
}

BAD = {
    "unknown-member": document(model={"op": "ridge", "coef_": [1, 2], "coef": 1}),
    "no-model": document(),
    "sidecar": document(model={"file": "m.ubj", "format": "xgboost"}),
    "ragged": document(model={"op": "linear_classifier", "coef_": [[1, 2], [3]]}),
    "wrong-answer": document(
        model={"op": "ridge", "coef_": [1, 2]}, golden=golden([1, 2], value=[1, 2])
    ),
}
