"""tools/render-nginx: what it prints, what it refuses, and that any POSIX shell runs it."""

import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "render-nginx"
MANUAL = ROOT / "conf" / "render-nginx.1.scd"
BEGIN = "; options: from --help\n"
END = "; options: end\n"
BASIC = ("--run", "/run/omen", "--socket", "/run/omen/worker.sock", "--port", "8080")


@pytest.fixture(scope="module", params=["dash", "busybox"])
def shell(request, tmp_path_factory):
    """A shell, and an environment: with busybox, of nothing but its own tools."""
    bin = tmp_path_factory.mktemp("bin")
    (bin / "nginx").write_text('#!/bin/sh\necho "$@"\n', encoding="ascii")
    (bin / "nginx").chmod(0o755)
    command = [shutil.which(request.param)]
    if request.param == "dash":
        return command, {"PATH": f"{bin}:{os.environ['PATH']}"}
    subprocess.run([*command, "--install", "-s", bin], check=True)
    return [*command, "sh"], {"PATH": str(bin)}


@pytest.fixture(scope="module")
def run(shell):
    command, environment = shell

    def call(*arguments, tool=TOOL, cwd=None, **variables):
        return subprocess.run(
            [*command, str(tool), *map(str, arguments)], env={**environment, **variables}, cwd=cwd,
            capture_output=True, text=True, timeout=60, check=False,
        )

    return call


def assert_lines(text, *lines):
    for line in lines:
        assert line in text, line


def test_it_is_a_script_without_faults():
    subprocess.run(["shellcheck", TOOL], check=True)


def test_no_placeholder_is_left(run):
    done = run(*BASIC)
    assert (done.returncode, done.stderr) == (0, "")
    assert not re.search(r"@[A-Z_]+@", done.stdout)
    assert_lines(done.stdout, "server unix:/run/omen/worker.sock max_fails=0;",
                 "listen 0.0.0.0:8080", "allow 127.0.0.1;", "allow ::1;")
    assert "\nuser " not in done.stdout


MORE = {
    "listen": ("::1", "listen [::1]:80 backlog"),
    "allow": ("10.0.0.0/8,::1", "allow 10.0.0.0/8;\n            allow ::1;\n            deny all;"),
    "metrics-port": ("9090", "allow all;"),
    "metrics-listen": ("127.0.0.3,::1", "listen 127.0.0.3:9090 backlog=4096;\n        listen [::1]:9090 "),
    "tls-port": ("8443", ":8443 ssl http2 "),
    "tls-listen": ("127.0.0.4", "listen 127.0.0.4:8443 ssl http2 "),
    "tls-certificate": ("/c.pem", "ssl_certificate /c.pem;"),
    "tls-key": ("/k.pem", "ssl_certificate_key /k.pem;"),
    "limit-rate": ("200r/s", "rate=200r/s;"),
    "limit-burst": ("77", "limit_req zone=omen_requests burst=77 nodelay;"),
    "limit-connections": ("33", "limit_conn omen_connections 33;"),
    "real-ip-from": ("10.1.0.0/16,::2", "set_real_ip_from 10.1.0.0/16;\n    set_real_ip_from ::2;"),
    "real-ip-header": ("X-Real-IP", "real_ip_header X-Real-IP;"),
    "workers": ("4", "worker_processes 4;"),
    "connections": ("2000", "worker_connections 2000;"),
    "keepalive": ("99", "keepalive 99;"),
    "max-body": ("2m", "client_max_body_size 2m;"),
    "body-buffer": ("1m", "client_body_buffer_size 1m;"),
    "gzip": ("3k", "gzip_min_length 3k;"),
    "read-timeout": ("30s", "fastcgi_read_timeout 30s;"),
    "user": ("www-data", "user www-data;"),
    "access-log": ("/r/access.log", "access_log /r/access.log omen buffer"),
    "error-log": ("/r/error.log", "error_log /r/error.log warn;"),
    "run": ("/r", "pid /r/nginx.pid;"),
    "socket": ("127.0.0.1:9000", "server 127.0.0.1:9000 max_fails=0;"),
    "port": ("80", ":80 backlog"),
    "predict-route": ("/p:predict", "location = /p:predict {"),
    "health-route": ("/h", "location = /h {"),
    "drain-time": ("3", ""),
    "template": (str(ROOT / "conf" / "nginx.conf.in"), "http {"),
}


def variables():
    return {f"OMEN_NGINX_{name.upper().replace('-', '_')}": value
            for name, (value, _) in MORE.items()}


def test_every_option_can_be_given_three_ways(run):
    options = [word for name, (value, _) in MORE.items() for word in (f"--{name}", value)]
    joined = [f"--{name}={value}" for name, (value, _) in MORE.items()]
    done = run(*options)
    assert (done.returncode, done.stderr) == (0, "")
    assert_lines(done.stdout, *(line for _, line in MORE.values()))
    assert "allow 127.0.0.1" not in done.stdout
    assert run(*joined).stdout == done.stdout
    assert run(**variables()).stdout == done.stdout


def test_the_help_names_every_option_and_variable(run):
    done = run("--help")
    assert done.returncode == 0
    assert set(re.findall(r"--([a-z-]+) +[A-Z]", done.stdout)) == set(MORE)
    assert set(re.findall(r"^  (OMEN_NGINX_\w+)$", done.stdout, re.M)) == set(variables())


def manual_of(help_text):
    """The options of --help as the manual has them."""
    entries = []
    for line in help_text.splitlines():
        if line.startswith("  --"):
            names, _, what = line.strip().partition("  ")
            entries.append((names, [what.strip()]))
        elif entries and line.startswith("      "):
            entries[-1][1].append(line.strip())
    text = ""
    for names, what in entries:
        words = re.sub(r"--[a-z-]+", r"*\g<0>*", re.sub(r"[A-Z]{2,}|\bN\b", r"_\g<0>_", names))
        places = [name.upper().replace("-", "\\_") for name in re.findall(r"--([a-z-]+) [A-Z]", names)]
        words += "".join(f", *OMEN\\_NGINX\\_{place}*" for place in places)
        text += f"{words}\n\t{' '.join(filter(None, what)).replace('_', chr(92) + '_')}\n\n"
    return text


def test_the_manual_says_what_the_help_says(run):
    text = MANUAL.read_text(encoding="utf-8")
    assert text.count(BEGIN) == 1 and text.count(END) == 1
    assert text.split(BEGIN)[1].split(END)[0] == manual_of(run("--help").stdout)
    done = subprocess.run(["scdoc"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and r"\fBOMEN_NGINX_MAX_BODY\fR" in done.stdout, done.stderr


def test_an_argument_overrules_a_variable(run):
    done = run(*BASIC, "--allow", "10.0.0.1", "--allow", "10.0.0.2",
               OMEN_NGINX_ALLOW="10.0.0.3", OMEN_NGINX_PORT="81")
    assert_lines(done.stdout, "listen 0.0.0.0:8080 ", "allow 10.0.0.1;", "allow 10.0.0.2;")
    assert "10.0.0.3" not in done.stdout


def test_the_platforms_variables(run):
    place = BASIC[:4]
    assert "listen 0.0.0.0:8099 " in run(*place, AIP_HTTP_PORT="8099", PORT="8097").stdout
    assert "listen 0.0.0.0:8098 " in run(*place, SAGEMAKER_BIND_TO_PORT="8098").stdout
    assert "listen 0.0.0.0:8097 " in run(*place, PORT="8097").stdout
    assert "listen 0.0.0.0:8080 " in run(*BASIC, AIP_HTTP_PORT="8099").stdout
    text = run(*BASIC, AIP_HEALTH_ROUTE="/h", AIP_PREDICT_ROUTE="/p:predict").stdout
    assert_lines(text, "location = /h {", "location = /p:predict {")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--run", "relative", "--socket", "/s", "--port", 1),
        (*BASIC, "--listen", "a; evil on"),
        (*BASIC, "--max-body", "1m\nevil on"),
        (*BASIC, "--access-log", "$host"),
        (*BASIC, "--error-log", "a b"),
        (*BASIC, "--health-route", "/{x}"),
        (*BASIC, "--health-route", "h"),
        (*BASIC, "--template", "/nowhere"),
        (*BASIC[:4], "--port", "80x"),
        (*BASIC[:4], "--port", "65536"),
        (*BASIC[:4], "--port", "70000"),
        (*BASIC[:2], "--socket", "worker.sock", "--port", "80"),
        (*BASIC, "--max-body", ""),
        (*BASIC, "--allow="),
        (*BASIC, "--allow", "10.0.0.1,,10.0.0.2"),
        (*BASIC, "--listen", ","),
        (*BASIC, "--metrics-port", "0"),
        (*BASIC, "--max-body", "much"),
        (*BASIC, "--max-body", "99999999999m"),
        (*BASIC, "--body-buffer", "1g"),
        (*BASIC, "--read-timeout", "-1"),
        (*BASIC, "--workers", "0"),
        (*BASIC, "--limit-rate", "200"),
        (*BASIC, "--drain-time", "1"),
        (*BASIC, "--real-ip-header", "a_b"),
        (*BASIC, "--tls-port", "443"),
        (*BASIC, "--tls-port", "443", "--tls-certificate", "/c"),
        (*BASIC, "--tls-port", "443", "--tls-certificate", "c", "--tls-key", "/k"),
        (*BASIC, "--nonsense", 1),
        (*BASIC, "--port"),
        (*BASIC, "nonsense", 1),
    ],
)
def test_what_it_refuses(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2 and not done.stdout
    assert re.fullmatch(r"render-nginx: .+\n", done.stderr)


def test_what_it_refuses_of_a_variable(run):
    done = run(*BASIC, OMEN_NGINX_USER="a;b")
    assert (done.returncode, done.stdout) == (2, "") and "--user" in done.stderr


@pytest.mark.parametrize("name", ["AIP_HTTP_PORT", "SAGEMAKER_BIND_TO_PORT", "PORT", "AIP_PREDICT_ROUTE",
                                  "AIP_HEALTH_ROUTE"])
@pytest.mark.parametrize("value", ["8080\nLISTEN evil on;", "/p\nLISTEN evil on;", "a b", "$host"])
def test_what_it_refuses_of_a_platform(run, name, value):
    """A variable of several lines has none that is looked at alone."""
    port = () if name.endswith("PORT") else BASIC[4:]
    done = run(*BASIC[:4], *port, **{name: value})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"render-nginx: --(port|predict-route|health-route) .+\n", done.stderr)


@pytest.mark.parametrize("port", ["1", "9", "80", "999", "8080", "9999", "10000", "59999", "60000", "64999",
                                  "65499", "65529", "65535"])
def test_every_port(run, port):
    assert f"listen 0.0.0.0:{port} " in run(*BASIC[:4], "--port", port).stdout


def test_addresses_are_no_patterns_of_file_names(run, tmp_path):
    (tmp_path / "1").touch()
    done = run(*BASIC, "--listen", "[::1],*", cwd=tmp_path)
    assert_lines(done.stdout, "listen [::1]:8080 ", "listen *:8080 ")


@pytest.mark.parametrize("action, place, why", [
    ("--reload", "nowhere", "no nginx runs in"), ("--reload", ".", "no nginx runs in"), ("--drain", "nowhere", "there is no"),
])
def test_where_no_nginx_is(run, tmp_path, action, place, why):
    done = run(action, "--run", tmp_path / place)
    assert done.returncode == 2 and done.stderr.startswith(f"render-nginx: {why} ")


def test_a_reload_waits_for_an_nginx_that_is_starting(run, tmp_path):
    """It listens before it has written its number."""
    victim = subprocess.Popen(["sleep", "60"])
    write = threading.Timer(1.5, (tmp_path / "nginx.pid").write_text, [str(victim.pid)])
    write.start()
    try:
        done = run("--reload", "--run", tmp_path, "--drain-time", "0")
        assert done.returncode == 0, done.stderr
        assert victim.wait(10) == -signal.SIGHUP
    finally:
        victim.kill()
        victim.wait()
        write.join()


def test_a_drain_takes_its_time_though_clients_cannot_be_told(run, tmp_path):
    (tmp_path / "closing").symlink_to(tmp_path / "nowhere" / "closing")
    start = time.monotonic()
    done = run("--drain", "--run", tmp_path)
    assert done.returncode == 0 and "clients cannot be told" in done.stderr
    assert time.monotonic() - start >= 2


def test_start_makes_the_directory_and_becomes_nginx(run, tmp_path):
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    (place / "closing").touch()
    done = run(*BASIC[2:], "--run", place, "--start")
    assert done.stdout == f"-e stderr -p {place} -c {place}/nginx.conf -g daemon off;\n"
    assert (place / "nginx.conf").read_text() == run(*BASIC[2:], "--run", place).stdout
    assert not (place / "closing").exists(), "of one that was ended"
    done = run(*BASIC[2:], "--run", place, "--keep")
    assert done.returncode == 0 and done.stdout.startswith(f"-e stderr -p {place} ")


def test_what_is_not_asked_for_is_not_there(run):
    text = run(*BASIC).stdout
    for word in ("ssl", "limit_req", "limit_conn", "real_ip", "user ", "allow all", "rewrite", "@if"):
        assert not re.search(rf"^ *{word}", text, re.M), word
    assert text.count("server {") == 1
    assert "gzip" not in run(*BASIC, "--gzip", "off").stdout


def test_a_template_with_a_word_that_means_nothing(run, tmp_path):
    (tmp_path / "template").write_text("pid @RUN@;\nuser @NOBODY@;\n", encoding="ascii")
    done = run(*BASIC, "--template", tmp_path / "template")
    assert done.returncode != 0 and "line 2 of the template: what is NOBODY?" in done.stderr


def test_it_finds_the_template_beside_an_installed_tool(run, tmp_path):
    for source, place in ((TOOL, "bin"), (ROOT / "conf" / "nginx.conf.in", "share/omen")):
        (tmp_path / place).mkdir(parents=True)
        shutil.copy(source, tmp_path / place)
    done = run(*BASIC, tool=tmp_path / "bin" / "render-nginx")
    assert done.stdout == run(*BASIC).stdout


# Each with its own part of the template; a value that needs a file names it by its place.
PARTS = {
    "tls": ["--tls-port", "8443", "--tls-certificate", "{run}/c.pem", "--tls-key", "{run}/k.pem"],
    "metrics": ["--metrics-port", "9090"],
    "limits": ["--limit-rate", "10r/s", "--limit-connections", "5"],
    "proxy": ["--real-ip-from", "10.0.0.0/8,::1"],
    "routes": ["--predict-route", "/v1/endpoints/1/deployedModels/2:predict", "--health-route", "/ping"],
    "plain": ["--gzip", "off", "--access-log", "/dev/stdout", "--max-body", "2g"],
}


@pytest.mark.parametrize("first", [False, True], ids=["without TLS", "with TLS"])
def test_nginx_takes_every_combination(tmp_path, first):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=localhost", "-keyout", tmp_path / "k.pem", "-out", tmp_path / "c.pem"],
        check=True, capture_output=True,
    )
    configuration = tmp_path / "nginx.conf"
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    for chosen in itertools.product([False, True], repeat=len(PARTS) - 1):
        parts = [part for part, on in zip(PARTS.values(), (first, *chosen)) if on]
        words = [word.format(run=tmp_path) for part in parts for word in part]
        command = [TOOL, "--run", tmp_path, "--socket", "/s", "--port", "8080", *words]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        configuration.write_text(text, encoding="ascii")
        done = subprocess.run(
            ["nginx", "-e", "stderr", "-t", "-c", configuration], env=environment,
            capture_output=True, text=True, check=False,
        )
        assert done.returncode == 0 and "[warn]" not in done.stderr, (words, done.stderr)
