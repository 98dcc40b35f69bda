"""Writes the tests of single operators that are within the package onnx (newer releases compute them
and ship no files) as test_nodes reads them: python write_nodes.py OUTPUT [PREFIX ...]

PREFIX: only tests whose names begin so.
"""

import pathlib
import sys

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests


def spell(value, entry):
    """The file of one input or output, by the type that the model gives it."""
    if isinstance(value, onnx.TensorProto):
        return value.SerializeToString()
    kind = entry.type.WhichOneof("value")
    write = {
        "map_type": numpy_helper.from_dict,
        "sequence_type": numpy_helper.from_list,
        "optional_type": numpy_helper.from_optional,
    }.get(kind, numpy_helper.from_array)
    return write(value, entry.name).SerializeToString()


def write_test(case, output):
    folder = output / case.name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for number, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{number}"
        data.mkdir()
        for word, values, entries in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            for i, value in enumerate(values):
                (data / f"{word}_{i}.pb").write_bytes(spell(value, entries[i]))


def main():
    output, prefixes = pathlib.Path(sys.argv[1]), tuple(sys.argv[2:])
    for case in load_model_tests(kind="node"):
        if not prefixes or case.name.startswith(prefixes):
            write_test(case, output)


if __name__ == "__main__":
    main()
