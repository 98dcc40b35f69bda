"""omen predict: rows in every form, its options, and what it refuses."""

import io
import json
import re

import numpy
import pytest

import omen_tool
from omen_tool import MODELS, as_csv, as_jsonl, good, read_csv, refused, rows, run

IRIS = MODELS / "iris"
MIXED = MODELS / "mixed"
NAMES = omen_tool.names("iris")
HEADER = ",".join(NAMES).encode()
ROWS = rows("iris")[:7] + rows("iris")[60:70] + rows("iris")[140:]


def as_npy(array, **form):
    data = io.BytesIO()
    numpy.lib.format.write_array(data, array, **form)
    return data.getvalue()


@pytest.fixture(scope="module")
def answers():
    """Every output of ROWS, as CSV."""
    return good("predict", IRIS, "--outputs", "all", input=as_csv(NAMES, ROWS))


def test_columns_are_taken_by_name_in_any_order(answers):
    order = [2, 0, 3, 1]
    table = as_csv([NAMES[i] for i in order], [[row[i] for i in order] for row in ROWS])
    assert good("predict", IRIS, "--outputs=all", input=table) == answers
    assert answers.splitlines()[0] == (
        "label,probability_setosa,probability_versicolor,probability_virginica,"
        "score_setosa,score_versicolor,score_virginica"
    )
    assert len(answers.splitlines()) == len(ROWS) + 1


def test_every_form_of_rows_has_the_same_answers(answers, tmp_path):
    table = numpy.array(ROWS)
    inputs = {
        "list.jsonl": as_jsonl(ROWS),
        "object.jsonl": as_jsonl([dict(zip(reversed(NAMES), reversed(row))) for row in ROWS]),
        "c.npy": as_npy(table),
        "fortran.npy": as_npy(numpy.asfortranarray(table)),
        "swapped.npy": as_npy(table.astype(">f8")),
        "version2.npy": as_npy(table, version=(2, 0)),
        "version3.npy": as_npy(table, version=(3, 0)),
        "crlf.csv": as_csv(NAMES, ROWS).replace(b"\n", b"\r\n"),
        "mark.csv": b"\xef\xbb\xbf" + as_csv(NAMES, ROWS),
        "open-end.csv": as_csv(NAMES, ROWS)[:-1],
        "quoted.csv": as_csv(NAMES, ROWS, quoting=1),
        "blanks.csv": as_csv(NAMES, ROWS).replace(b",", b", ").replace(b", ", b",", 3),
    }
    for name, data in inputs.items():
        path = tmp_path / name
        path.write_bytes(data)
        arguments = ["predict", IRIS, "--outputs=all", "--output-format=csv", "--input", path]
        assert good(*arguments) == answers, name
        if name != "fortran.npy":
            assert good(*arguments[:-2], input=data) == answers, name
    without = as_csv(None, ROWS)
    headless = good("predict", IRIS, "--outputs=all", "--no-header", input=without)
    assert headless == answers.split("\n", 1)[1]
    assert (
        good("predict", IRIS, "--outputs=all", "--no-header", "--output-header=yes", input=without)
        == answers
    )


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<i2", ">i4", "<i8", "|u1", "|i1", ">u2", "<u8"])
def test_arrays_of_every_type(kind):
    table = numpy.array(ROWS).astype(kind)
    same = table.astype("f8").tolist()
    expected = good("predict", IRIS, "--outputs=score", input=as_csv(NAMES, same))
    assert good("predict", IRIS, "--outputs=score", input=as_npy(table)) == expected


def test_fortran_order_in_many_blocks(tmp_path):
    table = numpy.asfortranarray(numpy.tile(numpy.array(ROWS), (4000, 1)))
    numpy.save(tmp_path / "fortran.npy", table)
    numpy.save(tmp_path / "c.npy", numpy.ascontiguousarray(table))
    assert good("predict", IRIS, "--input", tmp_path / "fortran.npy") == good(
        "predict", IRIS, "--input", tmp_path / "c.npy"
    )


def test_a_flat_array_is_one_row():
    assert good("predict", IRIS, input=as_npy(numpy.array(ROWS[0]))) == "prediction\nsetosa\n"


def test_json_lines_out_are_the_workers_answers():
    text = good("predict", IRIS, "--outputs", "label,probability", input=as_jsonl(ROWS[:1]))
    assert text.startswith('{"label":"setosa","probability":[0.98')
    assert good("predict", IRIS, input=as_jsonl(ROWS[:2])) == '{"prediction":"setosa"}\n' * 2
    assert (
        good("predict", IRIS, "--output-format=jsonl", input=as_csv(NAMES, ROWS[:1]))
        == '{"prediction":"setosa"}\n'
    )


def test_outputs_are_chosen_in_their_order(answers):
    table = read_csv(good("predict", IRIS, "--outputs=score,label", input=as_csv(NAMES, ROWS)))
    assert list(table[0]) == ["score_setosa", "score_versicolor", "score_virginica", "label"]
    for mine, all_of_them in zip(table, read_csv(answers), strict=True):
        assert mine.items() <= all_of_them.items()
    assert "has no output 'size'; it has 'label', 'probability', 'score'" in refused(
        2, "predict", IRIS, "--outputs=label,size"
    )
    assert "has 'label' twice" in refused(2, "predict", IRIS, "--outputs=label,label")


def test_what_is_passed_through():
    header = ["id", *NAMES, "note, long"]
    table = [["007", *ROWS[0], 'say "hi"\nthere'], [None, *ROWS[1], "ä"], [8, *ROWS[2], None]]
    data = as_csv(header, table)
    answer = good("predict", IRIS, "--id", 'id,"note, long"', input=data)
    assert answer == (
        'id,"note, long",prediction\n'
        '007,"say ""hi""\nthere",setosa\n,ä,setosa\n8,,setosa\n'
    )
    lines = good(
        "predict", IRIS, "--id", 'id,"note, long"', "--output-format=jsonl", input=data
    ).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "007", "note, long": 'say "hi"\nthere', "prediction": "setosa"},
        {"id": None, "note, long": "ä", "prediction": "setosa"},
        {"id": 8, "note, long": None, "prediction": "setosa"},
    ]
    objects = [dict(zip(NAMES, ROWS[0]), id=value) for value in (12, "a,b", None, True, 0.5)]
    assert good("predict", IRIS, "--id=id", "--output-format=csv", input=as_jsonl(objects)) == (
        'id,prediction\n12,setosa\n"a,b",setosa\n,setosa\ntrue,setosa\n0.5,setosa\n'
    )
    again = good("predict", IRIS, "--id=id", input=as_jsonl(objects)).splitlines()
    assert [json.loads(line)["id"] for line in again] == [12, "a,b", None, True, 0.5]
    assert "lacks 'key', which --id asks for" in refused(
        1, "predict", IRIS, "--id=key", input=data
    )
    assert "no plain value" in refused(
        1, "predict", IRIS, "--id=id", input=as_jsonl([dict(zip(NAMES, ROWS[0]), id=[1])])
    )
    assert "the row is a list" in refused(1, "predict", IRIS, "--id=id", input=as_jsonl(ROWS))
    assert "no names" in refused(1, "predict", IRIS, "--id=id", input=as_npy(numpy.array(ROWS)))
    assert "needs --columns" in refused(1, "predict", IRIS, "--id=id", "--no-header", input=b"1\n")


def test_an_input_can_be_passed_through_too():
    data = as_csv(NAMES, ROWS[:1])
    answer = good("predict", IRIS, "--id", NAMES[1], input=data)
    assert answer == f"{NAMES[1]},prediction\n3.5,setosa\n"


def test_columns_of_a_table_without_header():
    columns = ",".join(["id", *NAMES])
    data = as_csv(None, [["a", *ROWS[0]], ["b", *ROWS[1]]])
    assert (
        good("predict", IRIS, "--no-header", "--columns", columns, "--id=id", input=data)
        == "a,setosa\nb,setosa\n"
    )
    assert "--columns: the header lacks" in refused(
        1, "predict", IRIS, "--no-header", "--columns=id", input=data
    )


def test_delimiters():
    data = as_csv(["id;x", *NAMES], [["a\tb", *ROWS[0]]], delimiter="\t")
    assert (
        good("predict", IRIS, "--delimiter=tab", "--id=id;x", input=data)
        == 'id;x\tprediction\n"a\tb"\tsetosa\n'
    )
    assert good(
        "predict", IRIS, "--delimiter=;", input=as_csv(NAMES, ROWS[:1], delimiter=";")
    ).endswith("setosa\n")
    for bad in ("", ",,", '"', "ä"):
        assert "--delimiter" in refused(2, "predict", IRIS, "--delimiter", bad)


def test_extra_columns():
    data = as_csv([*NAMES, "color", "size"], [[*ROWS[0], "red", 3]])
    assert "the model does not take: 'color', 'size' (--ignore-extra" in refused(
        1, "predict", IRIS, input=data
    )
    assert good("predict", IRIS, "--ignore-extra", input=data) == "prediction\nsetosa\n"
    line = as_jsonl([dict(zip(NAMES, ROWS[0]), color="red")])
    assert "does not take: 'color'" in refused(1, "predict", IRIS, input=line)
    assert good("predict", IRIS, "--ignore-extra", input=line) == '{"prediction":"setosa"}\n'


def test_missing_values():
    names = omen_tool.names("mixed")
    row = rows("mixed")[0]
    objects = [dict(zip(names, row)) | {"radius": None, "smoothness": None}]
    expected = json.loads(good("predict", MIXED, "--outputs=score", input=as_jsonl(objects)))
    cells = list(objects[0].values())
    for text in ("", "NA", "nan"):
        table = as_csv(names, [[text if cell is None else cell for cell in cells]])
        answer = good("predict", MIXED, "--outputs=score", "--missing=NA,nan", input=table)
        assert float(read_csv(answer)[0]["score"]) == expected["score"]
    quoted = as_csv(names, [cells], quoting=1)
    assert float(read_csv(good("predict", MIXED, "--outputs=score", input=quoted))[0]["score"]) == (
        expected["score"]
    )
    without = as_csv([n for n in names if n != "radius"], [[c for n, c in objects[0].items()
                                                             if n != "radius"]])
    assert float(read_csv(good("predict", MIXED, "--outputs=score", input=without))[0]["score"]) == (
        expected["score"]
    )


@pytest.mark.parametrize("text", ["5", "5.0", "5.", "05", "+5", "5e0", ".5E1", " 5\t", "50e-1"])
def test_numbers_are_read_as_other_programs_write_them(text):
    row = ",".join([text, "3", "1", "0.2"]).encode()
    same = b"5,3,1,0.2"
    assert good("predict", IRIS, "--outputs=score", input=HEADER + b"\n" + row) == good(
        "predict", IRIS, "--outputs=score", input=HEADER + b"\n" + same
    )


@pytest.mark.parametrize("text", ["x", "5x", "1 2", "0x5", "--5", "1e", "e5", ".", "+", "1,5"])
def test_what_is_no_number_is_refused(text):
    data = as_csv(NAMES, [ROWS[0], [text, 3, 1, 0.2]])
    complaint = refused(1, "predict", IRIS, input=data)
    assert complaint == (
        f"omen predict: standard input:3: row 1: field '{NAMES[0]}' must be a number\n"
    )


def test_infinity_is_judged_as_a_number():
    for text in ("inf", "-Infinity", "1e999"):
        data = as_csv(NAMES, [[text, 3, 1, 0.2]])
        assert "must be finite" in refused(1, "predict", IRIS, input=data)


BAD_LINES = {
    b"1,2,3": "the row has 3 values, the table has 4 columns",
    b"1,2,3,4,5": "the row has 5 values, the table has 4 columns",
    b"": "the line is empty",
    b'1,2"3,4,5': "column 2 has a quote inside, which must be doubled in a quoted field",
    b'1,"2"3,4,5': "column 2 has text behind its closing quote",
    b"1,2,\0,4": "column 3 holds a NUL byte",
    b"1,2,\xff,4": "column 3 is not UTF-8",
    b"1,2,3\r4,5": "column 3 has a carriage return that no line feed follows",
    b"1,,3,4": f"field '{NAMES[1]}' is missing",
    b"1,two,3,4": f"field '{NAMES[1]}' must be a number",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=str)
def test_the_first_bad_row_ends_it_behind_the_good_ones(line):
    data = as_csv(NAMES, ROWS[:2]) + line + b"\n" + as_csv(None, ROWS[2:])
    done = run("predict", IRIS, input=data)
    assert done.returncode == 1
    assert done.stdout == b"prediction\nsetosa\nsetosa\n"
    assert done.stderr.decode() == (
        f"omen predict: standard input:4: row 2: {BAD_LINES[line]}\n"
    )


def test_bad_rows_are_skipped_and_listed(tmp_path):
    errors = tmp_path / "errors.csv"
    bad = [*BAD_LINES, b"x,y,3,4"]
    data = as_csv(NAMES, ROWS[:2]) + b"".join(line + b"\n" for line in bad)
    data += as_csv(None, ROWS[2:4])
    done = run("predict", IRIS, "--on-error=skip", "--errors", errors, input=data)
    assert (done.returncode, done.stderr) == (0, b"omen predict: 11 bad rows\n")
    assert done.stdout == b"prediction\n" + b"setosa\n" * 4
    table = read_csv(errors.read_text())
    assert list(table[0]) == ["row", "line", "field", "reason"]
    assert [(entry["row"], entry["reason"]) for entry in table[:-2]] == [
        (str(2 + i), reason) for i, reason in enumerate(BAD_LINES.values())
    ]
    assert [(e["row"], e["line"], e["field"]) for e in table[-2:]] == [
        ("12", "14", NAMES[0]),
        ("12", "14", NAMES[1]),
    ]
    for value in ("two", "x,", "y", "\0"):
        assert value not in errors.read_text().replace("byte", "").replace("empty", "")


def test_bad_rows_are_answered_with_nothing():
    data = as_csv(NAMES, ROWS[:1]) + b"1,2\n" + as_csv(None, ROWS[1:2])
    done = run("predict", IRIS, "--on-error=null", input=data)
    assert (done.returncode, done.stderr) == (0, b"omen predict: 1 bad rows\n")
    assert done.stdout == b'prediction\nsetosa\n""\nsetosa\n'
    lines = as_jsonl([dict(zip(NAMES, ROWS[0]), id=1), {"id": 2}, 3])
    done = run("predict", IRIS, "--on-error=null", "--id=id", "--outputs=label,score", input=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0]["id"] == 1 and answers[0]["label"] == "setosa"
    assert answers[1] == {"id": 2, "label": None, "score": None}
    assert answers[2] == {"id": None, "label": None, "score": None}


def test_a_value_that_only_the_model_refuses(tmp_path):
    """The frame takes it, an operator does not: the other rows of the batch are answered."""
    model = {
        "format": "omen/1",
        "inputs": [{"name": "x", "on_missing": "nan"}],
        "model": {"op": "linear_regression", "coef_": [2], "intercept_": 1},
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model))
    data = b"x\n1\n\n2\n"
    errors = tmp_path / "errors.csv"
    done = run("predict", path, "--on-error=skip", "--errors", errors, input=data)
    assert (done.returncode, done.stdout) == (0, b"prediction\n3\n5\n"), done.stderr
    assert read_csv(errors.read_text())[0]["row"] == "1"
    assert run("predict", path, "--on-error=null", input=data).stdout == b'prediction\n3\n""\n5\n'
    done = run("predict", path, input=data)
    assert (done.returncode, done.stdout) == (1, b"prediction\n3\n")
    assert b"standard input:3: row 1: " in done.stderr


BAD_JSON = {
    b"[1,2,3]": "the row has 3 values, the model takes 4",
    b"{}": "the row lacks ",
    b"5": "the row is a number; a row is a list of values or an object by name",
    b"null": "the row is null",
    b"": "the line is empty",
    b"[1,2,3,]": "at byte",
    b"[1,2,3,true]": f"field '{NAMES[3]}' must be a number",
    b'[1,2,3,"4"]': f"field '{NAMES[3]}' must be a number",
    b"[1,2,3,null]": f"field '{NAMES[3]}' is missing",
    b"[1,2,3,NaN]": "byte",
    b'[1,2,3,"\xff"]': "UTF-8",
    b"[1,2,3,\0]": "byte",
}


@pytest.mark.parametrize("line", BAD_JSON, ids=str)
def test_bad_lines_of_json(line):
    data = as_jsonl(ROWS[:2]) + line + b"\n" + as_jsonl(ROWS[2:])
    done = run("predict", IRIS, "--input-format=jsonl", input=data)
    assert (done.returncode, done.stdout) == (1, b'{"prediction":"setosa"}\n' * 2)
    start = "omen predict: standard input:3: row 2: "
    assert done.stderr.decode().startswith(start)
    assert BAD_JSON[line] in done.stderr.decode()


BAD_HEADERS = {
    ",".join(NAMES[:3]): f"the header lacks '{NAMES[3]}'",
    ",".join([*NAMES, NAMES[0]]): f"the columns 1 and 5 have the same name, '{NAMES[0]}'",
    ",".join([*NAMES, ""]): "does not take: ''",
    "a,b,c,d": "the header lacks 'sepal length (cm)', 'sepal width (cm)'",
    'a"b': "column 1 has a quote inside",
}


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_bad_headers(header):
    done = run("predict", IRIS, "--on-error=skip", input=f"{header}\n1,2,3,4\n".encode())
    assert (done.returncode, done.stdout) == (1, b"")
    assert BAD_HEADERS[header] in done.stderr.decode()


BAD_ARRAYS = {
    "structured": numpy.zeros(3, dtype=[("a", "f8")]),
    "Python objects": numpy.array([[1, None]], dtype=object),
    "texts": numpy.array([["a"]]),
    "truth values": numpy.array([[True]]),
    "half or extended": numpy.zeros((1, 4), dtype="f2"),
    "complex": numpy.zeros((1, 4), dtype="c16"),
    "3 dimensions": numpy.zeros((1, 2, 2)),
    "has 3 columns, the model takes 4": numpy.zeros((1, 3)),
}


@pytest.mark.parametrize("part", BAD_ARRAYS)
def test_bad_arrays(part):
    assert part in refused(1, "predict", IRIS, input=as_npy(BAD_ARRAYS[part], allow_pickle=True))


def test_arrays_that_end_early():
    data = as_npy(numpy.array(ROWS))
    for size in (6, 11, 40, len(data) - 1, len(data) - 40):
        done = run("predict", IRIS, input=data[:size])
        assert done.returncode == 1 and b"the file ends within" in done.stderr, size
    fortran = as_npy(numpy.asfortranarray(numpy.array(ROWS)))
    assert "takes a file" in refused(1, "predict", IRIS, input=fortran)
    missing = numpy.array(ROWS[:3])
    missing[1, 2] = numpy.nan
    assert f"row 1: field '{NAMES[2]}' is missing" in refused(
        1, "predict", IRIS, input=as_npy(missing)
    )


def test_hostile_sizes():
    huge = HEADER + b"\n" + b"1" * (17 << 20) + b"\n" + as_csv(None, ROWS[:1])
    done = run("predict", IRIS, "--on-error=skip", input=huge)
    assert (done.returncode, done.stdout) == (0, b"prediction\nsetosa\n")
    assert "more than 16777216 bytes" in refused(1, "predict", IRIS, input=huge)
    line = b"[" + b"1" * (17 << 20) + b"]\n" + as_jsonl(ROWS[:1])
    assert "more than 16777216 bytes" in refused(1, "predict", IRIS, input=line)
    assert "more than 200000 columns" in refused(1, "predict", IRIS, input=b"a," * 200001)
    assert "an unclosed quote" not in refused(1, "predict", IRIS, input=b'"' + b"x" * 1000)


def test_an_empty_input_has_no_answers():
    for form in ("auto", "csv", "jsonl", "npy"):
        assert good("predict", IRIS, "--input-format", form) == ""
    assert good("predict", IRIS, input=HEADER + b"\n") == "prediction\n"
    assert good("predict", IRIS, input=HEADER) == "prediction\n"


def test_files_in_and_out(tmp_path):
    source, target = tmp_path / "rows.csv", tmp_path / "answers.csv"
    source.write_bytes(as_csv(NAMES, ROWS))
    target.write_text("what was here before, and longer than the answers\n" * 100)
    assert good("predict", IRIS, "--input", source, "--output", target) == ""
    assert target.read_text() == good("predict", IRIS, input=source.read_bytes())
    before = source.read_bytes()
    assert "read and would be written" in refused(
        2, "predict", IRIS, "--input", source, "--output", source
    )
    assert "read and would be written" in refused(
        2, "predict", IRIS, "--input", source, "--on-error=skip", "--errors", source
    )
    assert source.read_bytes() == before
    assert "No such file" in refused(2, "predict", IRIS, "--input", tmp_path / "none")
    assert "is a directory" in refused(2, "predict", IRIS, "--input", tmp_path)
    assert "No such file" in refused(2, "predict", IRIS, "--output", tmp_path / "no" / "where")
    assert "--errors goes with" in refused(2, "predict", IRIS, "--errors", tmp_path / "e")
    done = run("predict", IRIS, "--input", source, "--output=/dev/full")
    assert done.returncode == 1 and b"No space left" in done.stderr


def test_models_that_are_none(tmp_path):
    assert "No such file" in refused(2, "predict", tmp_path / "none")
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04\x95rest")
    assert "pickle" in refused(1, "predict", tmp_path / "model.pkl")
    assert re.search(r"the files have more than 1024 bytes", refused(
        1, "predict", IRIS, "--max-model-bytes=1k"))
