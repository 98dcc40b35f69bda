"""The subcommand load: what a large trainer's file costs, and who is disturbed while it loads."""

import json
import os
import random
import resource
import shutil
import statistics
import struct
import subprocess
import tempfile
import time

import load
from children import Child, environment
from serve import build as build_worker

FEATURES = 30
LEAVES = 255
THRESHOLDS = 255  # of a feature: trainers compare with the edges of so many bins
TREES = 40        # different ones, in turn
SMALL = {"format": "omen/1", "inputs": [{"name": f"x{i}"} for i in range(FEATURES)],
         "model": {"op": "linear_regression", "coef_": [0.5] * FEATURES, "intercept_": 1.0}}
BODY = json.dumps({"instances": [[0.5] * FEATURES]}).encode()
PROGRAMS = ["src/app/omen-worker", "tools/bench.d/model-driver"]


class Tree:
    """Grown leaf by leaf, as LightGBM's; a node's child is ~leaf where it has none."""

    def __init__(self, chance, edges):
        self.feature, self.threshold, self.left, self.right = [], [], [], []
        self.values = [chance.gauss(0, 0.1) for _ in range(LEAVES)]
        places = [None]  # of leaf i: the list and index that lead to it
        for leaf in range(1, LEAVES):
            split, node = chance.randrange(leaf), len(self.left)
            if places[split]:
                children, at = places[split]
                children[at] = node
            feature = chance.randrange(FEATURES)
            self.feature.append(feature)
            self.threshold.append(chance.choice(edges[feature]))
            self.left.append(~split)
            self.right.append(~leaf)
            places[split] = (self.left, node)
            places.append((self.right, node))


def make_trees(seed=5):
    chance = random.Random(seed)
    edges = [[chance.gauss(0, 1) for _ in range(THRESHOLDS)] for _ in range(FEATURES)]
    return [Tree(chance, edges) for _ in range(TREES)]


def words(values):
    return " ".join(map(str, values))


def lightgbm_tree(tree):
    count = LEAVES - 1
    return "\n".join([
        f"num_leaves={LEAVES}", "num_cat=0", f"split_feature={words(tree.feature)}",
        f"split_gain={words([1.25] * count)}", f"threshold={words(tree.threshold)}",
        f"decision_type={words([2] * count)}", f"left_child={words(tree.left)}",
        f"right_child={words(tree.right)}", f"leaf_value={words(tree.values)}",
        f"leaf_weight={words([31.5] * LEAVES)}", f"leaf_count={words([126] * LEAVES)}",
        f"internal_value={words(tree.values[:count])}", f"internal_weight={words([99.5] * count)}",
        f"internal_count={words([398] * count)}", "is_linear=0", "shrinkage=0.1", "", ""])


def write_lightgbm(path, size):
    trees = [lightgbm_tree(tree) for tree in make_trees()]
    count = max(size // (sum(map(len, trees)) // TREES), 1)
    names = words(f"x{i}" for i in range(FEATURES))
    with open(path, "w", encoding="ascii") as file:
        file.write("tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
                   f"max_feature_idx={FEATURES - 1}\nobjective=regression\nfeature_names={names}\n"
                   f"feature_infos={words(['[-9:9]'] * FEATURES)}\n\n")
        for i in range(count):
            file.write(f"Tree={i}\n{trees[i % TREES]}\n")
        file.write("end of trees\n\nparameters:\n\nend of parameters\n\npandas_categorical:null\n")


def xgboost_arrays(tree):
    """{name: (type of UBJSON, values)}: inner nodes first, leaf i behind them at LEAVES - 1 + i."""
    inner, count = LEAVES - 1, 2 * LEAVES - 1
    place = lambda child: child if child >= 0 else inner + ~child  # noqa: E731
    left = [place(child) for child in tree.left] + [-1] * LEAVES
    right = [place(child) for child in tree.right] + [-1] * LEAVES
    parents = [2147483647] * count
    for node in range(inner):
        parents[left[node]] = parents[right[node]] = node
    return {
        "base_weights": ("d", [0.125] * count), "default_left": ("U", [1] * inner + [0] * LEAVES),
        "left_children": ("l", left), "loss_changes": ("d", [1.25] * count),
        "parents": ("l", parents), "right_children": ("l", right),
        "split_conditions": ("d", tree.threshold + tree.values),
        "split_indices": ("l", tree.feature + [0] * LEAVES), "split_type": ("U", [0] * count),
        "sum_hessian": ("d", [31.5] * count)}


def xgboost_document(trees):
    return {"learner": {
        "attributes": {}, "feature_names": [], "feature_types": [],
        "gradient_booster": {"model": {
            "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
            "iteration_indptr": list(range(len(trees) + 1)), "tree_info": [0] * len(trees),
            "trees": trees}, "name": "gbtree"},
        "learner_model_param": {"base_score": "5E-1", "boost_from_average": "1", "num_class": "0",
                                "num_feature": str(FEATURES), "num_target": "1"},
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}}},
        "version": [2, 1, 0]}


def tree_document(number, arrays):
    return {**arrays, "categories": [], "categories_nodes": [], "categories_segments": [],
            "categories_sizes": [], "id": number,
            "tree_param": {"num_deleted": "0", "num_feature": str(FEATURES),
                           "num_nodes": str(2 * LEAVES - 1), "size_leaf_vector": "1"}}


def write_xgboost_json(path, size):
    trees = [{name: values for name, (_, values) in xgboost_arrays(tree).items()}
             for tree in make_trees()]
    texts = [json.dumps(tree, separators=(",", ":")) for tree in trees]
    count = max(size // (sum(map(len, texts)) // TREES), 1)
    mark = '"TREES"'
    document = json.dumps(xgboost_document([0] * count), separators=(",", ":"))
    before, after = document.replace("[" + ",".join(["0"] * count) + "]},\"name\"",
                                     f"[{mark}]}},\"name\"").split(mark)
    with open(path, "w", encoding="ascii") as file:
        file.write(before)
        for i in range(count):
            file.write(("," if i else "") + json.dumps(tree_document(i, trees[i % TREES]),
                                                       separators=(",", ":")))
        file.write(after)


CODES = {"d": "f", "l": "i", "U": "B"}


class Typed:
    """An array whose elements have no type of their own, ready as bytes."""

    def __init__(self, kind, values):
        self.data = (b"[$" + kind.encode() + b"#L" + struct.pack(">q", len(values))
                     + struct.pack(f">{len(values)}{CODES[kind]}", *values))


def ubjson(value):
    if isinstance(value, Typed):
        return value.data
    if isinstance(value, str):
        data = value.encode()
        return b"SL" + struct.pack(">q", len(data)) + data
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, list):
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubjson, value))
    return b"{" + b"".join(b"L" + struct.pack(">q", len(name)) + name.encode() + ubjson(element)
                           for name, element in value.items()) + b"}"


def write_xgboost_ubjson(path, size):
    trees = [{name: Typed(kind, values) for name, (kind, values) in xgboost_arrays(tree).items()}
             for tree in make_trees()]
    count = max(size // len(ubjson(tree_document(0, trees[0]))), 1)
    documents = [tree_document(i, trees[i % TREES]) for i in range(count)]
    with open(path, "wb") as file:
        file.write(ubjson(xgboost_document(documents)))


FILES = {
    "lightgbm": ("model.txt", write_lightgbm),
    "xgboost-json": ("model.json", write_xgboost_json),
    "xgboost-ubjson": ("model.ubj", write_xgboost_ubjson),
}


def load_alone(options, directory):
    """Seconds of CPU and what model-driver says of memory, in a process of its own."""
    rows = os.path.join(os.path.dirname(directory), "rows.f64")
    with open(rows, "wb") as file:
        file.write(bytes(8 * FEATURES))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([os.path.join(options.build, "tools", "bench.d", "model-driver"),
                           directory, rows], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    figures = json.loads(done.stdout)
    figures["cpu"] = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return figures


def ask_until(socket_path, child, over):
    """Seconds of each request to the small model, one after the other, until over() is true."""
    times = []
    while not over():
        child.check()
        began = time.monotonic()
        if b'"predictions"' not in load.exchange_fastcgi(socket_path, BODY,
                                                         "/v1/models/small:predict"):
            raise RuntimeError("the small model does not answer")
        times.append(time.monotonic() - began)
    return times


def disturb(options, directory, prepared):
    """A worker's times without and with the large file loading, and seconds until that is live."""
    served, socket_path = os.path.join(directory, "models"), os.path.join(directory, "worker.sock")
    os.makedirs(os.path.join(served, "small", "1"))
    with open(os.path.join(served, "small", "1", "model.json"), "w", encoding="utf-8") as file:
        json.dump(SMALL, file)
    child = Child("worker", [os.path.join(options.build, PROGRAMS[0]), f"--models={served}",
                             f"--listen=unix:{socket_path}"], directory)
    try:
        load.first_answer(time.monotonic(), [child], lambda: load.exchange_fastcgi(
            socket_path, BODY, "/v1/models/small:predict"))
        quiet_end = time.monotonic() + options.seconds
        quiet = ask_until(socket_path, child, lambda: time.monotonic() > quiet_end)
        os.mkdir(os.path.join(served, "large"))
        began = time.monotonic()
        os.rename(prepared, os.path.join(served, "large", "1"))

        def is_live():
            if time.monotonic() - began > 60:
                raise RuntimeError("the large model is not live within 60 s")
            return b"AVAILABLE" in load.exchange_fastcgi(socket_path, b"", "/v1/models/large",
                                                         "GET")

        loading = ask_until(socket_path, child, is_live)
        return quiet, loading, time.monotonic() - began
    finally:
        child.stop()


def percentile(times, share):
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1e3


def measure(options, name, file_name, write, directory):
    """One line of the table; the file is made once and moves into each round's models."""
    source = os.path.join(directory, file_name)
    write(source, options.megabytes << 20)
    lives, quiet, loading, alone = [], [], [], []
    for number in range(options.rounds):
        work = os.path.join(directory, str(number))  # a short path, for the socket
        prepared = os.path.join(work, "prepared")
        os.makedirs(prepared)
        os.link(source, os.path.join(prepared, file_name))
        alone.append(load_alone(options, prepared))
        without, during, live = disturb(options, work, prepared)
        quiet += without
        loading += during
        lives.append(live)
        shutil.rmtree(work)
    os.unlink(source)
    median = lambda key: statistics.median(each[key] for each in alone)  # noqa: E731
    print(f"{name:16}{median('file') / (1 << 20):8.0f}{median('cpu'):8.2f}"
          f"{statistics.median(lives):8.2f}{median('model') / (1 << 20):8.0f}"
          f"{median('peak') / median('file'):7.2f}{median('peak') / median('model'):7.2f}"
          f"{percentile(quiet, 0.5):8.2f}{percentile(quiet, 0.99):8.2f}"
          f"{percentile(loading, 0.5):8.2f}{percentile(loading, 0.99):8.2f}{len(loading):7}",
          flush=True)


def main(options):
    directory = tempfile.mkdtemp(prefix="omen-bench-")
    try:
        build_worker(options, PROGRAMS)
        print(f"medians of {options.rounds} rounds; requests of one row over the worker's socket, "
              "one after the other\n")
        print(f"{'':16}{'file':>8}{'CPU':>8}{'live':>8}{'model':>8}{'peak, times':>14}"
              f"{'alone, ms':>16}{'loading, ms':>16}\n{'':16}{'MiB':>8}{'s':>8}{'s':>8}{'MiB':>8}"
              f"{'file':>7}{'model':>7}{'p50':>8}{'p99':>8}{'p50':>8}{'p99':>8}{'asked':>7}")
        for name, (file_name, write) in FILES.items():
            measure(options, name, file_name, write, directory)
    except (RuntimeError, OSError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0
