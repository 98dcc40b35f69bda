"""omen predict as a filter: slow pipes, pipes that close, GNU parallel, streams without end."""

import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import threading

import pytest

import omen_tool
from omen_tool import MODELS, as_csv, as_jsonl, find_omen, good, refused, rows

IRIS = MODELS / "iris"
NAMES = omen_tool.names("iris")
ROWS = rows("iris")


def start(*arguments, **options):
    return subprocess.Popen(
        [find_omen(), "predict", str(IRIS), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,
    )


def read_line(stream, seconds=10):
    """One line, without asking for more than has come."""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], seconds)
        assert ready, f"no line within {seconds} s; so far {line!r}"
        byte = os.read(stream.fileno(), 1)
        if not byte:
            break
        line += byte
    return line


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_line_in_gives_a_line_out(form):
    process = start("--output-format=jsonl", "--input-format", form)
    if form == "csv":
        process.stdin.write(as_csv(NAMES, []))
    for row in (ROWS[0], ROWS[100], ROWS[60]):
        process.stdin.write(as_csv(None, [row]) if form == "csv" else as_jsonl([row]))
        process.stdin.flush()
        assert read_line(process.stdout).startswith(b'{"prediction":"')
    half = as_jsonl([ROWS[0]]) if form == "jsonl" else as_csv(None, [ROWS[0]])
    process.stdin.write(half[:5])
    process.stdin.flush()
    assert not select.select([process.stdout], [], [], 0.3)[0]
    process.stdin.write(half[5:-1])
    process.stdin.close()
    assert read_line(process.stdout) == b'{"prediction":"setosa"}\n'
    assert process.stdout.read() == b"" and process.wait(10) == 0


def test_errors_come_at_once_too(tmp_path):
    errors = tmp_path / "errors.csv"
    process = start("--on-error=skip", "--errors", errors, stderr=subprocess.DEVNULL)
    process.stdin.write(as_csv(NAMES, [["x", 1, 2, 3], ROWS[0]]))
    process.stdin.flush()
    assert read_line(process.stdout) == b"prediction\n"
    assert read_line(process.stdout) == b"setosa\n"
    assert len(errors.read_text().splitlines()) == 2
    process.stdin.close()
    assert process.wait(10) == 0


def feed(process, count, block):
    try:
        for _ in range(count):
            process.stdin.write(block)
        process.stdin.close()
    except BrokenPipeError:
        pass


@pytest.mark.parametrize("ignored", [False, True])
def test_a_reader_that_goes_away_ends_it_quietly(ignored):
    def prepare():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignored else signal.SIG_DFL)

    process = start("--no-header", stderr=subprocess.PIPE, preexec_fn=prepare, restore_signals=False)
    feeder = threading.Thread(target=feed, args=(process, 2000, as_csv(None, ROWS)))
    feeder.start()
    assert read_line(process.stdout) == b"setosa\n"
    process.stdout.close()
    assert process.wait(20) == (1 if ignored else -signal.SIGPIPE)
    feeder.join()
    assert process.stderr.read() == b""


def peak_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


@pytest.mark.parametrize("form", ["csv", "jsonl", "npy"])
def test_memory_does_not_grow_with_the_stream(form):
    """The peak after a little of the stream, and after far more of it."""
    numpy = pytest.importorskip("numpy")
    table = numpy.tile(numpy.array(ROWS), (200, 1))
    block = {
        "csv": as_csv(None, table.tolist()),
        "jsonl": as_jsonl(table.tolist()),
        "npy": table.tobytes(),
    }[form]
    blocks = 40
    process = start("--no-header", "--input-format", form, "--outputs=probability")
    if form == "npy":
        shape = (len(table) * blocks, 4)
        numpy.lib.format.write_array_header_1_0(
            process.stdin, {"descr": "<f8", "fortran_order": False, "shape": shape}
        )
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    peaks = []
    for _ in range(blocks):
        process.stdin.write(block)
        process.stdin.flush()
        peaks.append(peak_kb(process.pid))
    process.stdin.close()
    reader.join()
    assert process.wait(60) == 0
    assert len(lines) == blocks * len(table)
    assert lines[: len(table)] == lines[-len(table) :]
    print(f"measured: omen predict, {form} of {blocks * len(block) >> 20} MiB: {peaks[-1]} kB")
    assert peaks[-1] <= peaks[2] + 2048, peaks
    assert peaks[-1] < 65536


def test_hadoop_streaming_style():
    """Tab separated lines without header through a mapper, a sort by key and a reducer that sees the
    answers; the input is split between two mappers, one of which gets nothing."""
    lines = as_csv(None, [[i, *row] for i, row in enumerate(ROWS)], delimiter="\t")
    columns = ",".join(["key", *NAMES])
    mapper = [find_omen(), "predict", IRIS, "--no-header", "--delimiter=tab", "--id=key"]
    mapper += ["--columns", columns]
    parts = [subprocess.run(mapper, input=part, capture_output=True, check=True).stdout
             for part in (lines, b"")]
    reduced = subprocess.run(
        ["sort", "-n"], input=b"".join(parts), capture_output=True, check=True
    ).stdout
    plain = good("predict", IRIS, input=as_csv(NAMES, ROWS)).splitlines()[1:]
    assert reduced.decode().splitlines() == [f"{i}\t{label}" for i, label in enumerate(plain)]


@pytest.mark.skipif(shutil.which("parallel") is None, reason="needs the package parallel")
def test_gnu_parallel():
    table = ROWS * 40
    expected = good("predict", IRIS, "--outputs=all", input=as_csv(NAMES, table))
    environment = os.environ | {"HOME": "/nonexistent", "PARALLEL_HOME": "/nonexistent"}
    pipe = ["parallel", "--will-cite", "--pipe", "--keep-order", "--block", "20k", "-j", "3"]
    done = subprocess.run(
        [*pipe, "--header", ":", find_omen(), "predict", IRIS, "--outputs=all",
         "--output-header=no"],
        input=as_csv(NAMES, table), capture_output=True, check=False, env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == expected.split("\n", 1)[1]
    done = subprocess.run(
        [*pipe, find_omen(), "predict", IRIS, "--outputs=all", "--no-header"],
        input=as_csv(None, table), capture_output=True, check=False, env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == expected.split("\n", 1)[1]
    bad = as_csv(None, table) + b"1,2\n"
    done = subprocess.run([*pipe, find_omen(), "predict", IRIS, "--no-header"], input=bad,
                          capture_output=True, check=False, env=environment)
    assert done.returncode == 1 and b"the row has 2 values" in done.stderr


def run_on_terminal(arguments, tmp_path, rows_count):
    """What standard error shows, when it is a terminal."""
    source = tmp_path / "rows.csv"
    source.write_bytes(as_csv(NAMES, ROWS * rows_count))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [find_omen(), "predict", IRIS, "--input", source, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
    )
    os.close(theirs)
    # Held back until the program has had to wait for longer than it waits to draw.
    while not select.select([ours], [], [], 0.5)[0] and process.poll() is None:
        os.read(process.stdout.fileno(), 60000)
    process.stdout.read()
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert process.wait(20) == 0
    return shown.decode()


def test_progress_is_shown_on_a_terminal_only(tmp_path):
    shown = run_on_terminal([], tmp_path, 4000)
    assert "rows/s" in shown and "%" in shown and shown.endswith("\r\x1b[K")
    assert run_on_terminal(["--no-progress"], tmp_path, 40) == ""
    assert good("predict", IRIS, "--input", tmp_path / "rows.csv")


def test_it_never_asks(tmp_path):
    """With a terminal for standard input it reads rows from it like from a pipe."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [find_omen(), "predict", IRIS, "--no-header"], stdin=theirs, stdout=subprocess.PIPE
    )
    os.close(theirs)
    os.write(ours, as_csv(None, ROWS[:1]))
    assert read_line(process.stdout) == b"setosa\n"
    os.write(ours, b"\x04")
    assert process.wait(10) == 0
    os.close(ours)


def test_a_read_that_fails():
    assert "cannot read" in refused(
        1, "predict", IRIS, "--input-format=csv", "--input=/proc/self/mem"
    )
