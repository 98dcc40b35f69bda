"""container/omen-serve: what each platform says to the image that has all in one, and what it gets.

The script, supervisor, worker and nginx are those of the image, without the container."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import documents
import harness
import load
import pytest
import sync_tool

SCRIPT = harness.ROOT / "container" / "omen-serve"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
ROW = b'{"input":[1,2]}'
JSON = {"Content-Type": "application/json"}


class Serve(harness.Child):
    """omen-serve and all that it starts. Its port is said by the environment if not by arguments."""

    def __init__(self, rig, *arguments, shell=None, name="serve", **variables):
        self.port = int(variables.pop("port", 0)) or harness.free_port()
        self.socket = f"{rig.run}/{name}.sock"
        os.makedirs(f"{rig.run}/tmp", exist_ok=True)
        programs = [harness.find_worker(), harness.find_supervise(), sync_tool.find_sync()]
        folders = [os.path.dirname(program) for program in programs]
        settings = {
            "PATH": ":".join([*folders, str(harness.ROOT / "tools"), "/usr/sbin", os.environ["PATH"]]),
            "TMPDIR": f"{rig.run}/tmp",
            "OMEN_SUPERVISE_SOCKET": self.socket,
            "OMEN_NGINX_RUN": f"{rig.run}/{name}.nginx",
            "OMEN_NGINX_LISTEN": "127.0.0.1",
            "OMEN_NGINX_DRAIN_TIME": "0",
            "OMEN_THREADS": "2",
            "OMEN_RESCAN_INTERVAL": "200ms",
            "OMEN_QUEUE_BUDGET": "0s",
            "PORT": str(self.port),
        }
        if os.geteuid() == 0:
            settings["OMEN_NGINX_USER"] = "root"  # the socket of the tests belongs to root
        settings.update(variables)
        env = harness.clean_environment(**{k: v for k, v in settings.items() if v is not None})
        interpreter = {None: [], "busybox": ["busybox", "sh"]}.get(shell, [shell])
        super().__init__(name, [*interpreter, SCRIPT, *arguments], rig.run, env=env)

    def ask(self, method, path, body=None, headers=None):
        return harness.http_ask(self.port, method, path, body, JSON if body else headers)

    def get(self, path):
        return self.ask("GET", path)[0]

    def post(self, path, value, status=200):
        body = value if isinstance(value, bytes) else harness.encode(value)
        got, _, answer = self.ask("POST", path, body)
        assert got == status, answer
        return harness.parse_json(answer)

    def await_listening(self):
        def listens():
            assert self.is_alive(), self.log()
            return harness.accepts(("127.0.0.1", self.port))

        harness.wait_for(listens, "nginx listens", 20)
        return self

    def await_ready(self, path="/readyz"):
        self.await_listening()
        def is_ready():
            try:
                return self.get(path) == 200
            except OSError:  # of an nginx that is on its way out
                return False

        harness.wait_for(is_ready, f"{path} is 200")
        return self

    def programs(self):
        """The supervisor's children: name of the program -> process id. nginx has its keeper between."""
        found = {}
        pids = harness.children(self.pid)
        for pid in pids:
            try:
                name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
                if name in ("dash", "bash", "busybox"):
                    pids += harness.children(pid)
                else:
                    found[name] = pid
            except FileNotFoundError:
                pass  # it has ended meanwhile
        return found

    def end(self):
        assert self.stop(seconds=40) == 0, self.log()


@pytest.fixture
def serve(rig):
    return lambda *arguments, **variables: rig.add(Serve(rig, *arguments, **variables))


def write_model(place, value):
    """The files of one version, and nothing around them."""
    documents.write(os.path.join(place, "model.json"), documents.constant(value))
    return place


# Plain containers


def test_shellcheck():
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_directory_of_models(rig, serve, shell):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    child = serve(shell=shell, OMEN_MODELS=rig.models).await_ready()
    assert child.post("/predict/m", ROW) == {"prediction": 5}
    documents.put_version(rig.models, "m", 2, documents.constant(6))
    harness.wait_for(lambda: child.post("/predict/m", ROW) == {"prediction": 6}, "it is replaced")
    assert set(child.programs()) == {"omen-worker", "nginx"}
    child.end()
    assert not os.path.exists(child.socket)


@pytest.mark.parametrize("word", ["--port", "--http-port", "--http_port"])
def test_a_port_by_argument(rig, serve, word):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    port = harness.free_port()
    child = serve(f"{word}={port}", OMEN_MODELS=rig.models, port=port, PORT="1").await_ready()
    assert child.get("/healthz") == 200


def test_other_words_are_the_workers(rig, serve):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    child = serve("--threads", "1", "--model-dir", rig.models, "--server-name=mine", OMEN_THREADS=None)
    child.await_ready()
    assert json.loads(child.ask("GET", "/v2")[2])["name"] == "mine"
    assert json.loads(child.ask("GET", "/execution-parameters")[2])["MaxConcurrentTransforms"] == 1


def test_bodies_have_one_limit(rig, serve):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    child = serve(OMEN_MODELS=rig.models, OMEN_MAX_BODY="2k").await_ready()
    status, _, answer = child.ask("POST", "/predict/m", b" " * 2050)
    assert status == 413 and "2k" in json.loads(answer)["error"], "it is nginx that says so"


def test_without_a_place_for_the_socket(rig, serve):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    child = serve(OMEN_MODELS=rig.models, OMEN_SUPERVISE_SOCKET="/no/such/directory/s").await_ready()
    assert child.post("/predict/m", ROW) == {"prediction": 5}


@pytest.mark.parametrize(
    "arguments, variables, status, what",
    [
        (["--model-dir=/no/such/directory"], {}, 2, "/no/such/directory"),
        (["--port"], {}, 2, "--port needs a value"),
        (["--model-name="], {}, 2, "--model-name needs a value"),
        (["--model-name=../x"], {}, 2, "a model's name"),
        (["--no-such-option"], {}, 2, "no-such-option"),
        (["train"], {}, 2, "train"),
        (["--port=http"], {}, 1, "port"),
        ([], {"TMPDIR": "/no/such/directory"}, 2, "something writable"),
    ],
)
def test_what_is_refused(rig, serve, arguments, variables, status, what):
    child = serve(*arguments, OMEN_MODELS=rig.models, **variables)
    assert child.wait(20) == status, child.log()
    assert what in child.log()


def test_help():
    done = subprocess.run([str(SCRIPT), "--help"], capture_output=True, text=True, check=True)
    for word in ("AIP_STORAGE_URI", "SAGEMAKER_MULTI_MODEL", "--model-name", "PORT"):
        assert word in done.stdout


# Vertex AI

PLACE = "/v1/endpoints/17/deployedModels/42"


def vertex(health, predict, **more):
    return {"AIP_HEALTH_ROUTE": health, "AIP_PREDICT_ROUTE": predict, "AIP_MODE": "PREDICTION",
            "PORT": None, **more}


@pytest.mark.parametrize("health, predict", [("/health", "/predict"), (PLACE, f"{PLACE}:predict")])
def test_vertex(rig, serve, health, predict):
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    port = harness.free_port()
    more = {"OMEN_MODELS": rig.models, "AIP_HTTP_PORT": str(port), "AIP_STORAGE_URI": "", "port": port}
    child = serve(**vertex(health, predict, **more)).await_ready(health)
    answer = child.post(predict, {"instances": [[1, 2], [3, 4]], "parameters": {}})
    assert answer == {"predictions": [5, 5]}
    assert "error" in child.post(predict, {"rows": []}, 400)
    child.end()


def test_vertex_before_there_is_a_model(rig, serve):
    """TCP is up and the health route says no: the container is not given traffic, nor ended."""
    more = {"OMEN_MODELS": rig.models, "AIP_HTTP_PORT": str(harness.free_port())}
    more["port"] = more["AIP_HTTP_PORT"]
    child = serve(**vertex("/health", "/predict", **more)).await_listening()
    assert child.get("/health") == 503
    documents.put_version(rig.models, "m", 1, documents.constant(5))
    child.await_ready("/health")


def test_vertex_artifacts_are_fetched(rig, serve):
    documents.put_version(f"{rig.run}/bucket", "m", 3, documents.constant(5))
    port = harness.free_port()
    more = {"AIP_STORAGE_URI": f"file://{rig.run}/bucket", "AIP_HTTP_PORT": str(port), "port": port}
    more["OMEN_SYNC_SETTLE"] = "100ms"
    child = serve(**vertex("/health", "/predict", **more)).await_ready("/health")
    assert child.post("/predict", {"instances": [[1, 2]]}) == {"predictions": [5]}


def put_artifacts(place, shape):
    """As a training run leaves its model."""
    documents.put_version(f"{place}.made", "m", 3, documents.constant(5))
    os.rename({"files": f"{place}.made/m/3", "versions": f"{place}.made/m"}[shape], place)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("shape, version", [("files", "1"), ("versions", "3")])
@pytest.mark.parametrize("name", [None, "iris"])
def test_artifacts_of_one_model(rig, serve, shell, shape, version, name):
    put_artifacts(f"{rig.run}/run-17", shape)
    port = harness.free_port()
    more = {"AIP_STORAGE_URI": f"file://{rig.run}/run-17/", "AIP_HTTP_PORT": str(port), "port": port}
    more |= {"OMEN_SYNC_SETTLE": "100ms", "MODEL_NAME": name, "shell": shell}
    child = serve(**vertex("/health", "/predict", **more)).await_ready("/health")
    assert child.post("/predict", {"instances": [[1, 2]]}) == {"predictions": [5]}
    child.post(f"/predict/{name or 'model'}/{version}", ROW)


def test_a_name_that_is_no_name_fetches_nothing(rig, serve):
    put_artifacts(f"{rig.run}/run-17", "files")
    child = serve("--model-name=../x", MODEL_SOURCE=f"file://{rig.run}/run-17")
    assert child.wait(20) == 2
    assert "a model's name is" in child.log()


def test_artifacts_that_cannot_be_fetched_end_it(rig, serve):
    os.mkdir(f"{rig.run}/bucket")
    child = serve(MODEL_SOURCE=f"file://{rig.run}/bucket")
    assert child.wait(20) == sync_tool.EXIT["gone"]
    here = [harness.ROOT / "tools", os.path.dirname(harness.find_worker()), "/usr/bin", "/bin"]
    child = serve(name="without", PATH=":".join(map(str, here)), MODEL_SOURCE="gs://bucket/models")
    assert child.wait(20) == 2
    assert "there is no omen-sync here" in child.log()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_fetch_that_hangs_can_be_ended(serve, shell):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        source = f"https://127.0.0.1:{silent.getsockname()[1]}/models"
        child = serve(shell=shell, MODEL_SOURCE=source)
        connection, _ = silent.accept()
        begun = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) != 0
        assert time.monotonic() - begun < 5 * harness.SLOWER
        connection.close()


# SageMaker


@pytest.fixture
def base(rig):
    """What the platform mounts at /opt/ml."""
    os.makedirs(f"{rig.run}/ml/model")
    return f"{rig.run}/ml"


def test_sagemaker_one_model(base, serve):
    write_model(f"{base}/model", 5)
    port = harness.free_port()
    child = serve("serve", SAGEMAKER_BASE_DIR=base, SAGEMAKER_BIND_TO_PORT=str(port), PORT=None,
                  port=port).await_ready("/ping")
    status, _, body = child.ask("GET", "/ping")
    assert (status, body) == (200, b"")
    headers = {"Content-Type": "text/csv"}
    status, _, body = harness.http_ask(port, "POST", "/invocations", b"1,2\n3,4\n", headers)
    assert (status, body) == (200, b"5.0,5.0\n")
    assert child.post("/predict/model", ROW) == {"prediction": 5}, "its name where none is given"
    child.end()


def test_sagemaker_a_tree(base, serve):
    documents.put_version(f"{base}/model", "iris", 1, documents.constant(5))
    child = serve("serve", SAGEMAKER_BASE_DIR=base).await_ready("/ping")
    assert child.post("/predict/iris", ROW) == {"prediction": 5}


def test_sagemaker_a_batch_transform(base, serve):
    write_model(f"{base}/model", 5)
    child = serve("serve", SAGEMAKER_BASE_DIR=base, SAGEMAKER_BATCH="true",
                  SAGEMAKER_MAX_PAYLOAD_IN_MB="20", SAGEMAKER_BATCH_STRATEGY="MULTI_RECORD")
    child.await_ready("/ping")
    assert json.loads(child.ask("GET", "/execution-parameters")[2])["MaxPayloadInMB"] == 20
    rows = b"1,2\n" * 100
    body = rows + b"1," + b"2" * (17 << 20)  # more than the usual limit: read, and then refused
    headers = {"Content-Type": "text/csv"}
    status, _, answer = harness.http_ask(child.port, "POST", "/invocations", body, headers)
    assert status == 400 and json.loads(answer)["row"] == 100
    status, _, answer = harness.http_ask(child.port, "POST", "/invocations", rows, headers)
    assert status == 200 and answer == b"5.0\n" * 100


def test_sagemaker_multi_model(base, serve):
    write_model(f"{base}/models/0f00/model", 5)
    write_model(f"{base}/models/0f01/model", 6)
    child = serve("serve", SAGEMAKER_BASE_DIR=base, SAGEMAKER_MULTI_MODEL="true")
    child.await_ready("/ping")
    assert json.loads(child.ask("GET", "/models")[2]) == {"models": []}
    for name in ("0f00", "0f01"):
        child.post("/models", {"model_name": name, "url": f"{base}/models/{name}/model"})
    assert child.post("/models/0f00/invoke", [[1, 2]]) == [5]
    assert child.post("/models/0f01/invoke", [[1, 2]]) == [6]
    child.post("/models", {"model_name": "0f00", "url": f"{base}/models/0f00/model"}, 409)
    assert child.ask("DELETE", "/models/0f00")[0] == 200
    assert child.get("/models/0f00") == 404
    child.end()


# KServe


@pytest.mark.parametrize("dash", ["-", "_"])
def test_kserve(rig, serve, dash):
    place = write_model(f"{rig.run}/mnt/models", 5)
    port = harness.free_port()
    arguments = [f"--model{dash}name=iris", f"--model{dash}dir={place}", f"--http{dash}port={port}"]
    child = serve(*arguments, port=port, PORT=None).await_ready("/v2/models/iris/ready")
    assert child.get("/v1/models/iris") == 200
    answer = child.post("/v1/models/iris:predict", {"instances": [[1, 2]]})
    assert answer == {"predictions": [5]}
    tensor = {"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}
    answer = child.post("/v2/models/iris/infer", {"inputs": [tensor]})
    assert answer["model_name"] == "iris" and answer["outputs"][0]["data"] == [5]
    child.end()


def test_kserve_versions_and_trees(rig, serve):
    """A name for DIR/VERSION/FILES; DIR/NAME/VERSION/FILES says it itself."""
    for number, value in ((1, 5), (2, 6)):
        write_model(f"{rig.run}/versions/{number}", value)
    child = serve("--model-name", "iris", "--model-dir", f"{rig.run}/versions").await_ready()
    assert child.post("/v1/models/iris:predict", {"instances": [[1, 2]]}) == {"predictions": [6]}
    child.end()
    documents.put_version(rig.models, "iris", 1, documents.constant(7))
    child = serve("--model-name", "iris", "--model-dir", rig.models, name="tree").await_ready()
    assert child.post("/v1/models/iris:predict", {"instances": [[1, 2]]}) == {"predictions": [7]}


def test_files_behind_a_link_are_watched(rig, serve):
    place = write_model(f"{rig.run}/mnt/models", 5)
    child = serve("--model-name=iris", f"--model-dir={place}", OMEN_RESCAN_INTERVAL="1h").await_ready()
    assert child.post("/predict/iris", ROW) == {"prediction": 5}
    write_model(place, 6)
    harness.wait_for(lambda: child.post("/predict/iris", ROW) == {"prediction": 6}, "it is seen")


# Under load


@pytest.fixture
def loaded(rig, serve):
    """A served model, and 64 connections that ask it."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    child = serve(OMEN_MODELS=rig.models).await_ready()
    running = rig.add(load.Load(rig.run, child.port, "/predict/m", ROW, check="version"))
    time.sleep(0.3)
    return child, running


def retries(child):
    return child.log().count("while reading response header from upstream")


def test_a_rolling_restart_and_a_swap_lose_nothing(rig, loaded, measured):
    child, running = loaded
    before = child.programs()
    child.send_signal(signal.SIGUSR2)
    harness.wait_for(lambda: "takes over" in child.log(), "a new worker serves")
    time.sleep(0.5)
    documents.put_version(rig.models, "m", 2, documents.constant(2))
    time.sleep(0.5)
    counts = running.result()
    measured(f"restart and swap in one container, {retries(child)} retries", counts)
    load.assert_all_good(counts)
    after = harness.wait_for(
        lambda: found if len(found := child.programs()) == 2 else None, "the old worker has ended", 40
    )
    assert after["nginx"] == before["nginx"] and after["omen-worker"] != before["omen-worker"]
    assert child.post("/predict/m", ROW) == {"prediction": 2}
    child.end()


class Askers:
    """Clients with a connection for each request, until told to stop or refused one."""

    def __init__(self, port, count=8):
        self.port, self.outcomes, self.stopped = port, [], False
        self.threads = [threading.Thread(target=self.ask) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        while not self.stopped:
            try:
                self.outcomes.append(harness.http_ask(self.port, "POST", "/predict/m", ROW, JSON)[0])
            except ConnectionRefusedError:
                return
            except OSError as error:
                self.outcomes.append(error)

    def result(self):
        """How many asked, and what was not answered."""
        self.stopped = True
        for thread in self.threads:
            thread.join(30)
        return len(self.outcomes), [outcome for outcome in self.outcomes if outcome != 200]


def test_a_reload_loses_nothing(rig, serve, measured):
    """HUP: nginx starts new processes and lets the old ones end; the worker reads its options."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    child = serve(OMEN_MODELS=rig.models, OMEN_NGINX_DRAIN_TIME="2").await_ready()
    nginx = child.programs()["nginx"]
    running = rig.add(load.Load(rig.run, child.port, "/predict/m", ROW))
    for _ in range(2):
        before = set(harness.children(nginx))
        child.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: not before & set(harness.children(nginx)), "other processes", 40)
    counts = running.result()
    load.assert_all_good(counts)
    measured("2 reloads of nginx in one container, 64 connections", f"{counts['ok']} asked, 0 failed")
    child.end()


def test_a_killed_worker(loaded, measured):
    """nginx asks again what the dead one had in its hands: a prediction changes nothing."""
    child, running = loaded
    for _ in range(3):
        os.kill(child.programs()["omen-worker"], signal.SIGKILL)
        time.sleep(0.5 * harness.SLOWER)
    counts = running.result()
    measured(f"3 kills of the worker in one container, {retries(child)} retries", counts)
    for name in ("wrong", "connect", "read", "write", "timeout"):
        assert counts[name] == 0, counts
    assert counts["bad"] + counts["shed"] <= 3 * 64, "at most what was in flight"
    assert child.post("/predict/m", ROW) == {"prediction": 1}
    child.end()


def test_a_killed_web_server(loaded):
    """Its connections are lost; the model is not loaded again, and the next request is answered."""
    child, running = loaded
    before = child.programs()
    os.kill(before["nginx"], signal.SIGKILL)
    harness.wait_for(lambda: child.programs().get("nginx", before["nginx"]) != before["nginx"], "anew")
    child.await_ready()
    assert child.programs()["omen-worker"] == before["omen-worker"]
    assert running.result()["wrong"] == 0
    child.end()


def test_the_end_under_load(rig, serve, measured):
    """TERM: new connections are refused, what was asked is answered, and nothing is killed."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    child = serve(OMEN_MODELS=rig.models).await_ready()
    askers = Askers(child.port)
    time.sleep(0.5)
    begun = time.monotonic()
    child.end()
    seconds = time.monotonic() - begun
    asked, bad = askers.result()
    measured("the end of one container under load", f"{asked} asked, {seconds:.2f} s")
    # A connection that nginx has not yet accepted when it closes its port is reset by the kernel.
    assert all(isinstance(outcome, ConnectionResetError) for outcome in bad), bad
    assert len(bad) <= len(askers.threads) and asked > 50
    assert re.search("drain=orderly", child.log()) and "killed" not in child.log()


def test_grace_keeps_all_of_them(rig, serve):
    """With a pause a load balancer has time to look elsewhere: nothing is lost."""
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    child = serve(OMEN_MODELS=rig.models, OMEN_SUPERVISE_GRACE="500ms").await_ready()
    child.send_signal(signal.SIGTERM)
    ending = time.monotonic() + 0.3
    while time.monotonic() < ending:
        assert child.post("/predict/m", ROW) == {"prediction": 1}
    assert child.wait(40) == 0


def test_how_long_it_takes_to_the_first_prediction(rig, measured):
    documents.put_version(rig.models, "m", 1, documents.constant(1))
    times = []
    for number in range(5):
        begun = time.monotonic()
        child = rig.add(Serve(rig, name=f"serve{number}", OMEN_MODELS=rig.models))
        while not harness.accepts(("127.0.0.1", child.port)):
            time.sleep(0.002)
        assert child.post("/predict/m", ROW) == {"prediction": 1}
        times.append(time.monotonic() - begun)
        child.end()
    measured("omen-serve to the first prediction", f"{sorted(times)[2] * 1000:.0f} ms")
    if not harness.SANITIZED:
        assert min(times) < 1.0
