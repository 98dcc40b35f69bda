"""omen-sync's options: what describes them agrees with the table."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MANUAL = ROOT / "src" / "sync" / "omen-sync.1.scd"
SAMPLE = ROOT / "conf" / "omen-sync.conf"
BEGIN = "; options: from --print-manual\n"
END = "; options: end\n"


def find_sync():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        sync = ROOT / place / "src" / "sync" / "omen-sync"
        if sync.exists():
            return str(sync)
    raise FileNotFoundError(f"no omen-sync in {places}; build first or set OMEN_BUILD")


def run(*arguments, **variables):
    env = {name: text for name, text in os.environ.items() if not name.startswith("OMEN_")}
    return subprocess.run(
        [find_sync(), *map(str, arguments)],
        env=env | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_sample_is_what_the_program_prints():
    assert SAMPLE.read_text() == run("--print-sample").stdout


def test_the_manual_lists_the_options():
    text = MANUAL.read_text()
    assert text.count(BEGIN) == 1 and text.count(END) == 1
    assert text.split(BEGIN)[1].split(END)[0] == run("--print-manual").stdout


def test_the_sample_is_read(tmp_path):
    """Every line of it, when it is taken in."""
    text = re.sub(r"^[;#] ?([a-z-]+ *=)", r"\1", SAMPLE.read_text(), flags=re.M)
    assert text != SAMPLE.read_text()
    path = tmp_path / "sync.conf"
    path.write_text(text)
    done = run("list", f"--config={path}", f"file://{tmp_path}")
    assert done.returncode == 0, done.stderr


def test_flag_before_environment_before_file(tmp_path):
    path = tmp_path / "sync.conf"
    path.write_text("[sync]\nmodel = from-file\n")
    for name in ("from-file", "from-env", "from-flag"):
        (tmp_path / "source" / name / "1").mkdir(parents=True)
        (tmp_path / "source" / name / "1" / "m").write_text("1")
    source = f"file://{tmp_path}/source"

    def listed(*flags, **variables):
        done = run("list", f"--config={path}", source, *flags, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[0]

    assert listed() == "from-file"
    assert listed(OMEN_SYNC_MODEL="from-env") == "from-env"
    assert listed("--model=from-flag", OMEN_SYNC_MODEL="from-env") == "from-flag"


def test_help_names_every_command():
    text = run("--help").stdout
    for command in ("pull", "push", "list", "rollback", "pin", "verify"):
        assert re.search(rf"^  {command} ", text, re.M)
    assert run("--version").stdout.startswith("omen-sync ")
