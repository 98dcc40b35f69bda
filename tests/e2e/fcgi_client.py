"""A FastCGI client that builds every record by hand, so that it can build wrong ones too."""

import dataclasses
import socket
import struct

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA = range(1, 9)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONNECTION = 1
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)
RECORD_MAX = 65535


def record(kind, request_id, content=b"", padding=0, version=1):
    head = struct.pack(">BBHHBx", version, kind, request_id, len(content), padding)
    return head + content + bytes(padding)


def records(kind, request_id, content, chunk=RECORD_MAX, padding=0):
    """The content in as many records as it takes, without the empty one that ends the stream."""
    return b"".join(
        record(kind, request_id, content[start : start + chunk], padding)
        for start in range(0, len(content), chunk)
    )


def begin(request_id=1, role=RESPONDER, keep=True):
    body = struct.pack(">HB5x", role, KEEP_CONNECTION if keep else 0)
    return record(BEGIN_REQUEST, request_id, body)


def pair(name, value):
    def length(number):
        return bytes([number]) if number < 128 else struct.pack(">I", number | 1 << 31)

    name, value = name.encode(), value.encode() if isinstance(value, str) else value
    return length(len(name)) + length(len(value)) + name + value


def request_params(method, path, body=b"", **more):
    uri, _, query = path.partition("?")
    params = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "SCRIPT_NAME": uri,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json" if method == "POST" else "",
        "CONTENT_LENGTH": str(len(body)) if method == "POST" else "",
        "REMOTE_ADDR": "192.0.2.7",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    params.update(more)
    return b"".join(pair(name, value) for name, value in params.items() if value is not None)


def params_stream(method, path, body=b"", request_id=1, **more):
    params = records(PARAMS, request_id, request_params(method, path, body, **more))
    return params + record(PARAMS, request_id)


def stdin_stream(body, request_id=1, chunk=RECORD_MAX, padding=0):
    return records(STDIN, request_id, body, chunk, padding) + record(STDIN, request_id)


def request_bytes(method, path, body=b"", request_id=1, keep=True, **more):
    return (
        begin(request_id, keep=keep)
        + params_stream(method, path, body, request_id, **more)
        + stdin_stream(body, request_id)
    )


@dataclasses.dataclass
class Answer:
    """One whole answer, as it came."""

    status: int
    headers: dict
    body: bytes
    app_status: int
    protocol_status: int
    errors: bytes


class Closed(Exception):
    """The peer closed the connection where a record was expected."""


class Connection:
    """One connection. `peer` is the path of a unix socket or a (host, port)."""

    def __init__(self, peer, timeout=10.0, receive_buffer=None):
        unix = isinstance(peer, (str, bytes))
        self.socket = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_quietly(self, data):
        """Sends as much as the peer takes: for peers that may hang up in the middle."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def _receive(self, count):
        parts = []
        while count > 0:
            try:
                part = self.socket.recv(count)
            except ConnectionResetError:
                part = b""
            if not part:
                raise Closed
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def read_record(self):
        """(type, request id, content); raises Closed."""
        version, kind, request_id, length, padding = struct.unpack(">BBHHBx", self._receive(8))
        assert version == 1, f"a record of version {version}"
        content = self._receive(length)
        self._receive(padding)
        return kind, request_id, content

    def read_answer(self, request_id=1):
        output, errors = b"", b""
        while True:
            kind, got_id, content = self.read_record()
            assert got_id == request_id, f"a record for request {got_id}"
            if kind == STDOUT:
                output += content
            elif kind == STDERR:
                errors += content
            elif kind == END_REQUEST:
                app_status, protocol_status = struct.unpack(">IB3x", content)
                return parse_answer(output, app_status, protocol_status, errors)
            else:
                raise AssertionError(f"a record of type {kind} in an answer")

    def ask(self, method, path, body=b"", request_id=1, keep=True, **more):
        self.send(request_bytes(method, path, body, request_id, keep, **more))
        return self.read_answer(request_id)

    def is_closed(self, timeout=3.0):
        """True once the peer has closed; false if it is silent for that long. An empty record may
        come first: it tells a web server not to keep the connection."""
        self.socket.settimeout(timeout)
        try:
            kind, _, content = self.read_record()
            return kind == STDOUT and content == b"" and self.socket.recv(1) == b""
        except (Closed, ConnectionResetError, BrokenPipeError):
            return True
        except TimeoutError:
            return False

    def is_silent(self, timeout=0.3):
        """True if nothing comes: neither a byte nor the end."""
        self.socket.settimeout(timeout)
        try:
            self.socket.recv(1)
        except TimeoutError:
            return True
        except OSError:
            return False
        return False


def parse_answer(output, app_status, protocol_status, errors=b""):
    if not output:
        return Answer(0, {}, b"", app_status, protocol_status, errors)
    head, separator, body = output.partition(b"\r\n\r\n")
    assert separator, "an answer without the end of its headers"
    headers = {}
    for line in head.decode("ascii").split("\r\n"):
        name, colon, value = line.partition(": ")
        assert colon, f"a header without a colon: {line!r}"
        assert name.lower() not in headers, f"the header {name} twice"
        headers[name.lower()] = value
    assert "status" in headers, "an answer without Status"
    assert int(headers["content-length"]) == len(body), "Content-Length differs from the body"
    return Answer(
        int(headers["status"].split()[0]), headers, body, app_status, protocol_status, errors
    )


def ask(peer, method, path, body=b"", keep=False, timeout=10.0, **more):
    """One request on a connection of its own."""
    with Connection(peer, timeout) as connection:
        return connection.ask(method, path, body, keep=keep, **more)
