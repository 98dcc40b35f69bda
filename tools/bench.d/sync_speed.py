"""omen-sync beside curl: a large version from nginx on this machine, and looks that find nothing."""

import base64
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

import children  # lies beside this file

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
    server {{
        listen 127.0.0.1:{port};
        location / {{ root {run}/source; }}
        # Just enough of two clouds for who only reads.
        location = /storage/v1/b/small/o {{ alias {run}/listing.json; }}
        location ~ "^/storage/v1/b/small/o/(.+)$" {{
            alias {run}/small/$1;
            add_header x-goog-generation 1;
        }}
        location = /small/ {{ alias {run}/small/; index .listing.xml; }}
        location /small/ {{ alias {run}/small/; }}
    }}
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


def put_small(run, count):
    """`count` files of models with a marker each, and how two clouds would list them."""
    items, contents = [], []
    for i in range(count):
        name = f"model{i // 10}/1/file{i % 10}" if i % 10 else f"model{i // 10}/1/_SUCCESS"
        path = run / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = str(i).encode()
        path.write_bytes(data)
        md5 = hashlib.md5(data).digest()
        items.append({"name": name, "size": str(len(data)), "generation": "1"})
        items[-1]["md5Hash"] = base64.b64encode(md5).decode()
        tag = f"{int(path.stat().st_mtime):x}-{len(data):x}"  # as nginx makes it
        contents.append(
            f"<Contents><Key>{name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{tag}&quot;</ETag><Size>{len(data)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )
    (run / "listing.json").write_text(json.dumps({"kind": "storage#objects", "items": items}))
    (run / "small" / ".listing.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>small</Name>'
        f"<KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{''.join(contents)}"
        "</ListBucketResult>"
    )


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def counter(metrics, name):
    text = metrics.read_text() if metrics.exists() else ""
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def idle_cost(program, run, source, *flags):
    """Milliseconds of CPU, and requests, of one look that finds nothing new; resident MiB."""
    scheme = source.partition(":")[0]
    metrics = run / f"{scheme}.prom"
    command = [program, "pull", source, str(run / f"idle-{scheme}"), "--period=20ms", *flags]
    command += [f"--textfile={metrics}", "--fsync=never"]
    looks, requests = 'omen_sync_syncs_total{result="noop"}', "omen_sync_http_requests_total"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + 60
            while counter(metrics, looks) < 2:
                time.sleep(0.05)
                if process.poll() is not None or time.monotonic() > limit:
                    sys.exit(f"bench: omen-sync finds no end with {source}")
            begun = [counter(metrics, looks), counter(metrics, requests), ticks(process.pid)]
            time.sleep(6)
            ended = [counter(metrics, looks), counter(metrics, requests), ticks(process.pid)]
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.terminate()
    passed, asked, spent = (after - before for before, after in zip(begun, ended))
    return spent / passed * 1000, asked / passed, int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure(program, run, url, rounds):
    paths = make_version(run / "source", SIZE, OBJECTS)
    curl, omen, foreign = [], [], []
    for _ in range(rounds):
        begun, busy = time.monotonic(), children.machine_busy_seconds()
        curl.append(by_curl(run, url, paths))
        omen.append(by_omen(program, run, url))
        # nginx is foreign here, too: its part is the same for both.
        own = curl[-1][1] + omen[-1][1]
        others = children.machine_busy_seconds() - busy - own
        foreign.append(others / (time.monotonic() - begun))
    memory = peak_memory(program, run, url)
    shutil.rmtree(run / "source")
    return curl, omen, foreign, memory


def idle_costs(program, run, url):
    put_small(run, SMALL)
    return {
        "gs://": idle_cost(program, run, "gs://small", f"--endpoint={url}", "--anonymous"),
        "s3://": idle_cost(program, run, "s3://small", f"--endpoint={url}"),
        "file://": idle_cost(program, run, f"file://{run}/small"),
    }


def show(curl, omen, foreign, memory, idle):
    for name, runs in (("curl -Z", curl), ("omen-sync", omen)):
        seconds = statistics.median(seconds for seconds, _ in runs)
        cpu = statistics.median(cpu for _, cpu in runs)
        print(f"{name:10} {seconds:7.3f} s {SIZE / seconds:8.0f} MiB/s {cpu:7.3f} s of CPU")
    ratios = [one[0] / other[0] for one, other in zip(curl, omen)]
    print(
        f"omen-sync, every byte verified, as fast as curl: {statistics.median(ratios):.0%} "
        f"({', '.join(f'{ratio:.0%}' for ratio in ratios)})"
    )
    # What else the machine does only adds: the best of each says what the programs themselves need.
    best = min(seconds for seconds, _ in curl) / min(seconds for seconds, _ in omen)
    print(f"the best run of each: {best:.0%}")
    print(f"cores that others used meanwhile, nginx with them: at most {max(foreign):.2f}")
    print(f"resident at the most: {memory:.1f} MiB")
    for scheme, (cost, requests, resident) in idle.items():
        print(
            f"a look at {SMALL} objects of {scheme:7} that finds nothing: {cost:5.2f} ms of CPU, "
            f"{requests:.0f} requests, {resident:.1f} MiB resident"
        )


def main(options):
    program = find(options.build)
    place = options.directory or ("/dev/shm" if os.path.isdir("/dev/shm") else None)
    run = pathlib.Path(tempfile.mkdtemp(prefix="omen-bench-", dir=place))
    os.chmod(run, 0o755)
    os.environ.update(AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing", AWS_REGION="here")
    port = children.free_port()
    user = "root" if os.geteuid() == 0 else "nobody"
    config = run / "nginx.conf"
    config.write_text(NGINX.format(user=user, run=run, port=port))
    # However this ends, nginx ends with it.
    command = ["setpriv", "--pdeathsig", "TERM", "nginx", "-e", "stderr", "-c", str(config)]
    try:
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:
            try:
                wait_for(port)
                url = f"http://127.0.0.1:{port}"
                figures = measure(program, run, url, options.rounds)
                idle = idle_costs(program, run, url)
            finally:
                nginx.terminate()
    finally:
        shutil.rmtree(run)
    show(*figures, idle)
    return 0
