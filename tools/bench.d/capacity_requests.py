"""What small requests cost a pod: CPU of each, memory of connections, descriptors."""

import os
import socket
import statistics
import subprocess
import time

import load
from children import cpu_seconds, pss_bytes
from pod import Pod, descriptors

CONNECTIONS = 64
MANY = 1000


def measure_cpu(pod, script, options):
    """{name: CPU in us of a request} of nginx and the worker, and the rate; medians of rounds."""
    rounds = []
    for _ in range(options.rounds):
        trees = pod.trees()
        before = {name: cpu_seconds(pids) for name, pids in trees.items()}
        figures = load.run(script, pod.port, CONNECTIONS, options.seconds)
        count = max(figures["requests"], 1)
        one = {name: (cpu_seconds(pids) - before[name]) / count * 1e6
               for name, pids in trees.items()}
        rounds.append({**one, "rate": count / (figures["microseconds"] / 1e6),
                       "errors": figures["errors"]})
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def measure_wire(pod, body):
    """Bytes of a request and its answer, as they pass."""
    request = (b"POST /predict HTTP/1.1\r\nHost: predictions.example.com\r\n"
               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    with socket.create_connection(("127.0.0.1", pod.port), timeout=10) as peer:
        peer.sendall(request)
        peer.settimeout(0.5)
        answer = b""
        try:
            while chunk := peer.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"a prediction was answered {answer[:80]}")
    return len(request) + len(answer)


def look(pod):
    """{name: (PSS, descriptors, how many it may have)}"""
    return {name: (pss_bytes(pids), *descriptors(pids)) for name, pids in pod.trees().items()}


def measure_connections(pod, script, options):
    """Memory and descriptors of nginx and the worker: idle, and while 64 and 1000 connections ask."""
    figures = {0: look(pod)}
    for count in (CONNECTIONS, MANY):
        with subprocess.Popen(load.command(script, pod.port, count, options.seconds + 1),
                              stdout=subprocess.DEVNULL) as wrk:
            time.sleep(options.seconds)
            figures[count] = look(pod)
            wrk.wait()
    return figures


def measure_clients(setting, script):
    """How many clients that ask all the time the pod takes as it is, in steps of 64."""
    pod = Pod(setting)
    good = 0
    try:
        pod.start("clients")
        for count in range(384, 1024, 64):
            if load.run(script, pod.port, count, 1)["errors"]:
                break
            good = count
        return good
    finally:
        pod.stop()


def measure(setting, options):
    """{"cpu", "connections", "wire", "clients"}"""
    pod = Pod(setting, nginx_connections="4096")
    try:
        pod.start("requests")
        script = load.write_script(os.path.join(setting.directory, "body.json"))
        connections = measure_connections(pod, script, options)
        figures = {"cpu": measure_cpu(pod, script, options), "connections": connections,
                   "wire": measure_wire(pod, setting.body)}
    finally:
        pod.stop()
    return {**figures, "clients": measure_clients(setting, script)}


# --- the report ---------------------------------------------------------------------------------


def mib(value):
    return f"{value / 2**20:10.1f}"


def report(figures):
    cpu = figures["cpu"]
    print(f"\none row of 30 features in each request, {CONNECTIONS} connections: "
          f"{cpu['rate']:.0f} requests/s, {cpu['errors']:.0f} errors\n")
    print(f"{'':36}{'nginx':>10}{'worker':>10}")
    print(f"{'CPU us per request':36}{cpu['nginx']:10.1f}{cpu['worker']:10.1f}")
    for count, both in figures["connections"].items():
        what = f"beside {count} connections" if count else "before the first request"
        print(f"{'PSS MiB ' + what:36}{mib(both['nginx'][0])}{mib(both['worker'][0])}")
        print(f"{'descriptors ' + what:36}{both['nginx'][1]:10}{both['worker'][1]:10}")
    print(f"{'descriptors at the most':36}{both['nginx'][2]:10}{both['worker'][2]:10}")
    print(f"{'clients that all ask, without an error':36}{figures['clients']:10}")
    print(f"{'bytes of a request and its answer':36}{figures['wire']:10}")
