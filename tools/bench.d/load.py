"""The load: wrk, and single requests by hand over HTTP and FastCGI."""

import http.client
import json
import os
import resource
import socket
import struct
import subprocess
import time

# wrk hands its figures to done(): microseconds, and errors by kind.
SCRIPT = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
%s
wrk.body = io.open("%s"):read("*a")
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\nBENCH {"requests": %%d, "microseconds": %%d, "p50": %%d, "p99": %%d, "errors": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def write_script(body_path, headers=()):
    path = os.path.splitext(body_path)[0] + ".lua"
    lines = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers)
    with open(path, "w", encoding="utf-8") as file:
        file.write(SCRIPT % (lines, body_path))
    return path


def command(script, port, connections, seconds, path="/predict"):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script,
            f"http://127.0.0.1:{port}{path}"]


def run(script, port, connections, seconds, path="/predict"):
    """wrk's figures, and the CPU seconds that wrk itself took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(
        command(script, port, connections, seconds, path),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for line in output.stdout.splitlines():
        if line.startswith("BENCH "):
            figures = json.loads(line[6:])
            figures["own_cpu"] = (after.ru_utime - before.ru_utime
                                  + after.ru_stime - before.ru_stime)
            return figures
    raise RuntimeError(f"wrk failed:\n{output.stdout}")


def ask_for_phases(port, path, body, headers):
    """One request: {phase: milliseconds} by the worker's Server-Timing, and the answer's bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {data[:300]}")
        parts = [part.split(";dur=") for part in answer.headers["Server-Timing"].split(", ")]
        return {name: float(milliseconds) for name, milliseconds in parts}, data
    finally:
        connection.close()


def ask_http(port, body):
    """One prediction: the JSON of a 200, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        return json.loads(data) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _request(body, uri, method):
    """BEGIN (responder, close afterwards), parameters and body, each stream with its end. Names
    and values are shorter than 128 bytes: one byte of length each."""
    params = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "SCRIPT_NAME": uri,
              "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
              "SERVER_PROTOCOL": "HTTP/1.1"}
    pairs = b"".join(bytes([len(name), len(value)]) + name.encode() + value.encode()
                     for name, value in params.items())
    return (_record(1, struct.pack(">HB5x", 1, 0)) + _record(4, pairs) + _record(4, b"")
            + _record(5, body) + _record(5, b""))


def exchange_fastcgi(path, body, uri, method="POST"):
    """The records of one answer over a worker's own socket, b"" where there is none."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        data = b""
        try:
            peer.connect(path)
            peer.sendall(_request(body, uri, method))
            while chunk := peer.recv(65536):
                data += chunk
        except OSError:
            return b""
    return data


def ask_fastcgi(path, body):
    """One prediction: whether the answer has one."""
    return b'"prediction"' in exchange_fastcgi(path, body, "/predict")


def first_answer(started, children, ask, patience=60.0):
    """Seconds from `started` to the first answer that ask() gives, tried every half millisecond."""
    while not ask():
        for child in children:
            child.check()
        if time.monotonic() - started > patience:
            raise RuntimeError(f"{children[0].name}: no answer within {patience:.0f} s")
        time.sleep(0.0005)
    return time.monotonic() - started
