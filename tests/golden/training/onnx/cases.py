"""Golden cases of ONNX, for one set of converters (ENV): python -m onnx.cases OUTPUT ENV [CASE...]

Writes OUTPUT/CASE/{model.onnx, expected.json}: models that the real converters wrote or that
onnx.helper built, rows, and what ONNX Runtime (CPU, one thread) answers for them. Ends with a table of
the core conversions of skl2onnx. A row holds the columns of all inputs, one input after the other.
"""

import json
import os
import pathlib
import sys
import traceback
import warnings

# This package has the trainer's own name: from here on the name is the trainer's.
HERE = pathlib.Path(__file__).resolve().parent
sys.modules.pop("onnx", None)
sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE.parent]
sys.path.append(str(HERE))
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402

import boosted_cases  # noqa: E402
import built_cases  # noqa: E402
import sklearn_cases  # noqa: E402
import sklearn_more_cases  # noqa: E402
import text_cases  # noqa: E402

# Sums of float32 whose terms cancel: near zero nothing but rounding is left of them, here as there.
# Of networks these are the ones whose layers pass on what is near zero.
CANCELS = {
    *("built-net-" + name for name in ("gelu-tanh", "log-softmax", "selu", "softsign", "tanh")),
    "skl-local-outlier-factor-2026",
}


def on_this_machine(model):
    """With a locale that every C library has; its upper and lower case are those of en_US."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for node in copy.graph.node:
        if node.op_type == "StringNormalizer":
            for attribute in node.attribute:
                if attribute.name == "locale":
                    node.attribute.remove(attribute)
                    break
            node.attribute.append(onnx.helper.make_attribute("locale", "C.UTF-8"))
    return copy


def run(model, feeds):
    """[(name, numpy array or list of maps)] as ONNX Runtime computes them."""
    model = on_this_machine(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return list(zip(names, session.run(None, feeds)))


def as_columns(answer):
    """(array with a column per key, keys or None) of what ZipMap made, or of a tensor."""
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        keys = list(answer[0])
        return np.array([[row[key] for key in keys] for row in answer], np.float32), keys
    if isinstance(answer, list):
        return np.array([], object), None  # a sequence of tensors: nothing that a row could have
    return np.asarray(answer), None


def standard_names(answers, rows, table):
    """The names under which a server answers: label, probability, score, value, or the file's.

    table: the answer is looked up in a list, so that it is a label."""
    named, labelled = {}, False
    for position, (name, answer) in enumerate(answers):
        array, keys = as_columns(answer)
        if array.dtype.kind not in "fiubOUS" or array.shape[:1] != (rows,):
            continue
        whole = array.dtype.kind in "iuOUS" and array.size == rows
        if position == 0 and whole and len(answers) > 1:
            key, labelled = "label", True
            array = array.reshape(rows)
        elif labelled and position == 1:
            probable = keys is not None or "prob" in name
            key = "probability" if probable else "score"
        elif len(answers) == 1:
            key = "label" if table and whole else "value"
            array = array.reshape(rows) if table and whole else array
        else:
            key = name
        named[key] = array
    return named


def has_table(node):
    """The node picks its answers from a list, so that a server answers labels."""
    names = {attribute.name for attribute in node.attribute}
    values = {"values_strings", "values_int64s", "values_tensor"}
    return node.op_type == "LabelEncoder" and bool(names & values)


def plain(value):
    """As JSON has it: short, and exact once it is read back in its own width."""
    if isinstance(value, (str, np.str_, bytes)):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if value != value:
        return "NaN"
    if abs(value) == np.inf:
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, np.float32):
        return float(np.format_float_scientific(value, unique=True))
    return float(value)


def missing_as_null(value):
    value = plain(value)
    return None if value == "NaN" else value


def rows_of(model, feeds):
    columns = []
    for entry in model.graph.input:
        if entry.name not in feeds:
            continue
        array = feeds[entry.name]
        columns.extend(array.reshape(len(array), -1).T)
    return [[missing_as_null(column[row]) for column in columns] for row in range(len(columns[0]))]


def nested(array):
    if array.ndim == 1:
        return [plain(value) for value in array]
    flat = array.reshape(len(array), -1)
    return [[plain(value) for value in row] for row in flat]


def document(case, model, feeds, answers):
    rows = rows_of(model, feeds)
    made = {
        "trainer": "ONNX Runtime " + onnxruntime.__version__,
        "converter": case.converter,
        "tolerance": 1e-6,
    }
    named = standard_names(answers, len(rows), has_table(model.graph.node[-1]))
    floored = [
        name
        for name, array in named.items()
        if name == "probability" or (case.name in CANCELS and array.dtype.kind == "f")
    ]
    if floored:
        made["floors"] = {name: "column" for name in floored}
    if case.core:
        made["part"] = "core conversions of skl2onnx"
    made["rows"] = rows
    made["outputs"] = {name: nested(array) for name, array in named.items()}
    return made


def spell(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_document(path, made):
    """One row a line, so that a difference can be read."""
    lines = []
    for key, value in made.items():
        if key == "rows":
            body = ",\n".join(spell(row) for row in value)
            lines.append(f"{spell(key)}:[\n{body}]")
        elif key == "outputs":
            parts = []
            for name, array in value.items():
                separator = ",\n" if array and isinstance(array[0], list) else ","
                body = separator.join(spell(row) for row in array)
                parts.append(f"{spell(name)}:[{body}]")
            lines.append(f"{spell(key)}:{{\n" + ",\n".join(parts) + "}")
        else:
            lines.append(f"{spell(key)}:{spell(value)}")
    path.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def write_node_test(folder, model, feeds, answers):
    """The same case in the layout of ONNX's own backend tests, for the kernels alone."""
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    names = [entry.name for entry in model.graph.input if entry.name in feeds]
    for i, name in enumerate(names):
        tensor = onnx.numpy_helper.from_array(feeds[name], name)
        (data / f"input_{i}.pb").write_bytes(tensor.SerializeToString())
    for i, (name, answer) in enumerate(answers):
        if isinstance(answer, list):
            answer = as_columns(answer)[0]
        (data / f"output_{i}.pb").write_bytes(
            onnx.numpy_helper.from_array(np.asarray(answer), name).SerializeToString()
        )


def write_case(case, output):
    """A word for the table: agrees (written), or what stood in the way."""
    np.random.seed(7)
    try:
        model, feeds = case.make()
    except Exception as error:  # a converter's refusal is a result
        if os.environ.get("CASES_DEBUG"):
            traceback.print_exc()
        return f"not converted: {type(error).__name__}: {str(error).strip().splitlines()[-1:]}"
    try:
        answers = run(model, feeds)
    except Exception as error:
        return f"not run: {str(error).strip().splitlines()[-1:]}"
    folder = output / case.name
    folder.mkdir(parents=True, exist_ok=True)
    model.doc_string = ""
    model.graph.name = "model"  # converters take a number by chance
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    write_document(folder / "expected.json", document(case, model, feeds, answers))
    if os.environ.get("CASES_NODES"):
        write_node_test(pathlib.Path(os.environ["CASES_NODES"]) / case.name, model, feeds, answers)
    return None


def main():
    output, environment, wanted = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    cases = [
        case
        for module in (sklearn_cases, sklearn_more_cases, text_cases, boosted_cases, built_cases)
        for case in module.cases(environment)
        if not wanted or case.name in wanted
    ]
    assert len({case.name for case in cases}) == len(cases), "a name twice"
    core = written = 0
    failed = []
    for case in cases:
        trouble = write_case(case, output)
        written += trouble is None
        core += trouble is None and case.core
        if trouble:
            failed.append(case.name)
            print(f"{case.name}: {trouble}")
    total = sum(case.core for case in cases)
    print(f"{written} of {len(cases)} cases written; core conversions: {core} of {total} convert and run")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
