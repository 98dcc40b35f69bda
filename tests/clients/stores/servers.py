"""HTTP servers that tests start inside themselves, and a proxy that spoils what a server says."""

import http.client
import http.server
import re
import socket
import ssl
import struct
import threading
import time


class Server(http.server.ThreadingHTTPServer):
    """On a free port of the loopback, until stop()."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler, tls=None):
        """tls: the files of a certificate and its key."""
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away are no news."""

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status, body=b"", headers=None, length=True):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Rule:
    """What is done to the next `times` requests that match, after the first `after` of them."""

    def __init__(self, action, path=".*", method=".*", times=1, after=0, then=None, **values):
        self.action, self.times, self.after, self.then, self.values = action, times, after, then, values
        self.path, self.method = re.compile(path), re.compile(method)
        self.seen = self.done = 0

    def takes(self, method, path):
        if not self.method.fullmatch(method) or not self.path.search(path):
            return False
        self.seen += 1
        if self.seen <= self.after or self.done >= self.times:
            return False
        self.done += 1
        return True


class Seen:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def __repr__(self):
        return f"{self.method} {self.path}"


class FaultProxy:
    """Between a client and a server: notes every request, passes it on as it is (signatures are of the
    Host header that the client sent), and follows its rules."""

    def __init__(self, port, tls=None):
        self.target, self.rules, self.seen, self.lock = port, [], [], threading.Lock()
        proxy = self

        class Passing(Handler):
            def pass_on(self):
                proxy.serve(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

        self.server = Server(Passing, tls)
        self.url, self.port = self.server.url, self.server.port

    def stop(self):
        self.server.stop()

    def add(self, *arguments, **options):
        rule = Rule(*arguments, **options)
        self.rules.append(rule)
        return rule

    def clear(self):
        self.rules.clear()
        self.seen.clear()

    def serve(self, handler):
        body = handler.body()
        with self.lock:
            self.seen.append(Seen(handler.command, handler.path, dict(handler.headers), body))
            rule = next((rule for rule in self.rules if rule.takes(handler.command, handler.path)), None)
        if rule is not None and rule.action in ("answer", "echo", "reset", "redirect"):
            if rule.action == "echo":
                rule.values["body"] = body + repr(dict(handler.headers)).encode()
            return getattr(self, rule.action)(handler, rule)
        status, headers, data = self.ask(handler, body)
        if rule is None:
            return handler.reply(status, data, headers, "Content-Length" not in headers)
        return getattr(self, rule.action)(handler, rule, status, headers, data)

    def ask(self, handler, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=30)
        path = re.sub("^http://[^/]*", "", handler.path)  # as a proxy is asked
        connection.putrequest(handler.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in ("connection", "transfer-encoding"):
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        data = answer.read()
        headers = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() not in ("connection", "transfer-encoding", "keep-alive")
        }
        connection.close()
        return answer.status, headers, data

    def answer(self, handler, rule):
        handler.reply(rule.values["status"], rule.values.get("body", b""), rule.values.get("headers"))

    echo = answer  # says what it was sent

    def redirect(self, handler, rule):
        handler.reply(307, b"", {"Location": rule.values["to"] + handler.path})

    def reset(self, handler, _rule):
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()

    def truncate(self, handler, rule, status, headers, data):
        """The length of the whole, half of the bytes."""
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    def truncate_silently(self, handler, rule, status, headers, data):
        """No length, and an orderly end after half of the bytes."""
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                handler.send_header(name, value)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        handler.close_connection = True

    def corrupt(self, handler, rule, status, headers, data):
        handler.reply(status, data[:-1] + bytes([data[-1] ^ 1]), headers, "Content-Length" not in headers)

    def seal(self, handler, rule, status, headers, data):
        """An object that is encrypted by a key of its own: its tag is no digest of its bytes."""
        headers["x-amz-server-side-encryption"] = "aws:kms"
        handler.reply(status, bytes(byte ^ 1 for byte in data), headers)

    def lose_reply(self, handler, rule, status, headers, data):
        """The server has done it, the client does not hear of it."""
        self.reset(handler, rule)

    def then_do(self, handler, rule, status, headers, data):
        """Something happens just after this reply."""
        rule.then()
        handler.reply(status, data, headers, "Content-Length" not in headers)

    def stall(self, handler, rule, status, headers, data):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[: rule.values.get("bytes", len(data) // 2)])
        handler.wfile.flush()
        time.sleep(rule.values.get("seconds", 30))
        handler.close_connection = True
