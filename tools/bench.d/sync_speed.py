"""omen-sync beside curl: a large version from nginx on this machine, and looks that find nothing."""

import hashlib
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MIB = 1 << 20
NGINX = """
daemon off;
worker_processes 1;
user {user};
pid {run}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {run}/a; proxy_temp_path {run}/b; fastcgi_temp_path {run}/c;
    uwsgi_temp_path {run}/d; scgi_temp_path {run}/e;
    sendfile on;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


SIZE = 1024  # MiB of the version
OBJECTS = 16  # that it is in
CONNECTIONS = 8  # of each program
SMALL = 1000  # objects of the source that does not change


def find(build):
    path = ROOT / (build or "build-gcc") / "src" / "sync" / "omen-sync"
    if not path.exists():
        sys.exit(f"bench: no {path}; build first, or say --build")
    return str(path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    sys.exit("bench: nginx does not listen")


def make_version(root, size, objects):
    """NAME/VERSION of random bytes, its manifest and the pointer; returns the objects' paths."""
    place = root / "large" / "1"
    place.mkdir(parents=True)
    files = []
    for i in range(objects):
        digest = hashlib.sha256()
        block = os.urandom(MIB)
        with open(place / f"part{i}", "wb") as file:
            for _ in range(size // objects):
                file.write(block)
                digest.update(block)
        bytes_ = size // objects * MIB
        files.append({"path": f"part{i}", "size": bytes_, "sha256": digest.hexdigest()})
    document = {"format": "omen-manifest/1", "model": "large", "version": "1", "files": files}
    text = json.dumps(document).encode()
    (place / "omen-manifest.json").write_bytes(text)
    entry = {
        "version": "1",
        "manifest": "large/1/omen-manifest.json",
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    pointer = {"format": "omen-pointer/1", "models": {"large": entry}}
    (root / "CURRENT").write_text(json.dumps(pointer))
    return [f"large/1/part{i}" for i in range(objects)]


def timed(command, **options):
    """Seconds, and seconds of CPU, of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, **options)
    seconds = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_curl(run, url, paths):
    place = run / "curl"
    place.mkdir()
    command = ["curl", "-s", "-Z", "--parallel-max", str(CONNECTIONS)]
    for i, path in enumerate(paths):
        command += ["-o", str(place / f"{i}"), f"{url}/{path}"]
    result = timed(command)
    shutil.rmtree(place)
    return result


def by_omen(program, run, url):
    place = run / "models"
    command = [program, "pull", url, str(place), "--once"]
    command += [f"--connections={CONNECTIONS}", "--fsync=never", "--progress=no"]
    result = timed(command)
    shutil.rmtree(place)
    return result


def peak_memory(program, run, url):
    """Resident MiB at the most while the version is pulled."""
    place = run / "models"
    command = [program, "pull", url, str(place), "--once"]
    command += [f"--connections={CONNECTIONS}", "--fsync=never"]
    peak = 0
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            if "VmHWM:" in status:
                peak = int(status.split("VmHWM:")[1].split()[0])
            time.sleep(0.005)
    shutil.rmtree(place)
    return peak / 1024


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_cost(program, run, count):
    """Milliseconds of CPU of one look at `count` objects that finds nothing new; resident MiB."""
    source = run / "small"
    for i in range(count):
        place = source / f"model{i // 10}" / "1"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"file{i % 10}").write_text(str(i))
        (place / "_SUCCESS").touch()
    metrics = run / "sync.prom"
    command = [program, "pull", f"file://{source}", str(run / "idle")]
    command += ["--period=50ms", f"--textfile={metrics}", "--fsync=never"]

    def looks():
        text = metrics.read_text() if metrics.exists() else ""
        found = [line for line in text.splitlines() if 'result="noop"' in line]
        return float(found[0].split()[-1]) if found else 0

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while looks() < 2:
            time.sleep(0.05)
        first, cpu = looks(), ticks(process.pid)
        time.sleep(8)
        passed, spent = looks() - first, ticks(process.pid) - cpu
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        memory = int(status.split("VmRSS:")[1].split()[0]) / 1024
        process.terminate()
    return spent / passed * 1000, memory


def measure(program, run, rounds):
    root = run / "source"
    root.mkdir()
    paths = make_version(root, SIZE, OBJECTS)
    port = free_port()
    user = "root" if os.geteuid() == 0 else "nobody"
    config = run / "nginx.conf"
    config.write_text(NGINX.format(user=user, run=run, port=port, root=root))
    url = f"http://127.0.0.1:{port}"
    command = ["nginx", "-e", "stderr", "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:
        try:
            wait_for(port)
            curl, omen = [], []
            for _ in range(rounds):
                curl.append(by_curl(run, url, paths))
                omen.append(by_omen(program, run, url))
            memory = peak_memory(program, run, url)
        finally:
            nginx.terminate()
    return curl, omen, memory


def main(options):
    program = find(options.build)
    place = options.directory or ("/dev/shm" if os.path.isdir("/dev/shm") else None)
    run = pathlib.Path(tempfile.mkdtemp(prefix="omen-bench-", dir=place))
    os.chmod(run, 0o755)
    try:
        curl, omen, memory = measure(program, run, options.rounds)
        cost, idle_memory = idle_cost(program, run, SMALL)
    finally:
        shutil.rmtree(run)
    for name, runs in (("curl -Z", curl), ("omen-sync", omen)):
        seconds = statistics.median(seconds for seconds, _ in runs)
        cpu = statistics.median(cpu for _, cpu in runs)
        print(f"{name:10} {seconds:7.3f} s {SIZE / seconds:8.0f} MiB/s {cpu:7.3f} s of CPU")
    ratio = statistics.median(one[0] / other[0] for one, other in zip(curl, omen))
    print(f"omen-sync, every byte verified, as fast as curl: {ratio:.0%}")
    print(f"resident at the most: {memory:.1f} MiB")
    print(f"a look at {SMALL} objects that finds nothing: {cost:.2f} ms of CPU")
    print(f"resident meanwhile: {idle_memory:.1f} MiB")
    return 0
