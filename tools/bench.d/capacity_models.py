"""What models cost: the worker that has them live, whoever scrapes it, and the sync that brings them."""

import copy
import os
import pathlib
import shutil
import time

import load
import sync_speed
from children import Child, cpu_seconds, pss_bytes
from pod import Peak, Pod, count_series, fetch, fields_of

WAIT = 600  # seconds until models are live
RESCAN = 1  # seconds between the worker's looks at its directory, here


def make_source(place, document, count):
    """NAME/1 with a marker, `count` times: as a bucket has them."""
    for i in range(count):
        version = place / f"model-{i:05}" / "1"
        version.mkdir(parents=True)
        (version / "model.json").write_bytes(document)
        (version / "_SUCCESS").touch()


def pull(program, source, target, directory):
    """{"seconds", "cpu", "peak"} of one synchronisation."""
    command = [program, "pull", f"file://{source}", str(target), "--once", "--complete=marker",
               "--fsync=never", "--progress=no"]
    began = time.monotonic()
    child = Child("pull", command, directory)
    peak = cpu = 0
    try:
        # By looking again and again: what wait4 says of the peak begins with the memory of who started it.
        while child.process.poll() is None:
            try:
                peak = max(peak, fields_of(child.process.pid, "status").get("VmHWM", 0))
            except OSError:
                pass
            cpu = max(cpu, cpu_seconds([child.process.pid]))
            time.sleep(0.005)
    finally:
        child.stop()
    if child.process.returncode != 0:
        raise RuntimeError(f"omen-sync ended with {child.process.returncode}")
    return {"seconds": time.monotonic() - began, "cpu": cpu, "peak": peak * 1024}


def watches(pid):
    texts = (path.read_text(encoding="ascii")
             for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir())
    return sum(text.count("inotify wd:") for text in texts)


def live_count(pod):
    """By the state file, which is written once a second and when the loader has nothing left."""
    try:
        return pathlib.Path(pod.state).read_bytes().count(b'"state":"live"')
    except FileNotFoundError:
        return 0


def wait_until_live(pod, socket_path, count):
    """{"ready": seconds until requests are taken, "live": until the last model is}"""
    began = time.monotonic()
    figures = {}
    while time.monotonic() - began < WAIT:
        pod.pids()
        if "ready" not in figures and b'"ready"' in load.exchange_fastcgi(socket_path, b"",
                                                                          "/readyz", "GET"):
            figures["ready"] = time.monotonic() - began
        if "ready" in figures and live_count(pod) >= count:
            return {**figures, "live": time.monotonic() - began}
        time.sleep(0.005 + count / 100000)
    raise RuntimeError(f"{count} models are not live within {WAIT} s")


def measure_scrape(pod, worker):
    """Of /metrics through nginx: bytes, seconds, CPU of the worker and how far it grows. And once more
    as Prometheus asks for it: packed, which is nginx's work."""
    nginx = pod.trees()["nginx"]
    peak, before = Peak([worker]), cpu_seconds([worker])
    size, seconds = fetch(pod.metrics_port, "/metrics")
    figures = {"metrics": size, "metrics_seconds": seconds,
               "metrics_cpu": cpu_seconds([worker]) - before, "metrics_peak": peak.growth()}
    before = cpu_seconds(nginx)
    size, seconds = fetch(pod.metrics_port, "/metrics", "-H", "Accept-Encoding: gzip")
    return {**figures, "packed": size, "packed_seconds": seconds,
            "packed_cpu": cpu_seconds(nginx) - before, "series": count_series(pod.metrics_port)}


def measure_looks(worker, seconds):
    """CPU seconds of one of the worker's looks at its directory: they are RESCAN s apart."""
    before = cpu_seconds([worker])
    time.sleep(seconds)
    used = cpu_seconds([worker]) - before
    return used * RESCAN / max(seconds - used, RESCAN)


def measure_worker(setting, count, seconds):
    pod = Pod(setting, max_models="100000", rescan_interval=f"{RESCAN}s")
    try:
        directory = pod.open("pod")
        figures = wait_until_live(pod, os.path.join(directory, "worker.sock"), count)
        worker = pod.worker()
        figures["load_cpu"] = cpu_seconds([worker])
        figures["memory"] = pss_bytes([worker])
        figures["descriptors"] = len(os.listdir(f"/proc/{worker}/fd"))
        figures["watches"] = watches(worker)
        figures.update(measure_scrape(pod, worker))
        figures["status"], figures["status_seconds"] = fetch(pod.metrics_port, "/status")
        figures["state"] = os.path.getsize(pod.state)
        figures["rescan_cpu"] = measure_looks(worker, seconds)
        figures["memory_after"] = pss_bytes([worker])
        return figures
    finally:
        pod.stop()


def measure_sync_looks(program, run, source, target, seconds):
    """Of a sync that finds nothing new, again and again: CPU and time of a look, and its memory."""
    metrics = run / "sync.prom"
    noops = 'omen_sync_syncs_total{result="noop"}'
    child = Child("sync", [program, "pull", f"file://{source}", str(target), "--period=20ms",
                           "--complete=marker", "--fsync=never", "--progress=no",
                           f"--textfile={metrics}"], str(run))
    pids = [child.process.pid]

    def wait_for_looks(count):
        while sync_speed.counter(metrics, noops) < count:
            child.check()
            time.sleep(0.02)
        return sync_speed.counter(metrics, noops)

    try:
        first, before, began = wait_for_looks(2), cpu_seconds(pids), time.monotonic()
        time.sleep(seconds)
        looks = wait_for_looks(first + 1) - first
        return {"look_cpu": (cpu_seconds(pids) - before) / looks,
                "look_seconds": (time.monotonic() - began) / looks, "look_memory": pss_bytes(pids)}
    finally:
        child.stop()


def measure_one(setting, count, seconds):
    """The figures of so many models, which are gone again afterwards."""
    run = pathlib.Path(setting.directory)
    source, target = run / "source", run / "served"
    program = os.path.join(setting.build, "src", "sync", "omen-sync")
    document = pathlib.Path(setting.models, "cancer", "1", "model.json").read_bytes()
    make_source(source, document, count)
    first = pull(program, source, target, setting.directory)
    figures = {"wanted": count, "document": len(document),
               **{f"pull_{name}": value for name, value in first.items()},
               **measure_sync_looks(program, run, source, target, seconds)}
    figures["sync_memory"] = max(figures["pull_peak"], figures["look_memory"])
    setting.models = str(target)
    return {**figures, **measure_worker(setting, count, seconds)}


def measure(setting, options):
    """A dictionary for each number of models."""
    runs = []
    for count in options.models:
        one = copy.copy(setting)
        one.directory = os.path.join(setting.directory, str(count))
        os.mkdir(one.directory)
        runs.append(measure_one(one, count, 2 * options.seconds))
        shutil.rmtree(one.directory)
    return runs


# --- the report ---------------------------------------------------------------------------------


ROWS = [
    ("worker: start until it takes requests", "ready", 1, "s"),
    ("worker: start until all are live", "live", 1, "s"),
    ("worker: the same, CPU", "load_cpu", 1, "s"),
    ("worker: PSS with all live", "memory", 2**20, "MiB"),
    ("worker: PSS after reports and looks", "memory_after", 2**20, "MiB"),
    ("worker: a look at the directory, CPU", "rescan_cpu", 1, "s"),
    ("worker: file descriptors", "descriptors", 1, ""),
    ("worker: inotify watches", "watches", 1, ""),
    ("/metrics", "metrics", 2**20, "MiB"),
    ("/metrics: series", "series", 1, ""),
    ("/metrics: time through nginx", "metrics_seconds", 1, "s"),
    ("/metrics: CPU of the worker", "metrics_cpu", 1, "s"),
    ("/metrics: the worker's peak meanwhile", "metrics_peak", 2**20, "MiB more"),
    ("/metrics packed, as Prometheus asks for it", "packed", 2**20, "MiB"),
    ("/metrics packed: time through nginx", "packed_seconds", 1, "s"),
    ("/metrics packed: CPU of nginx", "packed_cpu", 1, "s"),
    ("/status", "status", 2**20, "MiB"),
    ("/status: time through nginx", "status_seconds", 1, "s"),
    ("state-file", "state", 2**20, "MiB"),
    ("sync: first pull, from a disk", "pull_seconds", 1, "s"),
    ("sync: the same, CPU", "pull_cpu", 1, "s"),
    ("sync: the same, peak memory", "pull_peak", 2**20, "MiB"),
    ("sync: a look that finds nothing", "look_seconds", 1, "s"),
    ("sync: the same, CPU", "look_cpu", 1, "s"),
    ("sync: PSS between looks", "look_memory", 2**20, "MiB"),
]


def tables(runs):
    """For the page: what is in ROWS, a column for each number of models."""
    counts = " | ".join(f"{run['wanted']:,}".replace(",", " ") for run in runs)
    lines = [f"| models | {counts} |", f"| --- |{' --- |' * len(runs)}"]
    for title, key, unit, name in ROWS:
        values = " | ".join(short(run[key] / unit) for run in runs)
        lines.append(f"| {title}{', ' + name if name else ''} | {values} |")
    return {"### Models": lines}


def short(value):
    """Three digits for people, none behind the point of a whole number."""
    if value == int(value) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.3f}"


def report(runs):
    print(f"\n{'models of ' + str(runs[0]['document']) + ' bytes':48}"
          + "".join(f"{run['wanted']:12}" for run in runs))
    for title, key, unit, name in ROWS:
        text = f"{title}, {name}" if name else title
        print(f"{text:48}" + "".join(f"{run[key] / unit:12.3f}" for run in runs))
