"""Models that are built node by node: the operators' corners, and networks as torch and Keras export
them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from case import Case

ML = "ai.onnx.ml"
FLOAT, DOUBLE, INT64, STRING = (
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.INT64,
    TensorProto.STRING,
)
KINDS = {np.dtype("float32"): FLOAT, np.dtype("float64"): DOUBLE, np.dtype("int64"): INT64}
KINDS[np.dtype("int32")] = TensorProto.INT32
KINDS[np.dtype("bool")] = TensorProto.BOOL
NAN = float("nan")


def model(nodes, feeds, outputs, constants=(), opset=17, ml=3, extra=()):
    """outputs: [(name, type, columns or None for a vector)]"""
    inputs = [
        helper.make_tensor_value_info(
            name, KINDS.get(array.dtype, STRING), [None, *array.shape[1:]]
        )
        for name, array in feeds.items()
    ]
    answers = [
        helper.make_tensor_value_info(name, kind, [None] if columns is None else [None, columns])
        for name, kind, columns in outputs
    ]
    graph = helper.make_graph(
        nodes,
        "built",
        inputs,
        answers,
        [numpy_helper.from_array(array, name) for name, array in constants],
    )
    domains = [("", opset), (ML, ml), *extra]
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*domain) for domain in domains], ir_version=8
    )
    return made, feeds


def one(kind, feeds, outputs, ml=3, domain=ML, opset=17, **attributes):
    node = helper.make_node(
        kind, list(feeds), [name for name, _, _ in outputs], domain=domain, **attributes
    )
    extra = [(domain, 1)] if domain not in ("", ML) else []
    return model([node], feeds, outputs, opset=opset, ml=ml, extra=extra)


def floats(rows):
    return np.array(rows, np.float32)


NUMBERS = floats(
    [
        [0.5, 1, -2],
        [0.75, 0, 3.5],
        [np.nextafter(np.float32(0.5), np.float32(1)), 2, 0],
        [-1, 3, 1e6],
        [0, 0, 0],
        [-0.5, 7, -1e-8],
        [1e30, -4, 2.5],
        [-3.25, 1, -6],
    ]
)
HOLES = np.vstack([NUMBERS, floats([[NAN, 1, 2], [0.2, NAN, 3], [NAN, NAN, NAN]])])


# Trees -----------------------------------------------------------------------------------------


def trees(feature, threshold, leaves, mode="BRANCH_LEQ", tracks=0, roots=2, first=0):
    """Attributes of `roots` trees of depth 2: the nodes, and [(tree, node)] of their leaves."""
    made = {
        key: []
        for key in (
            "treeids nodeids featureids modes values truenodeids falsenodeids missing_value_tracks_true"
        ).split()
    }
    places = []
    for tree in range(roots):
        for node in range(7):
            inner = node < 3
            made["treeids"].append(tree)
            made["nodeids"].append(node + first)
            made["featureids"].append((feature + tree + node) % 3 if inner else 0)
            made["modes"].append(mode if inner else "LEAF")
            made["values"].append(threshold[(tree + node) % len(threshold)] if inner else 0.0)
            made["truenodeids"].append(2 * node + 1 + first if inner else 0)
            made["falsenodeids"].append(2 * node + 2 + first if inner else 0)
            made["missing_value_tracks_true"].append(tracks if inner else 0)
            if not inner:
                places.append((tree, node + first))
    return {"nodes_" + key: value for key, value in made.items()}, places


WEIGHTS = [0.25, -1.5, 3.0, 0.125, -0.75, 2.5, 0.1, 0.3]
POSITIVE = [0.25, 0.05, 0.4, 0.125, 0.3, 0.01, 0.1, 0.45]


def targets(places, ids, weights, prefix):
    return {
        f"{prefix}_treeids": [tree for tree, _ in places for _ in ids],
        f"{prefix}_nodeids": [node for _, node in places for _ in ids],
        f"{prefix}_ids": [i for _ in places for i in ids],
        f"{prefix}_weights": [
            float(np.float32(weights[(p + 3 * k) % len(weights)]))
            for p in range(len(places))
            for k in range(len(ids))
        ],
    }


def regressor(mode="BRANCH_LEQ", tracks=0, ids=(0,), x=HOLES, first=0, **options):
    nodes, places = trees(0, [0.5, 1.0, -0.5], 4, mode, tracks, first=first)
    return one(
        "TreeEnsembleRegressor",
        {"X": x},
        [("Y", FLOAT, len(ids))],
        n_targets=len(ids),
        **nodes,
        **targets(places, ids, WEIGHTS, "target"),
        **options,
    )


def classifier(ids, labels, weights=WEIGHTS, tracks=0, x=HOLES, **options):
    nodes, places = trees(1, [0.5, 1.0, -0.5], 4, tracks=tracks)
    words = isinstance(labels[0], str)
    return one(
        "TreeEnsembleClassifier",
        {"X": x},
        [("label", STRING if words else INT64, None), ("probabilities", FLOAT, len(labels))],
        **nodes,
        **targets(places, ids, weights, "class"),
        **{"classlabels_strings" if words else "classlabels_int64s": labels},
        **options,
    )


def double_regressor():
    nodes, places = trees(0, [0.1, 1.0, -0.5], 4)
    values = np.array(nodes.pop("nodes_values")) + 1e-12
    weighted = targets(places, (0,), [w / 3 for w in WEIGHTS], "target")
    weights = np.array(weighted.pop("target_weights"), np.float64) / 7
    return one(
        "TreeEnsembleRegressor",
        {"X": HOLES.astype(np.float64) / 3},
        [("Y", FLOAT, 1)],
        nodes_values_as_tensor=numpy_helper.from_array(values, "v"),
        target_weights_as_tensor=numpy_helper.from_array(weights, "w"),
        **nodes,
        **weighted,
        n_targets=1,
    )


def ensemble(aggregate=1, transform=0, dtype=np.float32, targets_=1, x=None):
    """TreeEnsemble 5: every mode, a set, a lone leaf."""
    modes = [0, 1, 2, 3, 4, 5, 6, 0]
    features = [0, 1, 2, 0, 1, 1, 1, 0]
    splits = [0.5, 1.0, 0.0, -0.5, 2.0, 3.0, 0.0, 0.0]
    # tree 0: nodes 0-6, one after the other on the false side; tree 1: node 7, both sides leaf 8
    true_nodes, true_leafs = [0, 1, 2, 3, 4, 5, 6, 8], [1] * 8
    false_nodes, false_leafs = [1, 2, 3, 4, 5, 6, 7, 8], [0] * 6 + [1, 1]
    x = HOLES.astype(dtype) if x is None else x
    return one(
        "TreeEnsemble",
        {"X": x},
        [("Y", KINDS[np.dtype(dtype)], targets_)],
        ml=5,
        n_targets=targets_,
        aggregate_function=aggregate,
        post_transform=transform,
        tree_roots=[0, 7],
        nodes_featureids=features,
        nodes_modes=numpy_helper.from_array(np.array(modes, np.uint8), "m"),
        nodes_splits=numpy_helper.from_array(np.array(splits, dtype), "s"),
        nodes_truenodeids=true_nodes,
        nodes_trueleafs=true_leafs,
        nodes_falsenodeids=false_nodes,
        nodes_falseleafs=false_leafs,
        nodes_missing_value_tracks_true=[0, 1, 0, 0, 1, 0, 0, 0],
        membership_values=numpy_helper.from_array(np.array([1.0, 7.0, -4.0, NAN], dtype), "k"),
        leaf_targetids=[i % targets_ for i in range(9)],
        leaf_weights=numpy_helper.from_array(
            np.array([0.5, -1.25, 2, 0.75, -3, 1.5, 4, -0.1, 0.3], dtype), "w"
        ),
    )


def tree_cases(add):
    for mode in ("LEQ", "LT", "GTE", "GT", "EQ", "NEQ"):
        add(f"tree-{mode.lower()}", lambda mode=mode: regressor("BRANCH_" + mode))
        add(f"tree-{mode.lower()}-tracks", lambda mode=mode: regressor("BRANCH_" + mode, 1))
    for name in ("SUM", "AVERAGE", "MIN", "MAX"):
        add(f"tree-{name.lower()}", lambda name=name: regressor(aggregate_function=name))
        add(
            f"tree-{name.lower()}-targets",
            lambda name=name: regressor(
                ids=(0, 1, 2), aggregate_function=name, base_values=[0.5, -1.0, 2.0]
            ),
        )
    add("tree-base", lambda: regressor(base_values=[10.0]))
    add("tree-ids-from-3", lambda: regressor(first=3))
    for name in ("SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"):
        add(
            f"tree-post-{name.lower()}",
            lambda name=name: regressor(ids=(0, 1, 2), post_transform=name),
        )
    add("tree-double", double_regressor)
    for kind in (np.int64, np.int32):
        whole = np.where(np.abs(NUMBERS) < 1e7, NUMBERS, 9).astype(kind)
        add(f"class-input-{np.dtype(kind)}", lambda whole=whole: classifier(
            (0, 1, 2), [5, 7, 9], x=whole))
    add("tree-input-float64", lambda: regressor(x=NUMBERS.astype(np.float64) + 1e-12))
    add("tree-post-logistic-one", lambda: regressor(post_transform="LOGISTIC"))
    add("class-one-first-positive", lambda: classifier((0,), ["no", "yes"], POSITIVE))
    for name in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"):
        low = name.lower().replace("_", "-")
        add(f"class-multi-{low}", lambda name=name: classifier(
            (0, 1, 2), [5, 7, 9], POSITIVE if name == "PROBIT" else WEIGHTS, post_transform=name))
        if name != "PROBIT":
            add(f"class-one-{low}", lambda name=name: classifier((0,), [0, 1], post_transform=name))
            add(f"class-one-positive-{low}", lambda name=name: classifier(
                (1,), ["no", "yes"], POSITIVE, post_transform=name))
            add(f"class-two-{low}", lambda name=name: classifier((0, 1), [0, 1], post_transform=name))
    add("class-two-positive", lambda: classifier((0, 1), [0, 1], POSITIVE))
    add("class-one-base", lambda: classifier((0,), [0, 1], base_values=[0.5]))
    add("class-one-base-2", lambda: classifier((0,), [0, 1], base_values=[9.0, 0.5]))
    add("class-one-base-2-logistic", lambda: classifier(
        (0,), [0, 1], base_values=[9.0, 0.5], post_transform="LOGISTIC"))
    add("class-two-base", lambda: classifier((0, 1), [0, 1], base_values=[0.25, -0.5]))
    add("class-multi-base", lambda: classifier((0, 1, 2), ["a", "b", "c"], base_values=[0.25, -1, 2]))
    add("class-tracks", lambda: classifier((0, 1, 2), ["a", "b", "c"], tracks=1))
    for aggregate, name in enumerate(("average", "sum", "min", "max")):
        add(f"ensemble-{name}", lambda aggregate=aggregate: ensemble(aggregate))
    add("ensemble-double", lambda: ensemble(dtype=np.float64))
    add("ensemble-targets", lambda: ensemble(targets_=3))
    add("ensemble-softmax", lambda: ensemble(targets_=3, transform=1))
    add("ensemble-logistic", lambda: ensemble(targets_=3, transform=2))


# Linear models, machines, preparation ------------------------------------------------------------


def linear_classifier(rows, labels, intercepts=None, x=NUMBERS, **options):
    coefficients = [0.5, -0.25, 1e-3, -0.75, 0.1, 2e-3, 0.2, 0.3, -1e-3][: 3 * rows]
    words = isinstance(labels[0], str)
    return one(
        "LinearClassifier",
        {"X": x},
        [("label", STRING if words else INT64, None), ("scores", FLOAT, max(len(labels), rows))],
        coefficients=coefficients,
        intercepts=intercepts or [0.1, -0.2, 0.05][:rows],
        **{"classlabels_strings" if words else "classlabels_ints": labels},
        **options,
    )


def machine(kernel, classes, probabilities=False, x=NUMBERS[:, :], **options):
    random = np.random.RandomState(11)
    per_class = [3, 2, 4][:classes]
    total = sum(per_class)
    pairs = classes * (classes - 1) // 2
    x = np.where(np.abs(x) < 100, x, 1).astype(np.float32)
    if probabilities:
        options["prob_a"] = [-1.5, -2.0, -0.7][:pairs]
        options["prob_b"] = [0.1, -0.2, 0.05][:pairs]
    return one(
        "SVMClassifier",
        {"X": x},
        [
            ("label", INT64, None),
            ("scores", FLOAT, classes if probabilities or classes == 2 else pairs),
        ],
        kernel_type=kernel,
        kernel_params=[0.3, 0.2, 2.0],
        vectors_per_class=per_class,
        support_vectors=[float(v) for v in np.float32(random.normal(0, 1.5, 3 * total))],
        coefficients=[float(v) for v in np.float32(random.normal(0, 1, (classes - 1) * total))],
        rho=[0.05, -0.1, 0.2][:pairs],
        classlabels_ints=[4, 6, 8][:classes],
        **options,
    )


def machine_regressor(kernel, one_class=0, supports=5):
    random = np.random.RandomState(12)
    vectors = {}
    if supports:
        vectors["support_vectors"] = [float(v) for v in np.float32(random.normal(0, 1.5, 3 * supports))]
    x = np.where(np.abs(NUMBERS) < 100, NUMBERS, 1).astype(np.float32)
    return one(
        "SVMRegressor",
        {"X": x},
        [("Y", FLOAT, 1)],
        kernel_type=kernel,
        kernel_params=[0.3, 0.2, 3.0],
        n_supports=supports,
        coefficients=[float(v) for v in np.float32(random.normal(0, 1, supports or 3))],
        rho=[0.25],
        one_class=one_class,
        **vectors,
    )


def numeric_cases(add):
    add("linear-three", lambda: linear_classifier(3, ["a", "b", "c"]))
    for name in ("LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        add(f"linear-{name.lower()}", lambda name=name: linear_classifier(
            3, [1, 2, 3], post_transform=name))
        add(f"linear-two-{name.lower()}", lambda name=name: linear_classifier(
            2, [1, 2], post_transform=name))
    add("linear-one-two-labels", lambda: linear_classifier(1, ["no", "yes"], post_transform="LOGISTIC"))
    add("linear-int", lambda: linear_classifier(
        3, [1, 2, 3], x=np.where(np.abs(NUMBERS) < 1e7, NUMBERS, 5).astype(np.int64)))
    add("linear-regressor", lambda: one(
        "LinearRegressor", {"X": NUMBERS}, [("Y", FLOAT, 2)], targets=2,
        coefficients=[0.5, -0.25, 1e-3, 0.1, 0.2, 0.3], intercepts=[1.0, -2.0]))
    add("linear-regressor-softmax", lambda: one(
        "LinearRegressor", {"X": NUMBERS[:6]}, [("Y", FLOAT, 2)], targets=2,
        coefficients=[0.5, -0.25, 1e-3, 0.1, 0.2, 0.3], post_transform="SOFTMAX"))
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        low = kernel.lower()
        add(f"svm-{low}-2", lambda kernel=kernel: machine(kernel, 2))
        add(f"svm-{low}-3", lambda kernel=kernel: machine(kernel, 3))
        add(f"svm-{low}-3-probabilities", lambda kernel=kernel: machine(kernel, 3, True))
        add(f"svm-regressor-{low}", lambda kernel=kernel: machine_regressor(kernel))
    add("svm-2-probabilities", lambda: machine("RBF", 2, True))
    add("svm-2-logistic", lambda: machine("RBF", 2, post_transform="LOGISTIC"))
    add("svm-3-softmax", lambda: machine("RBF", 3, post_transform="SOFTMAX"))
    add("svm-one-class", lambda: machine_regressor("RBF", 1))
    add("svm-regressor-no-vectors", lambda: machine_regressor("RBF", supports=0))
    add("svm-linear-mode", lambda: one(
        "SVMClassifier", {"X": NUMBERS[:6]}, [("label", INT64, None), ("scores", FLOAT, 3)],
        coefficients=[0.5, -0.25, 1e-3, 0.1, 0.2, 0.3, -0.4, 0.1, 0.2], rho=[0.5],
        kernel_params=[0.1, 0.0, 3.0], classlabels_ints=[1, 2, 3]))
    add("scaler-each", lambda: one("Scaler", {"X": NUMBERS}, [("Y", FLOAT, 3)],
        offset=[0.5, 1.0, -2.0], scale=[2.0, 0.1, 1 / 3]))
    add("scaler-one", lambda: one("Scaler", {"X": NUMBERS}, [("Y", FLOAT, 3)],
        offset=[0.5], scale=[0.3]))
    add("scaler-double", lambda: one("Scaler", {"X": NUMBERS.astype(np.float64) / 3},
        [("Y", FLOAT, 3)], offset=[0.1, 0.2, 0.3], scale=[0.7]*3))
    for norm in ("MAX", "L1", "L2"):
        add(f"normalizer-{norm.lower()}", lambda norm=norm: one(
            "Normalizer", {"X": NUMBERS}, [("Y", FLOAT, 3)], norm=norm))
    add("binarizer", lambda: one("Binarizer", {"X": NUMBERS}, [("Y", FLOAT, 3)], threshold=0.5))
    add("imputer-nan", lambda: one("Imputer", {"X": HOLES[:11]}, [("Y", FLOAT, 3)],
        imputed_value_floats=[1.5, -2.0, 7.0], replaced_value_float=NAN))
    add("imputer-number", lambda: one("Imputer", {"X": NUMBERS}, [("Y", FLOAT, 3)],
        imputed_value_floats=[9.0], replaced_value_float=0.0))
    whole = np.array([[1, 2], [3, 4], [-1, 3], [0, 9]], np.int64)
    add("imputer-int", lambda: one("Imputer", {"X": whole}, [("Y", INT64, 2)],
        imputed_value_int64s=[8, 7], replaced_value_int64=3))


# Words and codes ---------------------------------------------------------------------------------

WORDS = np.array([["b"], ["a"], [""], ["zz"], ["A"], ["ä"]], object)
KNOWN = np.array([["b"], ["a"], ["ä"]], object)  # a label is one of the list
CODES = np.array([[1], [2], [0], [-5], [7], [2]], np.int64)
REALS = floats([[1], [2.5], [NAN], [-0.0], [7], [0.1]])


def encoder_cases(add):
    add("encode-word-int", lambda: one("LabelEncoder", {"X": KNOWN}, [("Y", INT64, 1)],
        keys_strings=["a", "b", "ä"], values_int64s=[10, 20, 30], default_int64=-7, ml=2))
    add("encode-int-word", lambda: one("LabelEncoder", {"X": CODES[:2]}, [("Y", STRING, 1)],
        keys_int64s=[1, 2], values_strings=["one", "two"], ml=2))
    add("encode-float-float", lambda: one("LabelEncoder", {"X": REALS}, [("Y", FLOAT, 1)],
        keys_floats=[1.0, 2.5, NAN, 0.1], values_floats=[0.1, 0.2, 0.3, 0.4], default_float=NAN, ml=2))
    add("encode-float-int", lambda: one("LabelEncoder", {"X": REALS[[0, 3, 5]]}, [("Y", INT64, 1)],
        keys_floats=[1.0, 0.0, 0.1], values_int64s=[4, 5, 6], ml=2))
    add("encode-word-word", lambda: one("LabelEncoder", {"X": WORDS[:2]}, [("Y", STRING, 1)],
        keys_strings=["a", "b"], values_strings=["alpha", "beta"], default_string="?", ml=2))
    add("encode-word-float", lambda: one("LabelEncoder", {"X": WORDS}, [("Y", FLOAT, 1)],
        keys_strings=["a", "b"], values_floats=[0.5, 1.5], ml=2))
    add("encode-1-words", lambda: one("LabelEncoder", {"X": WORDS}, [("Y", INT64, 1)],
        classes_strings=["a", "b", "zz"], default_int64=-3, ml=1))
    add("encode-4-double", lambda: one("LabelEncoder", {"X": REALS.astype(np.float64)},
        [("Y", DOUBLE, 1)], ml=4,
        keys_tensor=numpy_helper.from_array(np.array([1, 7, NAN]), "k"),
        values_tensor=numpy_helper.from_array(np.array([0.5, 1.5, 2.5]), "v"),
        default_tensor=numpy_helper.from_array(np.array([-1.0]), "d")))
    add("encode-4-words", lambda: one("LabelEncoder", {"X": KNOWN}, [("Y", INT64, 1)], ml=4,
        keys_strings=["a", "b", "ä"],
        values_tensor=numpy_helper.from_array(np.array([3, 4, 5], np.int64), "v"),
        default_tensor=numpy_helper.from_array(np.array([-9], np.int64), "d")))
    add("mapper-words", lambda: one("CategoryMapper", {"X": WORDS}, [("Y", INT64, 1)],
        cats_strings=["a", "b"], cats_int64s=[5, 6], default_int64=-2))
    add("one-hot-words", lambda: one("OneHotEncoder", {"X": WORDS}, [("Y", FLOAT, 1)],
        cats_strings=["a", "b", "ä"], zeros=1))
    add("one-hot-ints", lambda: one("OneHotEncoder", {"X": CODES}, [("Y", FLOAT, 1)],
        cats_int64s=[0, 1, 2], zeros=1))
    add("one-hot-floats", lambda: one("OneHotEncoder", {"X": floats([[1.9], [2], [-0.5], [3]])},
        [("Y", FLOAT, 1)], cats_int64s=[0, 1, 2], zeros=1))
    add("feature-vectorizer", lambda: one("FeatureVectorizer",
        {"A": NUMBERS, "B": NUMBERS[:, :2], "C": NUMBERS[:, :1]}, [("Y", FLOAT, 6)],
        inputdimensions=[2, 3, 1]))
    add("feature-extractor", lambda: model(
        [helper.make_node("ArrayFeatureExtractor", ["X", "i"], ["Y"], domain=ML)],
        {"X": NUMBERS}, [("Y", FLOAT, 3)], [("i", np.array([2, 0, 2], np.int64))]))


# Texts -------------------------------------------------------------------------------------------

LINES = np.array(
    [["the Quick fox"], ["Über straße ÄÖ"], [""], ["a,b;c d"], ["the the 12 fox fox"], ["x"]], object
)


def tokens(**options):
    return helper.make_node("Tokenizer", ["X"], ["tokens"], domain="com.microsoft", **{
        "mark": 0, "mincharnum": 1, "pad_value": "#", **options})


def text(nodes, columns, feeds=None, constants=()):
    return model(nodes, feeds or {"X": LINES}, [("Y", FLOAT, columns)], constants,
                 extra=[("com.microsoft", 1)])


def counted(pool, indexes, counts=(0,), mode="TF", smallest=1, largest=1, skip=0, **options):
    return helper.make_node("TfIdfVectorizer", ["flat"], ["Y"], mode=mode, min_gram_length=smallest,
        max_gram_length=largest, max_skip_count=skip, ngram_counts=list(counts),
        ngram_indexes=list(indexes), **{
            "pool_strings" if isinstance(pool[0], str) else "pool_int64s": pool}, **options)


def flat():
    return helper.make_node("Flatten", ["tokens"], ["flat"], axis=1)


def text_cases(add):
    words = ["the", "fox", "quick", "Quick", "x", "straße"]
    add("text-separators", lambda: text(
        [tokens(separators=[" ", ",", ";"]), flat(), counted(words, range(6))], 6))
    add("text-pattern", lambda: text(
        [tokens(tokenexp="[a-zA-Z]+"), flat(), counted(words, range(6))], 6))
    add("text-chars", lambda: text(
        [tokens(separators=[""]), flat(), counted(list("aefxäß"), range(6))], 6))
    add("text-mark", lambda: text(
        [tokens(separators=[" "], mark=1), flat(), counted([*words[:4], "\x02", "\x03"], range(6))], 6))
    add("text-long-words", lambda: text(
        [tokens(separators=[" "], mincharnum=4), flat(), counted(words, range(6))], 6))
    for change in ("LOWER", "UPPER", "NONE"):
        add(f"text-{change.lower()}", lambda change=change: text(
            [
                tokens(separators=[" "]),
                flat(),
                counted(["the", "THE", "über", "ÜBER", "Quick", "QUICK"], range(6)),
            ] if change == "NONE" else [
                helper.make_node("Flatten", ["X"], ["x1"], axis=1) if False else
                helper.make_node("Reshape", ["X", "shape"], ["x1"]),
                helper.make_node("StringNormalizer", ["x1"], ["x2"], case_change_action=change,
                                 is_case_sensitive=1),
                helper.make_node("Reshape", ["x2", "column"], ["x3"]),
                helper.make_node("Tokenizer", ["x3"], ["tokens"], domain="com.microsoft", mark=0,
                                 mincharnum=1, pad_value="#", separators=[" "]),
                flat(),
                counted(["the", "THE", "über", "ÜBER", "quick", "QUICK"], range(6)),
            ], 6, constants=[] if change == "NONE" else [
                ("shape", np.array([-1], np.int64)), ("column", np.array([-1, 1], np.int64))]))
    for mode in ("TF", "IDF", "TFIDF"):
        codes = np.array([[1, 1, 3, 3, 3, 8], [8, 6, 7, 1, 3, 5], [0, 0, 0, 0, 0, 0]], np.int64)
        for skip in (0, 2):
            add(f"ngrams-{mode.lower()}-skip-{skip}", lambda mode=mode, skip=skip, codes=codes: model(
                [helper.make_node("Identity", ["X"], ["flat"]),
                 counted([1, 3, 8, 1, 3, 3, 3, 7, 1, 6, 7, 1], [3, 0, 2, 1, 4, 5, 6], (0, 3, 9), mode,
                         1, 3, skip, weights=[0.5, 2.0, 1.0, 3.0, 0.25, 4.0, 7.0])],
                {"X": codes}, [("Y", FLOAT, 7)]))
        add(f"ngrams-{mode.lower()}-bigrams-only", lambda mode=mode, codes=codes: model(
            [helper.make_node("Identity", ["X"], ["flat"]),
             counted([1, 3, 8, 1, 3, 3, 3, 8, 6], [0, 1, 2, 3, 4, 5], (0, 3), mode, 2, 2, 1)],
            {"X": codes}, [("Y", FLOAT, 6)]))


# Networks ----------------------------------------------------------------------------------------


def weight(*shape, seed=0, dtype=np.float32):
    random = np.random.RandomState(seed + sum(shape))
    return np.round(random.normal(0, 0.6, shape), 3).astype(dtype)


def network(activation, last=None, double=False, **options):
    """Gemm with transB, as torch writes its Linear layers."""
    dtype = np.float64 if double else np.float32
    x = np.where(np.abs(NUMBERS) < 100, NUMBERS, 2).astype(dtype)
    nodes = [
        helper.make_node("Gemm", ["X", "w1", "b1"], ["h1"], transB=1),
        helper.make_node(activation, ["h1"], ["h2"], **options),
        helper.make_node("Gemm", ["h2", "w2", "b2"], ["h3" if last else "Y"], transB=1),
    ]
    if last:
        nodes.append(helper.make_node(last, ["h3"], ["Y"]))
    constants = [
        ("w1", weight(5, 3, dtype=dtype)), ("b1", weight(5, dtype=dtype)),
        ("w2", weight(4, 5, dtype=dtype)), ("b2", weight(4, dtype=dtype)),
    ]
    return model(nodes, {"X": x}, [("Y", KINDS[np.dtype(dtype)], 4)], constants, opset=20)


def chain(nodes, columns, constants=(), opset=17, x=None):
    x = np.where(np.abs(NUMBERS) < 100, NUMBERS, 2).astype(np.float32) if x is None else x
    made = [helper.make_node(kind, inputs, outputs, **options)
            for kind, inputs, outputs, options in nodes]
    return model(made, {"X": x}, [("Y", FLOAT, columns)], constants, opset=opset)


def network_cases(add):
    for name in ("Relu", "Tanh", "Sigmoid", "LeakyRelu", "Elu", "Selu", "HardSigmoid", "Softplus",
                 "Softsign", "Gelu", "HardSwish", "Celu"):
        add(f"net-{name.lower()}", lambda name=name: network(name))
    add("net-softmax", lambda: network("Relu", "Softmax"))
    add("net-log-softmax", lambda: network("Relu", "LogSoftmax"))
    add("net-double", lambda: network("Tanh", "Softmax", double=True))
    add("net-gelu-tanh", lambda: network("Gelu", approximate="tanh"))
    add("net-keras", lambda: chain([
        ("MatMul", ["X", "w"], ["a"], {}), ("Add", ["a", "b"], ["c"], {}),
        ("Relu", ["c"], ["d"], {}), ("MatMul", ["d", "v"], ["e"], {}),
        ("Add", ["e", "u"], ["f"], {}), ("Softmax", ["f"], ["Y"], {})], 2,
        [("w", weight(3, 4)), ("b", weight(4)), ("v", weight(4, 2)), ("u", weight(2))]))
    add("net-batch-normalization", lambda: chain([
        ("BatchNormalization", ["X", "s", "b", "m", "v"], ["Y"], {"epsilon": 1e-3})], 3,
        [("s", weight(3)), ("b", weight(3, seed=1)), ("m", weight(3, seed=2)),
         ("v", np.abs(weight(3, seed=3)) + np.float32(0.5))]))
    add("net-layer-normalization", lambda: chain([
        ("LayerNormalization", ["X", "s", "b"], ["Y"], {"axis": -1})], 3,
        [("s", weight(3)), ("b", weight(3, seed=1))]))
    add("net-erf-gelu", lambda: chain([
        ("Div", ["X", "r"], ["a"], {}), ("Erf", ["a"], ["b"], {}), ("Add", ["b", "one"], ["c"], {}),
        ("Mul", ["X", "c"], ["d"], {}), ("Mul", ["d", "half"], ["Y"], {})], 3,
        [("r", np.float32(np.sqrt(2))), ("one", np.float32(1)), ("half", np.float32(0.5))]))
    add("net-dropout-flatten", lambda: chain([
        ("Dropout", ["X"], ["a"], {}), ("Flatten", ["a"], ["b"], {"axis": 1}),
        ("Identity", ["b"], ["Y"], {})], 3))
    add("net-split-where", lambda: chain([
        ("Split", ["X", "parts"], ["a", "b"], {"axis": 1}), ("Greater", ["b", "zero"], ["c"], {}),
        ("Where", ["c", "b", "a"], ["d"], {}), ("Concat", ["d", "a"], ["Y"], {"axis": 1})], 3,
        [("parts", np.array([1, 2], np.int64)), ("zero", np.float32(0))]))
    add("net-prelu", lambda: chain([("PRelu", ["X", "s"], ["Y"], {})], 3, [("s", weight(3))]))
    add("net-slice-squeeze", lambda: chain([
        ("Slice", ["X", "from", "to", "axes"], ["a"], {}), ("Squeeze", ["a", "axes"], ["b"], {}),
        ("Unsqueeze", ["b", "axes"], ["c"], {}), ("Expand", ["c", "shape"], ["d"], {}),
        ("Min", ["d", "X"], ["Y"], {})], 3,
        [("from", np.array([1], np.int64)), ("to", np.array([2], np.int64)),
         ("axes", np.array([1], np.int64)), ("shape", np.array([1, 3], np.int64))]))
    add("net-reduce", lambda: chain([
        ("ReduceMean", ["X"], ["m"], {"axes": [1], "keepdims": 1}),
        ("Sub", ["X", "m"], ["a"], {}), ("ReduceL2", ["a"], ["n"], {"axes": [1], "keepdims": 1}),
        ("Add", ["n", "e"], ["o"], {}), ("Div", ["a", "o"], ["b"], {}),
        ("Clip", ["b", "low", "high"], ["Y"], {})], 3,
        [("e", np.float32(1e-5)), ("low", np.float32(-0.5)), ("high", np.float32(0.6))]))
    for opset in (7, 9, 11, 13):
        add(f"net-softmax-opset-{opset}", lambda opset=opset: chain([
            ("Gemm", ["X", "w", "b"], ["a"], {}), ("Softmax", ["a"], ["Y"], {"axis": 1})], 2,
            [("w", weight(3, 2)), ("b", weight(2))], opset))


def cases(environment):
    made = []
    if environment != "2026":
        return made

    def add(name, make):
        made.append(Case(f"built-{name}", make, False, "onnx.helper " + onnx.__version__))

    tree_cases(add)
    numeric_cases(add)
    encoder_cases(add)
    text_cases(add)
    network_cases(add)
    return made
