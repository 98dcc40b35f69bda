"""omen-supervise: keeps a worker, and a web server in front of it, and ends them in order."""

import os
import re
import signal
import subprocess
import sys
import time

import documents
import fcgi_client as fcgi
import harness
import pytest

# Stand-ins for programs. Each writes a line per event; the worker's word for "ready" is sd_notify's.
FAKE = '''
import os, signal, socket, sys, time
name, ready = sys.argv[1], sys.argv[2]
deaf = sys.argv[3:4] == ["deaf"]
def say(word):
    print(f"{name} {os.getpid()} {word}", flush=True)
def heard(number, frame):
    say(signal.Signals(number).name)
    if number in (signal.SIGTERM, signal.SIGQUIT) and not deaf:
        say("ends")
        sys.exit(0)
for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, heard)
say("begins")
if ready != "never":
    time.sleep(float(ready))
    say("will be ready")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.sendto(b"STATUS=up\\nREADY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
    say("is ready")
while True:
    signal.pause()
'''


def fake(name, ready="0", *more):
    return [sys.executable, "-c", FAKE, name, ready, *more]


def supervise(rig, *arguments, name="supervisor", **options):
    socket = f"--socket={rig.run}/{name}.sock"
    return rig.start(name, [harness.find_supervise(), socket, *arguments], **options)


def said(child, pattern):
    return re.findall(pattern, child.log())


def await_said(child, pattern, times=1, seconds=10.0):
    harness.wait_for(lambda: len(said(child, pattern)) >= times, f"{pattern}: {times}", seconds)
    return said(child, pattern)


def assert_order(child, *patterns):
    assert re.search(".*".join(patterns), child.log(), re.S), child.log()


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# The socket


def test_the_socket_is_there_before_the_worker_and_gone_at_the_end(rig):
    path = f"{rig.run}/supervisor.sock"
    child = supervise(rig, "--", *fake("worker", "never"))
    await_said(child, "worker \\d+ begins")
    assert os.stat(path).st_mode & 0o777 == 0o660
    assert harness.accepts(path), "a connection waits while nobody takes it"
    assert child.stop() == 0
    assert not os.path.exists(path)


def test_a_socket_that_was_left_is_replaced_and_one_in_use_is_not(rig):
    child = supervise(rig, "--", *fake("worker", "never"))
    await_said(child, "worker \\d+ begins")
    second = supervise(rig, f"--socket={rig.run}/supervisor.sock", "--", "true", name="second")
    assert second.wait() == 1
    assert "another process serves" in second.log()
    workers = harness.children(child.pid)
    child.process.kill()
    child.process.wait()
    harness.wait_for(lambda: all(map(is_gone, workers)), "the worker does not outlive it")
    assert os.path.exists(f"{rig.run}/supervisor.sock")
    again = supervise(rig, "--", *fake("worker", "never"))
    await_said(again, "worker \\d+ begins", 2)
    assert again.stop() == 0


def test_a_listener_as_standard_input(rig):
    path = f"{rig.run}/inherited.sock"
    documents.put_version(rig.models, "m", 1, documents.constant(7))
    with harness.unix_listener(path) as listener:
        command = [harness.find_supervise(), harness.find_worker(), f"--models={rig.models}"]
        child = rig.start("supervisor", command, stdin=listener.fileno())
        answer = fcgi.ask(path, "POST", "/predict/m", b'{"input":[1,2]}', timeout=20)
        assert answer.status == 200
        assert child.stop() == 0
        assert os.path.exists(path), "it is not ours to remove"


def test_no_listener_at_all(rig):
    child = rig.start("supervisor", [harness.find_supervise(), "true"])
    assert child.wait() == 1
    assert "standard input does not listen" in child.log()


# Restarts


def test_a_worker_that_keeps_dying_is_restarted_ever_more_slowly(rig):
    child = supervise(rig, "/bin/sh", "-c", "exit 3")
    await_said(child, "pause_ms=800")
    pauses = [int(text) for text in said(child, "status=3 pause_ms=(\\d+)")]
    assert pauses[:6] == [0, 50, 100, 200, 400, 800]
    assert child.stop() == 0


@pytest.mark.parametrize("word", ["--no-such-option", None])
def test_what_cannot_run_is_not_tried_again(rig, word):
    command = [harness.find_worker(), word] if word else ["/no/such/program"]
    child = supervise(rig, "--", *command, "--", *fake("web"))
    assert child.wait() == 2
    assert "giving up" in child.log() and (word or "/no/such/program") in child.log()
    assert not said(child, "web \\d+ begins")


def test_a_killed_worker_is_replaced_at_once(rig):
    child = supervise(rig, "--", *fake("worker"))
    await_said(child, "is ready")
    (first,) = harness.children(child.pid)
    os.kill(first, signal.SIGKILL)
    await_said(child, "is ready", 2)
    assert f"pid={first} status=137 pause_ms=0" in child.log()
    assert child.stop() == 0


def test_a_rolling_restart_waits_until_the_new_one_is_ready(rig):
    child = supervise(rig, "--", *fake("worker", "0.3"))
    await_said(child, "is ready")
    (old,) = harness.children(child.pid)
    child.send_signal(signal.SIGUSR2)
    await_said(child, "begins", 2)
    child.send_signal(signal.SIGUSR2)  # while one is under way: made up for
    await_said(child, "takes over", 2)
    assert_order(child, "begins", "begins", "will be ready", "takes over", f"worker {old} ends")
    pids = [int(pid) for pid in said(child, "worker (\\d+) begins")]
    harness.wait_for(lambda: harness.children(child.pid) == [pids[-1]], "the old ones have ended")
    assert len(pids) == 3
    assert child.stop() == 0


def test_a_new_worker_that_fails_changes_nothing(rig):
    switch = f"{rig.run}/broken"
    script = f'if [ -e {switch} ]; then exit 2; fi; exec "$@"'
    child = supervise(rig, "--", "/bin/sh", "-c", script, "sh", *fake("worker"))
    await_said(child, "is ready")
    workers = harness.children(child.pid)
    with open(switch, "w", encoding="ascii"):
        pass
    child.send_signal(signal.SIGUSR2)
    await_said(child, "ended before it was ready")
    assert harness.children(child.pid) == workers
    assert child.stop() == 0


def test_a_new_worker_that_is_never_ready_is_ended(rig):
    switch = f"{rig.run}/slow"
    script = f'if [ -e {switch} ]; then exec sleep 1000; fi; exec "$@"'
    child = supervise(rig, "--ready-timeout=300ms", "--", "/bin/sh", "-c", script, "sh", *fake("worker"))
    await_said(child, "is ready")
    workers = harness.children(child.pid)
    with open(switch, "w", encoding="ascii"):
        pass
    child.send_signal(signal.SIGUSR2)
    await_said(child, "not ready in time")
    harness.wait_for(lambda: harness.children(child.pid) == workers, "the new one has ended")
    assert child.stop() == 0


def test_nobody_else_can_say_that_a_worker_is_ready(rig):
    """Not even who knows the socket: the kernel says who speaks."""
    liar = (
        'python3 -c "import os,socket;'
        "socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM).sendto("
        "b'READY=1',os.environ['NOTIFY_SOCKET'].replace('@',chr(0),1))\";"
        "echo lied; exec sleep 1000"
    )
    child = supervise(rig, "--web-wait=1h", "--", "/bin/sh", "-c", liar, "--", *fake("web"))
    await_said(child, "lied")
    time.sleep(0.3)
    assert not said(child, "web \\d+ begins")
    assert child.stop() == 0


# Signals


def test_signals_are_passed_on(rig):
    child = supervise(rig, "--", *fake("worker"), "--", *fake("web", "never"))
    await_said(child, "web \\d+ begins")
    for number in (signal.SIGHUP, signal.SIGUSR1):
        child.send_signal(number)
        for name in ("worker", "web"):
            await_said(child, f"{name} \\d+ {number.name}")
    assert child.stop() == 0
    assert_order(child, "SIGUSR1", "SIGQUIT")


def test_ctrl_c_reaches_the_supervisor_alone(rig):
    child = supervise(
        rig, "--", *fake("worker"), "--", *fake("web", "never"), start_new_session=True
    )
    await_said(child, "web \\d+ begins")
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait() == 0
    assert not said(child, "SIGINT")
    assert_order(child, "web \\d+ SIGQUIT", "worker \\d+ SIGTERM")


def test_programs_can_hear_what_the_supervisor_was_started_to_ignore(rig):
    # A shell cannot trap what was ignored when it began.
    web = "trap 'echo web heard QUIT; exit 0' QUIT; echo web begins; while :; do sleep 0.1; done"
    deaf = ["bash", "-c", "trap '' INT QUIT HUP USR1 USR2; exec \"$@\"", "bash"]
    command = [harness.find_supervise(), f"--socket={rig.run}/supervisor.sock"]
    child = rig.start("supervisor", [*deaf, *command, "--", *fake("worker"), "--", "sh", "-c", web])
    await_said(child, "web begins")
    assert child.stop() == 0
    assert said(child, "web heard QUIT")


def as_process_1():
    """The words that make a program process 1 of a name space of its own."""
    words = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "--pid", "--fork", "--mount-proc"]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no name space of processes: {done.stderr.strip()}")
    return words


def test_process_1_reaps_what_others_leave(rig):
    orphans = "for i in 1 2 3; do (sleep 0.1 &) done; exec \"$@\""
    command = [harness.find_supervise(), f"--socket={rig.run}/1.sock", "--", "/bin/sh", "-c", orphans]
    outer = rig.start("outer", [*as_process_1(), *command, "sh", *fake("worker")])
    await_said(outer, "worker \\d+ is ready")
    (first,) = harness.children(outer.pid)
    harness.wait_for(lambda: len(harness.children(first)) == 1, "the worker is its only child")
    worker = harness.children(first)
    os.kill(first, signal.SIGTERM)
    assert outer.wait() == 0, outer.log()
    assert all(map(is_gone, worker))


# The web server


def test_the_web_server_begins_when_the_worker_is_ready(rig):
    child = supervise(rig, "--", *fake("worker", "0.5"), "--", *fake("web", "never"))
    await_said(child, "web \\d+ begins")
    assert_order(child, "worker \\d+ is ready", "web \\d+ begins")
    assert child.stop() == 0
    assert_order(child, "web \\d+ ends", "worker \\d+ SIGTERM")


def test_the_web_server_does_not_wait_for_ever(rig):
    child = supervise(
        rig, "--web-wait=200ms", "--", *fake("worker", "never"), "--", *fake("web", "never")
    )
    await_said(child, "web \\d+ begins")
    assert child.stop() == 0


def test_grace(rig):
    child = supervise(
        rig, "--grace=700ms", "--", *fake("worker"), "--", *fake("web", "never")
    )
    await_said(child, "web \\d+ begins")
    begun = time.monotonic()
    child.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert not said(child, "SIGQUIT"), "it serves on"
    assert child.wait() == 0
    assert time.monotonic() - begun >= 0.7


def test_a_second_signal_does_not_wait(rig):
    child = supervise(rig, "--grace=1h", "--", *fake("worker"), "--", *fake("web", "never"))
    await_said(child, "web \\d+ begins")
    child.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    child.send_signal(signal.SIGTERM)
    assert child.wait() == 0


def test_what_does_not_end_is_killed(rig):
    child = supervise(
        rig, "--web-timeout=100ms", "--worker-timeout=100ms",
        "--", *fake("worker", "0", "deaf"), "--", *fake("web", "never", "deaf"),
    )
    await_said(child, "web \\d+ begins")
    pids = harness.children(child.pid)
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 1
    assert all(map(is_gone, pids))
    assert_order(child, "web \\d+ SIGQUIT", "web \\d+ SIGTERM", "worker \\d+ SIGTERM")


def test_a_web_server_that_cannot_run_ends_everything(rig):
    child = supervise(rig, "--", *fake("worker"), "--", "/bin/sh", "-c", "exit 1")
    assert child.wait() == 1
    assert "the web server cannot run" in child.log()
    assert said(child, "worker \\d+ ends")


def test_a_killed_web_server_is_replaced_and_the_worker_is_not(rig):
    child = supervise(rig, "--", *fake("worker"), "--", *fake("web", "never"))
    (web,) = await_said(child, "web (\\d+) begins")
    os.kill(int(web), signal.SIGKILL)
    await_said(child, "web \\d+ begins", 2)
    assert len(said(child, "worker \\d+ begins")) == 1
    assert child.stop() == 0


def nginx_command(rig, path):
    """nginx in front of a socket: its port and its command."""
    port = harness.free_port()
    command = [harness.ROOT / "tools" / "render-nginx", "--start", "--run", f"{rig.run}/web"]
    command += ["--socket", path, "--port", port, "--listen", "127.0.0.1"]
    return port, command + (["--user", "root"] if os.geteuid() == 0 else [])


def test_nginx_and_the_worker(rig):
    documents.put_version(rig.models, "m", 1, documents.constant(7))
    port, nginx = nginx_command(rig, f"{rig.run}/supervisor.sock")
    worker = [harness.find_worker(), f"--models={rig.models}", "--threads=2"]
    child = supervise(rig, "--", *worker, "--", *nginx)

    def answers():
        return harness.http_ask(
            port, "POST", "/predict/m", b'{"input":[1,2]}', {"Content-Type": "application/json"}
        )[0]

    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "nginx listens")
    assert answers() == 200, "the worker was ready before"
    # A killed master leaves processes that hold the port.
    pids = harness.children(child.pid)
    (master,) = [pid for pid in pids if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "nginx"]
    left = harness.children(master)
    os.kill(master, signal.SIGKILL)
    harness.wait_for(lambda: all(map(is_gone, left)), "its processes have ended")
    harness.wait_for(lambda: harness.accepts(("127.0.0.1", port)), "nginx listens again")
    assert answers() == 200
    pids = harness.children(child.pid)
    pids += [inner for pid in pids for inner in harness.children(pid)]
    assert child.stop(seconds=40) == 0
    assert all(map(is_gone, pids))
    assert "drain=orderly" in child.log()


# The command line


@pytest.mark.parametrize(
    "arguments, what",
    [
        ([], "the worker's command is missing"),
        (["--", "--", "true"], "the worker's command is missing"),
        (["true", "--"], "the web server's command is missing"),
        (["--nonsense=1", "true"], "nonsense"),
        (["--grace=soon", "true"], "grace"),
    ],
)
def test_a_wrong_command_line(rig, arguments, what):
    child = rig.start("supervisor", [harness.find_supervise(), *arguments])
    assert child.wait() == 2
    assert what in child.log()


def test_options_from_the_environment(rig):
    env = harness.clean_environment(OMEN_SUPERVISE_LOG_FORMAT="json")
    child = supervise(rig, "--", *fake("worker"), env=env)
    await_said(child, "is ready")
    assert child.stop() == 0
    assert '"program":"worker"' in child.log()


def test_help_and_the_manual():
    def printed(option):
        command = [harness.find_supervise(), option]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    page = (harness.ROOT / "src" / "supervise" / "omen-supervise.1.scd").read_text()
    assert printed("--print-manual") in page
    assert "USR2" in printed("--help") and "--grace" in printed("--help")
    assert printed("--version").startswith("omen-supervise ")
