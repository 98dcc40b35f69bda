"""./tools/run, as a newcomer types it."""

import os
import re
import shutil
import signal
import socket
import subprocess

import documents
import harness
import pytest

RUN = harness.ROOT / "tools" / "run"


def start(rig, *arguments, **more):
    build = os.path.dirname(os.path.dirname(os.path.dirname(harness.find_worker())))
    port = harness.free_port()
    child = rig.start(
        f"run-{port}",
        [RUN, "--port", port, "--no-install", *arguments],
        # The PATH is an ordinary user's: it does not lead to nginx.
        env=harness.clean_environment(OMEN_BUILD=build, PATH="/usr/local/bin:/usr/bin:/bin"),
        **more,
    )
    child.port = port
    return child


def await_first_prediction(child):
    def is_there():
        assert child.is_alive(), child.log()
        return "Stop:" in child.log()

    harness.wait_for(is_there, "the first prediction", 60)
    return child.log()


def descendants(pid):
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            for word in file.read().split():
                found += [int(word), *descendants(int(word))]
    except FileNotFoundError:
        pass
    return found


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_ends(child, number):
    processes = descendants(child.pid)
    assert len(processes) >= 4, "supervisor, worker, nginx and its process"
    run = re.search(r"ready on (\S+)/worker.sock", child.log())[1]
    child.send_signal(number)
    assert child.wait(40) == 0, child.log()
    harness.wait_for(lambda: not any(map(is_running, processes)), "everything has ended")
    assert not os.path.exists(run), "its run directory is left"
    assert not harness.accepts(("127.0.0.1", child.port))


def test_the_samples_answer_and_can_be_replaced(rig):
    child = start(rig)
    log = await_first_prediction(child)
    assert re.search(r'first prediction, of \w[\w-]*: \{"prediction":', log)
    command = re.search(r"Try: +(curl .*)", log)[1]
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30, check=False)
    assert "prediction" in harness.parse_json(done.stdout), done

    models = re.search(r"mkdir (\S+)/.new", log)[1]
    name = re.search(r"first prediction, of ([\w-]+):", log)[1]
    document = f"{rig.run}/mine.json"
    documents.write(document, documents.constant(77))
    replace = " ".join(re.search(r"Replace: +(.*)\n +(mv \S+ \S+)", log).groups())
    subprocess.run(["sh", "-c", replace.replace("MODEL.json", document)], timeout=30, check=True)

    def is_replaced():
        status, _, body = harness.http_ask(
            child.port, "POST", f"/predict/{name}", b'{"input":[1,2]}',
            {"Content-Type": "application/json"},
        )
        return status == 200 and harness.parse_json(body) == {"prediction": 77}

    harness.wait_for(is_replaced, "the replaced model answers")
    assert models != str(harness.ROOT / "tests" / "golden"), "the samples themselves stay whole"
    assert_ends(child, signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_own_models_and_the_other_signals(rig, number):
    documents.put_version(rig.models, "mine", 1, documents.constant(5))
    child = start(rig, "--models", rig.models)
    log = await_first_prediction(child)
    assert 'first prediction, of mine: {"prediction":5}' in log
    assert_ends(child, number)
    assert os.path.exists(f"{rig.models}/mine/1/model.json"), "the user's models are left alone"


def test_ctrl_c_ends_in_order(rig):
    """A terminal sends it to every process of the group: nothing may be told to end twice."""
    documents.put_version(rig.models, "mine", 1, documents.constant(5))
    child = start(rig, "--models", rig.models, start_new_session=True)
    await_first_prediction(child)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(40) == 0, child.log()
    assert "drain=orderly" in child.log() and "error" not in child.log()


def test_a_worker_that_dies_is_started_again(rig):
    documents.put_version(rig.models, "mine", 1, documents.constant(5))
    child = start(rig, "--models", rig.models)
    await_first_prediction(child)
    workers = [pid for pid in descendants(child.pid) if is_worker(pid)]
    assert len(workers) == 1
    os.kill(workers[0], signal.SIGKILL)
    harness.wait_for(lambda: "another is started" in child.log(), "its death is told")
    harness.wait_for(
        lambda: harness.http_ask(child.port, "GET", "/readyz")[0] == 200, "another is ready"
    )
    assert_ends(child, signal.SIGTERM)


def is_worker(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "omen-worker"
    except OSError:
        return False


def test_a_killed_run_leaves_nothing_behind(rig):
    documents.put_version(rig.models, "mine", 1, documents.constant(5))
    child = start(rig, "--models", rig.models)
    log = await_first_prediction(child)
    processes = descendants(child.pid)
    child.process.kill()
    child.process.wait()
    harness.wait_for(lambda: not any(map(is_running, processes)), "everything has ended", 40)
    shutil.rmtree(re.search(r"ready on (\S+)/worker.sock", log)[1])


def refused(*arguments):
    done = subprocess.run(
        [str(word) for word in (RUN, *arguments, "--no-install")], capture_output=True, text=True,
        timeout=60, check=False, env=harness.clean_environment(),
    )
    assert done.returncode != 0
    return done.stderr


def test_a_port_in_use_is_refused_by_name():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = refused("--port", port)
    assert f"port {port} is in use" in message
    assert f"process {os.getpid()}" in message


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_what_is_no_port(port):
    assert "--port" in refused("--port", port)


def test_a_directory_that_there_is_not():
    assert "/no/such/directory" in refused("--models", "/no/such/directory")


def test_an_unknown_option():
    assert "--nonsense" in refused("--nonsense")


def test_help():
    done = subprocess.run([str(RUN), "--help"], capture_output=True, text=True, check=True)
    for option in ("--port", "--models", "--no-install"):
        assert option in done.stdout


def test_an_empty_folder_is_served_until_a_model_comes(rig):
    child = start(rig, "--models", rig.models)
    harness.wait_for(lambda: "no model is live yet" in child.log(), "it says so", 30)
    assert harness.http_ask(child.port, "GET", "/readyz")[0] == 503
    documents.put_version(rig.models, "one", 1, documents.constant(1))
    harness.wait_for(
        lambda: harness.http_ask(child.port, "GET", "/readyz")[0] == 200, "the model is live"
    )
    child.send_signal(signal.SIGTERM)
    assert child.wait(40) == 0, child.log()
