"""What large bodies cost a pod, and clients that do not read the answers to them."""

import json
import os
import socket
import time

import load
import tensors
from children import pss_bytes
from pod import Peak, Pod, settings

SLOW = 32  # clients that ask and do not read
SIZES = {"k": 1 << 10, "m": 1 << 20}


def size_of(text):
    """Bytes of a size as 4m."""
    return int(text[:-1]) * SIZES[text[-1]]


def settle():
    time.sleep(0.5)


def make_bodies(setting, size):
    """{kind: (path, headers, script)} of bodies that are as large as they may be."""
    row = json.loads(setting.row)["input"]
    text = json.dumps(row, separators=(",", ":"))
    plain = b'{"input":[' + b",".join([text.encode()] * ((size - 64) // (len(text) + 1))) + b"]}"
    rows = (size - 1024) // (8 * len(row))
    packed = json.dumps({"input": [row] * rows}).encode()
    binary = tensors.make_ways(packed, setting.directory)[1]
    path = os.path.join(setting.directory, f"large-{size}.body")
    with open(path, "wb") as file:
        file.write(plain)
    json_script = load.write_script(path)
    return {"JSON": ("/predict", json_script), "binary": (tensors.PATH, binary.script)}


def measure_large(setting, options, size, name, **more):
    """{kind: [bytes that the worker grows by beside so many of them at a time], "nginx": ..., "rest": ...}"""
    pod = Pod(setting, **more)
    figures = {"counts": options.bodies}
    try:
        pod.start(name)
        trees = pod.trees()
        nginx, worker = Peak(trees["nginx"]), Peak(trees["worker"])
        idle = pss_bytes(trees["worker"])
        for kind, (path, script) in make_bodies(setting, size).items():
            figures[kind] = []
            for count in options.bodies:
                settle()
                worker.restart()
                done = load.run(script, pod.port, count, options.seconds, path)
                # Some may be refused by a machine that has no time for them.
                if done["errors"] >= done["requests"]:
                    raise RuntimeError(f"{count} bodies of {size} bytes, {kind}: {done}")
                figures[kind].append(worker.growth())
        settle()
        figures["nginx"] = nginx.growth()
        figures["rest"] = max(pss_bytes(pod.trees()["worker"]) - idle, 0)
    finally:
        pod.stop()
    return figures


def wait_until_still(pids):
    """PSS once it has not changed for a second."""
    before, still = pss_bytes(pids), 0
    while still < 4:
        time.sleep(0.25)
        now = pss_bytes(pids)
        still = still + 1 if abs(now - before) < 2**16 else 0
        before = now
    return before


def queued_bytes(port):
    """That the kernel holds for who does not read from this port; a container pays for them too."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        lines = [line.split() for line in file][1:]
    return sum(int(fields[4].partition(":")[0], 16) for fields in lines
               if int(fields[1].partition(":")[2], 16) == port)


def measure_slow(setting, size):
    """Bytes of nginx for each client that asks for the largest answer and does not read it."""
    pod = Pod(setting)
    row = json.loads(setting.row)["input"]
    rows = size // (len(json.dumps(row)) + 8)
    body = tensors.make_ways(json.dumps({"input": [row] * rows}), setting.directory)[0].body
    request = (f"POST {tensors.PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    peers = []
    try:
        pod.start("slow")
        pids = pod.trees()["nginx"]
        before = pss_bytes(pids)
        for _ in range(SLOW):
            peer = socket.socket()
            peers.append(peer)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.settimeout(30)
            peer.connect(("127.0.0.1", pod.port))
            peer.sendall(request)
        return (max(wait_until_still(pids) - before, 0) + queued_bytes(pod.port)) / SLOW
    finally:
        for peer in peers:
            peer.close()
        pod.stop()


def measure(setting, options):
    limit = size_of(settings("OMEN_MAX_BODY")["OMEN_MAX_BODY"])
    larger = {"max_body": "16m", "request_memory": "256m", "nginx_max_body": "16m"}
    return {"limit": limit, "large": measure_large(setting, options, limit, "large"),
            "larger": measure_large(setting, options, 2 * limit, "larger", **larger),
            "slow": measure_slow(setting, limit)}


# --- the report ---------------------------------------------------------------------------------


def tables(figures):
    """For the page: the worker's peaks, a column for each number of bodies at a time."""
    small = figures["limit"] // 2**20
    lines = ["| at a time | " + " | ".join(map(str, figures["large"]["counts"])) + " |",
             f"| --- |{' --- |' * len(figures['large']['counts'])}"]
    for key, size, how in (("large", small, "as the pod has it"),
                           ("larger", 2 * small, "request-memory 256 MiB")):
        for kind in ("JSON", "binary"):
            values = " | ".join(f"{value / 2**20:.0f}" for value in figures[key][kind])
            lines.append(f"| {kind} of {size} MiB, {how} | {values} |")
    return {"### Large bodies": lines}


def report(figures):
    small = figures["limit"] // 2**20
    titles = {"large": f"{small} MiB, as the pod has it",
              "larger": f"{2 * small} MiB, without the pod's limits"}
    for key, title in titles.items():
        one = figures[key]
        print(f"\n{'bodies of ' + title:36}" + "".join(f"{count:>8} at a time" for count in one["counts"]))
        for kind in ("JSON", "binary"):
            print(f"{'worker: peak MiB more, ' + kind:36}"
                  + "".join(f"{value / 2**20:18.1f}" for value in one[kind]))
        print(f"{'worker: of it not given back, MiB':36}{one['rest'] / 2**20:18.1f}")
        print(f"{'nginx: peak MiB more':36}{one['nginx'] / 2**20:18.1f}")
    print(f"{'nginx: KiB of a client that does not read a large answer':58}"
          f"{figures['slow'] / 1024:.0f}")
