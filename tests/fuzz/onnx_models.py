"""Small ONNX models, written byte by byte: nothing but Python itself is needed."""

import struct

FLOAT, INT32, INT64, STRING, BOOL, DOUBLE = 1, 6, 7, 8, 9, 11


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, kind, dims, values):
    out = b"".join(number(1, dim) for dim in dims) + number(2, kind) + block(8, name)
    if kind == FLOAT:
        return out + block(4, struct.pack(f"<{len(values)}f", *values))
    if kind == DOUBLE:
        return out + block(9, struct.pack(f"<{len(values)}d", *values))
    if kind == INT64:
        return out + block(7, b"".join(map(varint, values)))
    if kind == STRING:
        return out + b"".join(block(6, value) for value in values)
    return out + block(5, b"".join(map(varint, values)))


def attribute(name, value):
    out = block(1, name)
    if isinstance(value, float):
        return out + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, int):
        return out + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return out + block(4, value) + number(20, 3)
    if isinstance(value, tuple):  # ("tensor", bytes) or ("graph", bytes)
        field, kind = {"tensor": (5, 4), "graph": (6, 5)}[value[0]]
        return out + block(field, value[1]) + number(20, kind)
    if value and isinstance(value[0], float):
        data = b"".join(varint(7 << 3 | 5) + struct.pack("<f", each) for each in value)
        return out + data + number(20, 6)
    if value and isinstance(value[0], str):
        return out + b"".join(block(9, each) for each in value) + number(20, 8)
    return out + b"".join(number(8, each) for each in value) + number(20, 7)


def node(kind, inputs, outputs, domain="", **attributes):
    out = b"".join(block(1, name) for name in inputs.split(","))
    out += b"".join(block(2, name) for name in outputs.split(","))
    out += block(3, f"n_{kind}") + block(4, kind) + block(7, domain)
    return out + b"".join(block(5, attribute(*each)) for each in attributes.items())


def value(name, kind, dims):
    """dims: None for what may be anything."""
    shape = b"".join(block(1, block(2, "N") if dim is None else number(1, dim)) for dim in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def graph(nodes, inputs, outputs, constants=()):
    out = b"".join(block(1, each) for each in nodes) + block(2, "g")
    out += b"".join(block(5, each) for each in constants)
    return out + b"".join(block(11, each) for each in inputs) + b"".join(block(12, each) for each in outputs)


def model(body, opset=17, ml=3):
    sets = b"".join(block(8, block(1, domain) + number(2, version))
                    for domain, version in (("", opset), ("ai.onnx.ml", ml), ("com.microsoft", 1)))
    return number(1, 8) + block(2, "test") + block(7, body) + sets


X = value("x", FLOAT, [None, 3])


def chain(*nodes, constants=(), x=X, y=value("y", FLOAT, [None, 2]), **options):
    return model(graph(nodes, [x], [y], constants), **options)


def branch(kind):
    return ("graph", graph([node(kind, "x", "b")], [], [value("b", FLOAT, [None, 3])]))


def shape(name, *dims):
    return tensor(name, INT64, [len(dims)], dims)


W = tensor("w", FLOAT, [3, 2], [0.5, -1, 2, 0, 1, 3])
V = tensor("v", FLOAT, [2], [0.1, -0.2])
TREES = {
    "nodes_treeids": [0, 0, 0], "nodes_nodeids": [0, 1, 2], "nodes_featureids": [1, 0, 0],
    "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"], "nodes_values": [0.5, 0.0, 0.0],
    "nodes_truenodeids": [1, 0, 0], "nodes_falsenodeids": [2, 0, 0],
}


def loop_body():
    nodes = [node("Add", "a,x", "b"), node("Identity", "c", "d"), node("ReduceSum", "b", "s")]
    return ("graph", graph(nodes, [value("i", INT64, []), value("c", BOOL, []), value("a", FLOAT, [None, 3])],
                           [value("d", BOOL, []), value("b", FLOAT, [None, 3]), value("s", FLOAT, [1, 1])]))


def scan_body():
    nodes = [node("Add", "s,r", "t"), node("Identity", "t", "u")]
    return ("graph", graph(nodes, [value("s", FLOAT, [3]), value("r", FLOAT, [3])],
                           [value("t", FLOAT, [3]), value("u", FLOAT, [3])]))


def classifier(zipped=True):
    nodes = [node("TreeEnsembleClassifier", "x", "l,p", "ai.onnx.ml", class_treeids=[0, 0], class_nodeids=[1, 2],
                  class_ids=[0, 1], class_weights=[1.0, 1.0], classlabels_strings=["no", "yes"], **TREES)]
    if not zipped:
        return model(graph(nodes, [X], [value("l", STRING, [None]), value("p", FLOAT, [None, 2])]))
    nodes.append(node("ZipMap", "p", "z", "ai.onnx.ml", classlabels_strings=["no", "yes"]))
    sequence = block(1, "z") + block(2, block(4, b""))
    return model(graph(nodes, [X], [value("l", STRING, [None]), sequence]))


MODELS = {
    "mlp": chain(node("MatMul", "x,w", "a"), node("Add", "a,v", "b"), node("Relu", "b", "c"),
                 node("Softmax", "c", "y", axis=-1), constants=[W, V]),
    "gemm": chain(node("Gemm", "x,w,v", "a", alpha=0.5, beta=2.0), node("Tanh", "a", "b"),
                  node("Sigmoid", "b", "y"), constants=[W, V]),
    "old-softmax": chain(node("Softmax", "x", "y"), opset=9, y=value("y", FLOAT, [None, 3])),
    "reduce": chain(node("ReduceMean", "x", "a", axes=[1]), node("ReduceLogSumExp", "x", "b", axes=[-1]),
                    node("ReduceL2", "x", "c", axes=[1]), node("Concat", "a,b,c", "y", axis=1), opset=13,
                    y=value("y", FLOAT, [None, 3])),
    "slice": chain(node("Slice", "x,s,e,a,t", "y"),
                   constants=[shape("s", -1), shape("e", -10), shape("a", 1), shape("t", -2)]),
    "split": chain(node("Split", "x,s", "a,b", axis=1), node("Add", "a,b", "y"), constants=[shape("s", 1, 2)]),
    "gather": chain(node("Gather", "x,i", "a", axis=1), node("GatherElements", "x,j", "b", axis=0),
                    node("Where", "c,a,b", "y"), y=value("y", FLOAT, [None, 3]),
                    constants=[shape("i", 2, 0, -1), tensor("j", INT64, [1, 3], [0, 0, -1]),
                               tensor("c", BOOL, [3], [1, 0, 1])]),
    "scatter": chain(node("ScatterND", "x,i,u", "y"), y=value("y", FLOAT, [None, 3]),
                     constants=[tensor("i", INT64, [1, 2], [0, 1]), tensor("u", FLOAT, [1], [7])]),
    "shapes": chain(node("Shape", "x", "s"), node("ConstantOfShape", "s", "a"), node("Unsqueeze", "a,k", "b"),
                    node("Squeeze", "b,k", "c"), node("Reshape", "c,s", "d"), node("Expand", "d,s", "e"),
                    node("Transpose", "e", "f", perm=[1, 0]), node("Transpose", "f", "g"),
                    node("Tile", "g,t", "y"), y=value("y", FLOAT, [None, 6]),
                    constants=[shape("k", 1), shape("t", 1, 2)]),
    "top": chain(node("TopK", "x,k", "y,i", axis=1), constants=[shape("k", 2)]),
    "order": chain(node("ArgMax", "x", "i", axis=1), node("CumSum", "i,a", "c"), node("Cast", "c", "y", to=FLOAT),
                   y=value("y", FLOAT, [None, 1]), constants=[tensor("a", INT32, [], [0])]),
    "casts": chain(node("Cast", "x", "a", to=STRING), node("Cast", "a", "b", to=DOUBLE),
                   node("Cast", "b", "c", to=INT32), node("Cast", "c", "d", to=10), node("Cast", "d", "y", to=FLOAT),
                   y=value("y", FLOAT, [None, 3])),
    "norms": chain(node("LpNormalization", "x", "a", p=1), node("LayerNormalization", "a,s,s", "b"),
                   node("BatchNormalization", "b,s,s,s,s", "y"), y=value("y", FLOAT, [None, 3]),
                   constants=[tensor("s", FLOAT, [3], [1, 2, 3])]),
    "clip": chain(node("Clip", "x,l,h", "a"), node("Pow", "a,t", "b"), node("Erf", "b", "c"),
                  node("Elu", "c", "d", alpha=0.5), node("IsNaN", "d", "e"), node("Not", "e", "f"),
                  node("Cast", "f", "y", to=FLOAT), y=value("y", FLOAT, [None, 3]),
                  constants=[tensor("l", FLOAT, [], [-1]), tensor("h", FLOAT, [], [2]), tensor("t", INT64, [], [2])]),
    "integers": model(graph([node("Div", "x,d", "a"), node("Mod", "a,d", "b"), node("Max", "a,b,d", "c"),
                             node("Sum", "c,c", "y")], [value("x", INT64, [None, 2])], [value("y", INT64, [None, 2])],
                            [shape("d", 3, -2)])),
    "if": chain(node("ReduceSum", "x", "s", keepdims=0), node("Greater", "s,o", "g"),
                node("If", "g", "y", then_branch=branch("Neg"), else_branch=branch("Abs")),
                y=value("y", FLOAT, [None, 3]), constants=[tensor("o", FLOAT, [], [0])]),
    "loop": chain(node("Loop", "m,,x", "y,z", body=loop_body()), y=value("y", FLOAT, [None, 3]),
                  constants=[tensor("m", INT64, [], [3])]),
    "scan": chain(node("Scan", "o,x", "t,y", body=scan_body(), num_scan_inputs=1), y=value("y", FLOAT, [None, 3]),
                  constants=[tensor("o", FLOAT, [3], [0, 0, 0])]),
    "sequence": chain(node("SequenceConstruct", "x,x", "s"), node("ConcatFromSequence", "s", "y", axis=1),
                      y=value("y", FLOAT, [None, 6])),
    "one-row": chain(node("Abs", "x", "y"), x=value("x", FLOAT, [1, 3]), y=value("y", FLOAT, [1, 3])),
    "columns": model(graph([node("Concat", "a,b", "y", axis=1)],
                           [value("a", DOUBLE, [None, 1]), value("b", DOUBLE, [None, 1])],
                           [value("y", DOUBLE, [None, 2])])),
    "classes": classifier(),
    "labels": classifier(zipped=False),
    "trees": chain(node("TreeEnsembleRegressor", "x", "y", "ai.onnx.ml", target_treeids=[0, 0], target_nodeids=[1, 2],
                        target_ids=[0, 0], target_weights=[1.0, 2.0], n_targets=1, **TREES),
                   y=value("y", FLOAT, [None, 1])),
    "linear": chain(node("Scaler", "x", "a", "ai.onnx.ml", offset=[1.0], scale=[2.0]),
                    node("Imputer", "a", "b", "ai.onnx.ml", imputed_value_floats=[1.0]),
                    node("LinearRegressor", "b", "c", "ai.onnx.ml", coefficients=[1.0, 2.0, 3.0], intercepts=[1.0]),
                    node("Normalizer", "c", "d", "ai.onnx.ml", norm="L2"),
                    node("Binarizer", "d", "y", "ai.onnx.ml", threshold=0.5), y=value("y", FLOAT, [None, 1])),
    "machine": chain(node("SVMRegressor", "x", "y", "ai.onnx.ml", kernel_type="RBF", kernel_params=[0.5, 0.0, 3.0],
                          n_supports=2, support_vectors=[1.0, 0.0, 1.0, 2.0, 1.0, 0.0], coefficients=[1.0, -1.0],
                          rho=[0.25]), y=value("y", FLOAT, [None, 1])),
    "words": model(graph([node("StringNormalizer", "w", "a", case_change_action="LOWER"),
                          node("LabelEncoder", "a", "b", "ai.onnx.ml", keys_strings=["a", "b"],
                               values_int64s=[1, 2], default_int64=-1),
                          node("OneHotEncoder", "b", "y", "ai.onnx.ml", cats_int64s=[1, 2])],
                         [value("w", STRING, [None])], [value("y", FLOAT, [None, 2])])),
    "text": model(graph([node("Tokenizer", "w", "a", "com.microsoft", mark=0, pad_value="#", mincharnum=1,
                              tokenexp="[a-z]+"),
                         node("TfIdfVectorizer", "a", "y", mode="TF", min_gram_length=1, max_gram_length=1,
                              max_skip_count=0, ngram_counts=[0], ngram_indexes=[0, 1], pool_strings=["a", "b"])],
                        [value("w", STRING, [None])], [value("y", FLOAT, [None, 2])])),
    "claim": chain(node("ConstantOfShape", "s", "y"), constants=[shape("s", 2**31)]),
    "claim-tensor": chain(node("Add", "x,t", "y"), constants=[tensor("t", FLOAT, [2**31], [])]),
    "wrap": chain(node("ConstantOfShape", "s", "y"), constants=[shape("s", 2**32, 2**32, 16)]),
    "cycle": chain(node("Add", "x,b", "a"), node("Add", "a,x", "b"), node("Add", "a,b", "y")),
    "twice": chain(node("Abs", "x", "y"), node("Neg", "x", "y")),
    "absent": chain(node("Max", "x,,x", "y")),
    "absent-carried": chain(node("Loop", ",c,", "y,z", body=loop_body()),
                            y=value("y", FLOAT, [None, 3]), constants=[tensor("c", BOOL, [], [1])]),
    "unknown": chain(node("Abs", "x", "y", "custom")),
    "endless": chain(node("Loop", ",c,x", "y,z", body=loop_body()), y=value("y", FLOAT, [None, 3]),
                     constants=[tensor("c", BOOL, [], [1])]),
}
MODELS["cut"] = MODELS["mlp"][:-20]
