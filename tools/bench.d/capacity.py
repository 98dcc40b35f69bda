"""What a request and a model cost, in a pod's processes one by one: the figures of manifests/CAPACITY.md."""

import http.client
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import load
import serve
from children import cpu_seconds, free_port, process_tree, pss_bytes
from systems import Omen

CONNECTIONS = 64
WAIT = 300  # seconds until models are live
IDLE = 4  # times --seconds: with its default two looks at the directory are among them


def program(setting, *path):
    return os.path.join(setting.build, "src", *path)


# --- a request ----------------------------------------------------------------------------------


def measure_requests(setting, options):
    """{name: CPU in us or PSS in bytes} of nginx and the worker while 64 connections ask."""
    system = Omen(setting)
    try:
        system.start("requests")
        script = load.write_script(os.path.join(setting.directory, "body.json"))
        load.run(script, system.port, CONNECTIONS, 1)
        trees = {child.name: list(process_tree([child.process.pid])) for child in system.children}
        rounds = []
        for _ in range(options.rounds):
            before = {name: cpu_seconds(pids) for name, pids in trees.items()}
            figures = load.run(script, system.port, CONNECTIONS, options.seconds)
            count = max(figures["requests"], 1)
            rounds.append({
                **{name: (cpu_seconds(pids) - before[name]) / count * 1e6
                   for name, pids in trees.items()},
                "rate": count / (figures["microseconds"] / 1e6),
                "errors": figures["errors"],
            })
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        memory = {name: pss_bytes(pids) for name, pids in trees.items()}
        return middle, memory
    finally:
        system.stop()


# --- models -------------------------------------------------------------------------------------


def make_source(setting, count):
    """NAME/1 with a marker, `count` times: as a bucket has them."""
    document = pathlib.Path(setting.models, "cancer", "1", "model.json").read_bytes()
    source = pathlib.Path(setting.directory, "source")
    for i in range(count):
        place = source / f"model-{i:05}" / "1"
        place.mkdir(parents=True)
        (place / "model.json").write_bytes(document)
        (place / "_SUCCESS").touch()
    return source, len(document)


def pull(setting, source, target):
    """Seconds, CPU seconds and the peak of memory of one synchronisation."""
    command = [program(setting, "sync", "omen-sync"), "pull", f"file://{source}", str(target),
               "--once", "--complete=marker", "--fsync=never", "--progress=no"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"omen-sync ended with {child.returncode}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def get(port, path):
    """(body, seconds)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body, time.monotonic() - began


def kernel_objects(pid):
    """(descriptors, inotify watches)"""
    folder = pathlib.Path(f"/proc/{pid}/fdinfo")
    texts = [path.read_text(encoding="ascii") for path in folder.iterdir()]
    return len(texts), sum(text.count("inotify wd:") for text in texts)


class Many(Omen):
    """A worker that may have many models, and says how they are in a file."""

    def command(self, socket_path):
        self.state = socket_path + ".json"
        return [*super().command(socket_path), "--max-models=100000", f"--state-file={self.state}"]

    def start(self, name):
        directory = os.path.join(self.setting.directory, name)
        os.mkdir(directory)
        self.port = free_port()
        self.launch(directory)


def measure_models(setting, count, idle):
    """A dictionary of figures."""
    source, size = make_source(setting, count)
    target = pathlib.Path(setting.directory, "served")
    first, again = pull(setting, source, target), pull(setting, source, target)
    setting.models = str(target)
    system = Many(setting)
    try:
        began = time.monotonic()
        system.start(f"models-{count}")
        live = wait_until_live(system, count)
        seconds = time.monotonic() - began
        worker = system.children[0].process.pid
        figures = {"live": live, "seconds": seconds, "document": size}
        figures["memory"] = pss_bytes([worker])
        figures["descriptors"], figures["watches"] = kernel_objects(worker)
        metrics, figures["metrics_seconds"] = get(system.port, "/metrics")
        status, figures["status_seconds"] = get(system.port, "/status")
        figures["metrics"], figures["status"] = len(metrics), len(status)
        figures["state"] = os.path.getsize(system.state)
        before = cpu_seconds([worker])
        time.sleep(idle)
        figures["idle_cpu"] = (cpu_seconds([worker]) - before) / idle
        figures["memory_after"] = pss_bytes([worker])
    finally:
        system.stop()
    for name, one in (("first", first), ("again", again)):
        figures.update(zip([f"{name}_seconds", f"{name}_cpu", f"{name}_peak"], one))
    return figures


def wait_until_live(system, count):
    deadline = time.monotonic() + WAIT
    live = 0
    while live < count and time.monotonic() < deadline:
        time.sleep(0.01 + count / 10000)  # to be told of thousands is work too
        try:
            live = get(system.port, "/status")[0].count(b'"state":"live"')
        except (OSError, http.client.HTTPException):
            pass
    return live


# --- the report ---------------------------------------------------------------------------------


def report_requests(middle, memory):
    print(f"one row of 30 features in each request, {CONNECTIONS} connections\n")
    print(f"{'':40}{'nginx':>10}{'worker':>10}")
    print(f"{'CPU us per request':40}{middle['nginx']:10.1f}{middle['worker']:10.1f}")
    print(f"{'PSS MiB under load':40}{memory['nginx'] / 2**20:10.1f}{memory['worker'] / 2**20:10.1f}")
    print(f"{middle['rate']:.0f} requests/s, {middle['errors']:.0f} errors\n")


ROWS = [
    ("models live", "live", 1, ""),
    ("worker: start until all are live", "seconds", 1, "s"),
    ("worker: PSS with all live", "memory", 2**20, "MiB"),
    ("worker: PSS after reports and looks", "memory_after", 2**20, "MiB"),
    ("worker: CPU while nobody asks", "idle_cpu", 1, "CPUs"),
    ("worker: file descriptors", "descriptors", 1, ""),
    ("worker: inotify watches", "watches", 1, ""),
    ("/metrics", "metrics", 2**20, "MiB"),
    ("/metrics: time", "metrics_seconds", 1, "s"),
    ("/status", "status", 2**20, "MiB"),
    ("state-file", "state", 2**20, "MiB"),
    ("sync: first pull", "first_seconds", 1, "s"),
    ("sync: first pull, CPU", "first_cpu", 1, "s"),
    ("sync: first pull, peak memory", "first_peak", 2**20, "MiB"),
    ("sync: a look that finds nothing", "again_seconds", 1, "s"),
    ("sync: the same, CPU", "again_cpu", 1, "s"),
    ("sync: the same, peak memory", "again_peak", 2**20, "MiB"),
]


def report_models(runs):
    print(f"{'models of ' + str(runs[0]['document']) + ' bytes':40}"
          + "".join(f"{run['wanted']:12}" for run in runs))
    for title, key, unit, name in ROWS:
        text = f"{title}, {name}" if name else title
        print(f"{text:40}" + "".join(f"{run[key] / unit:12.3f}" for run in runs))
    if len(runs) > 1:
        apart = runs[-1]["wanted"] - runs[0]["wanted"]
        each = (runs[-1]["memory"] - runs[0]["memory"]) / apart
        print(f"\neach model more: {each / 1024:.1f} KiB of the worker")


def main(options):
    directory = tempfile.mkdtemp(prefix="omen-bench-")
    setting = serve.Setting(options, directory)
    options.rows = 1
    try:
        serve.build(options, ("src/app/omen-worker", "src/sync/omen-sync"))
        setting.build = options.build
        serve.train(options, setting)
        report_requests(*measure_requests(setting, options))
        runs = []
        for count in options.models:
            one = serve.Setting(options, os.path.join(directory, str(count)))
            os.mkdir(one.directory)
            one.build, one.models, one.row = setting.build, setting.models, setting.row
            runs.append({"wanted": count, **measure_models(one, count, IDLE * options.seconds)})
            shutil.rmtree(one.directory)
        report_models(runs)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0
