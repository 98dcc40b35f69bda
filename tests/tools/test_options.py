"""The worker's options: what describes them agrees with the table, and they are read as promised."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "src" / "app" / "options.c"
RELOAD = ROOT / "src" / "app" / "reload.c"
MANUAL = ROOT / "src" / "app" / "omen-worker.1.scd"
SAMPLE = ROOT / "conf" / "omen-worker.conf"
MANUAL_BEGIN = "; options: from --print-manual\n"
MANUAL_END = "; options: end\n"


def find_worker():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        worker = ROOT / place / "src" / "app" / "omen-worker"
        if worker.exists():
            return str(worker)
    raise FileNotFoundError(f"no omen-worker in {places}; build first or set OMEN_BUILD")


def run(*arguments, **variables):
    """Returns the finished process; only the given OMEN_* variables are set."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("OMEN_")}
    env.update(variables)
    return subprocess.run(
        [find_worker(), *map(str, arguments)],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed(*arguments, **variables):
    done = run(*arguments, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


def config(*arguments, **variables):
    """{name: text} of --print-config."""
    lines = printed("--print-config", *arguments, **variables).splitlines()
    return dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines if "=" in line)


def table():
    """[(section, name, default)] as the source has them."""
    row = r'\{"([a-z]+)",\s*"([a-z-]+)",\s*CONFIG_\w+,\s*VALUE\((\w+)\),\s*"([^"]*)"'
    rows = re.findall(row, TABLE.read_text())
    assert len(rows) > 20
    for _, name, member, _ in rows:
        assert member == name.replace("-", "_")
    return [(section, name, default) for section, name, _, default in rows]


def names():
    return [name for _, name, _ in table()]


def test_help_lists_the_table():
    found = re.findall(r"^  --(?:\[no-\]([a-z-]+)|([a-z-]+)=)", printed("--help"), re.M)
    assert [switch or option for switch, option in found] == names()


def test_help_tells_every_flag_beside_the_table():
    text = printed("--help")
    for flag in re.findall(r"^\*(--[a-z-]+)\*", MANUAL.read_text().split("# OPTIONS")[0], re.M):
        assert re.search(rf"^  {flag}\b", text, re.M), flag


def test_print_config_lists_the_table_with_its_defaults():
    values = config()
    assert list(values) == names()
    for _, name, default in table():
        assert values[name].strip('"') == default, name


def test_print_config_puts_each_option_in_its_section():
    section, seen = None, []
    for line in printed("--print-config").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            seen.append((section, line.split("=")[0].strip()))
    assert seen == [(where, name) for where, name, _ in table()]


def test_the_sample_file_is_what_print_sample_prints():
    assert SAMPLE.read_text() == printed("--print-sample")


def test_the_sample_lists_the_table():
    assert re.findall(r"^#([a-z-]+) =", SAMPLE.read_text(), re.M) == names()


def test_the_sample_changes_nothing():
    assert printed("--print-config", "--config", SAMPLE) == printed("--print-config")


def test_the_sample_uncommented_is_right_and_changes_nothing(tmp_path):
    path = tmp_path / "worker.conf"
    path.write_text(re.sub(r"^#([a-z-]+ =)", r"\1", SAMPLE.read_text(), flags=re.M))
    assert printed("--print-config", "--config", path) == printed("--print-config")


def test_the_manual_is_what_print_manual_prints():
    text = MANUAL.read_text()
    assert text.count(MANUAL_BEGIN) == 1 and text.count(MANUAL_END) == 1
    part = text.split(MANUAL_BEGIN)[1].split(MANUAL_END)[0]
    assert part == printed("--print-manual")


def test_the_manual_lists_the_table():
    assert re.findall(r"^\*--([a-z-]+)\*=", printed("--print-manual"), re.M) == names()


def test_what_a_reload_changes_is_in_the_table():
    part = RELOAD.read_text().split("changeable[] = {")[1].split("}")[0]
    changeable = re.findall(r'"([a-z-]+)"', part)
    assert changeable and set(changeable) <= set(names())


def test_print_config_reads_back_to_itself(tmp_path):
    path = tmp_path / "worker.conf"
    path.write_text(
        printed(
            "--print-config",
            "--listen=127.0.0.1:9000",
            "--listen-mode=0600",
            "--threads=3",
            "--idle-timeout=1500ms",
            "--max-body=65537",
            "--models=/srv/a b; c # d",
            "--access-log=0.1",
            "--log-format=json",
        )
    )
    values = config("--config", path)
    assert values["threads"] == "3" and values["max-body"] == "65537"
    assert values["models"].startswith('"/srv/a b')
    assert printed("--print-config", "--config", path) == path.read_text()


def test_flag_over_variable_over_file_over_default(tmp_path):
    path = tmp_path / "worker.conf"
    path.write_text("[server]\nthreads = 2\n")
    assert config()["threads"] == "0"
    assert config("--config", path)["threads"] == "2"
    assert config(OMEN_CONFIG=str(path))["threads"] == "2"
    assert config("--config", path, OMEN_THREADS="3")["threads"] == "3"
    assert config("--config", path, "--threads=4", OMEN_THREADS="3")["threads"] == "4"
    assert config("--threads", "5", OMEN_THREADS="3")["threads"] == "5"


def test_the_flag_config_is_stronger_than_the_variable(tmp_path):
    first, second = tmp_path / "first.conf", tmp_path / "second.conf"
    first.write_text("[server]\nthreads = 2\n")
    second.write_text("[server]\nthreads = 7\n")
    assert config(f"--config={second}", OMEN_CONFIG=str(first))["threads"] == "7"


@pytest.mark.parametrize("action", [[], ["--check-config"], ["--print-config"]])
def test_all_mistakes_are_told_at_once(tmp_path, action):
    path = tmp_path / "worker.conf"
    path.write_text("[server]\nthreads = many\nread-timeout = 5\n[nowhere]\nx = 1\n[log]\nlevel = info\n")
    done = run(*action, "--config", path, "--access-log=2", "--bogus=1", OMEN_MAX_ROWS="-1")
    assert done.returncode == 2
    assert done.stdout == ""
    for part in [
        f"{path}:2: [server] threads",
        f"{path}:3: [server] read-timeout",
        f"{path}:4: [nowhere]",
        f"{path}:7: [log] level",
        "OMEN_MAX_ROWS",
        "--access-log",
        "--bogus",
    ]:
        assert part in done.stderr, done.stderr


def test_check_config_is_silent_about_what_is_right():
    done = run("--check-config", "--config", SAMPLE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_that_is_not_there_is_a_mistake(tmp_path):
    done = run("--check-config", "--config", tmp_path / "none.conf")
    assert done.returncode == 2
    assert "none.conf" in done.stderr


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["--config"], "--config"),
        (["--config="], "--config"),
        (["--check", "dead"], "--check"),
        (["--check"], "--check"),
        (["models"], "models"),
        (["--", "models"], "models"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments, part):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert part in done.stderr


def test_version():
    assert re.fullmatch(r"omen-worker \d+\.\d+\.\d+\n", printed("--version"))


def test_check_says_no_when_nobody_listens(tmp_path):
    done = run("--check", "live", f"unix:{tmp_path}/worker.sock")
    assert done.returncode == 1
    assert "worker.sock" in done.stderr
