"""The pod of overlays/local under `podman kube play`: models from the bucket server in it, whatever ends is
started again, and another pod takes its place without a lost request."""

import os
import shutil
import subprocess
import time

import balancer
import harness
import load
import pytest

RENDER = harness.ROOT / "manifests" / "podman" / "render"
ROW = harness.encode({"input": [5.1, 3.5, 1.4, 0.2]})
JSON = {"Content-Type": "application/json"}
GOOD = (200, '{"prediction":"setosa"}')


class Pod:
    """One `podman kube play`, with ports of its own: on the machine's network, or published from another."""

    PORTS = ("http", "metrics", "bucket", "sync")

    def __init__(self, engine, rig, name, network=None):
        self.engine, self.rig = engine, rig
        self.name = f"omen-test-{os.getpid()}-{name}"
        self.ports = {port: harness.free_port() for port in self.PORTS}
        self.file = os.path.join(rig.run, f"{name}.yaml")
        registry = engine.image("worker").rpartition("/")[0]
        command = ["/usr/bin/python3", RENDER, f"--name={self.name}", f"--registry={registry}"]
        command += [] if network else ["--host-network"]
        command += [f"--{port}={number}" for port, number in self.ports.items()]
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        # A machine that is too slow for the load has requests shed, which is not what is tested.
        patient = text.replace("  OMEN_THREADS: '2'\n", "  OMEN_THREADS: '2'\n  OMEN_QUEUE_BUDGET: 20s\n")
        assert patient != text
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(patient)
        engine.run("kube", "play", *([f"--network={network}"] if network else []), self.file)

    def down(self):
        self.engine.run("kube", "down", self.file, check=False)
        for volume in self.engine.run("volume", "ls", "--quiet").split():
            if volume.startswith(f"{self.name}-"):
                self.engine.run("volume", "rm", volume, check=False)

    def push(self, model, version):
        """A version into its bucket, by the program that users have."""
        place = os.path.join(self.rig.run, model, str(version))
        if not os.path.isdir(place):
            os.makedirs(place)
            shutil.copy(harness.ROOT / "tests/golden/exported" / model / "model.json", place)
        target = f"http://localhost:{self.ports['bucket']}/models"
        command = ["run", "--rm", "--network=host", "--entrypoint=/usr/bin/omen-sync", "-v", f"{place}:{place}:ro"]
        self.engine.run(*command, self.engine.image("sync"), "push", place, target)

    def get(self, port, path):
        return harness.http_ask(self.ports[port], "GET", path, timeout=5)

    def await_bucket(self):
        peer = ("127.0.0.1", self.ports["bucket"])
        harness.wait_for(lambda: harness.accepts(peer), "the bucket listens", 20)

    def await_ready(self):
        def is_ready():
            try:
                return self.get("http", "/readyz")[0] == 200
            except OSError:
                return False

        harness.wait_for(is_ready, f"{self.name} is ready", 40)
        return self

    def answer(self):
        """The status and body of a prediction, or what went wrong."""
        try:
            status, _, body = harness.http_ask(
                self.ports["http"], "POST", "/predict/iris", ROW, JSON, 5)
            return status, body.decode()
        except OSError as error:
            return 0, str(error)

    def version(self):
        """Which one answers."""
        _, headers, _ = harness.http_ask(self.ports["http"], "POST", "/predict/iris", ROW, JSON)
        return headers.get("x-model-version")

    def predictions(self):
        status, _, text = self.get("metrics", "/metrics")
        assert status == 200, text
        lines = text.decode().splitlines()
        return sum(float(one.split()[-1]) for one in lines if one.startswith("omen_requests_total"
                                                                             '{model="iris"'))

    def kill(self, container):
        """Until it is back."""
        before = self.pid(container)
        self.engine.kill(before)
        harness.wait_for(lambda: self.pid(container) not in (0, before), f"{container} is back", 20)

    def pid(self, container):
        name = f"{self.name}-{container}"
        return int(self.engine.run("inspect", "--format", "{{.State.Pid}}", name))


@pytest.fixture(scope="module")
def pods(engine):
    """pods("name"): starts one, with the iris model in its bucket."""
    if not engine.is_podman:
        pytest.skip("only podman plays pods")
    if not (engine.may_limit("memory") and engine.may_limit("cpu")):
        pytest.skip("this user may not limit memory and CPUs, as the pod does")
    if not (shutil.which("kubectl") or shutil.which("kustomize")):
        pytest.skip("neither kubectl nor kustomize is there")
    rig, started = harness.Rig(), []

    def start(name, network=None):
        started.append(Pod(engine, rig, name, network))
        started[-1].await_bucket()
        started[-1].push("iris", 1)
        return started[-1].await_ready()

    start.rig = rig
    yield start
    for pod in started:
        pod.down()
    rig.finish()


@pytest.fixture(scope="module")
def pod(pods):
    return pods("old")


def test_the_pod_serves_what_comes_from_its_bucket(pod):
    assert pod.answer() == GOOD
    status, _, metrics = pod.get("sync", "/metrics")
    assert status == 200 and b'omen_sync_version_info{model="iris",version="1"' in metrics


def test_the_pod_has_a_network_of_its_own(engine, pods):
    """As the file is written, whose ports the engine publishes on the machine."""
    if not engine.succeeds("run", "--rm", "--network=podman", engine.image("worker"), "--version"):
        pytest.skip("podman makes no networks here")
    pod = pods("apart", network="podman")
    assert pod.answer() == GOOD and pod.get("metrics", "/metrics")[0] == 200
    pod.kill("nginx")
    harness.wait_for(lambda: pod.answer() == GOOD, "it answers", 20)
    pod.down()


@pytest.mark.parametrize("container", ["worker", "nginx"])
def test_a_container_that_is_killed_comes_back(pod, container):
    pod.kill(container)
    harness.wait_for(lambda: pod.answer() == GOOD, "it answers", 20)


def test_a_worker_that_is_killed_takes_no_request_with_it(pods, pod):
    """Its supervisor keeps the socket, and nginx sends once more what it had."""
    running = load.Load(pods.rig.run, pod.ports["http"], "/predict/iris", ROW, name="wrk-worker")
    supervisor = pod.pid("worker")
    for _ in range(3):
        time.sleep(1)
        with open(f"/proc/{supervisor}/task/{supervisor}/children", encoding="ascii") as file:
            pod.engine.kill(file.read().split()[0])
    time.sleep(1)
    counts = running.result()
    print(f"measured: 64 connections while the worker was killed three times: {counts}")
    load.assert_all_good(counts)
    assert pod.pid("worker") == supervisor


def test_what_does_not_serve_disturbs_no_request(pods, pod):
    """Sync and bucket are killed, and a version is replaced, under load."""
    running = load.Load(pods.rig.run, pod.ports["http"], "/predict/iris", ROW, name="wrk-sync")
    pod.kill("model-sync")
    pod.kill("bucket")
    pod.await_bucket()
    pod.push("iris", 2)
    harness.wait_for(lambda: pod.version() == "2", "a new version is live", 40)
    counts = running.result()
    print(f"measured: 64 connections while sync and bucket were killed, a model replaced: {counts}")
    load.assert_all_good(counts)


def test_another_pod_takes_its_place_without_a_lost_request(request, pods, pod):
    """As a rolling update goes: when the new pod is ready, new connections go to it, the old one's nginx
    drains, which podman does not ask it to, and then ends."""
    service = balancer.Balancer([pod.ports["http"]])
    request.addfinalizer(service.close)
    running = load.Load(pods.rig.run, service.port, "/predict/iris", ROW)
    new = pods("new")
    service.endpoints = [new.ports["http"]]
    pod.engine.run("exec", f"{pod.name}-nginx", "render-nginx", "--drain")
    before = pod.predictions()
    time.sleep(1)
    assert pod.predictions() == before, "the old pod is still asked"
    pod.down()
    harness.wait_for(lambda: new.answer() == GOOD, "the new one answers", 20)
    time.sleep(1)
    counts = running.result()
    print(f"measured: 64 connections while a pod took another's place: {counts}")
    load.assert_all_good(counts)
