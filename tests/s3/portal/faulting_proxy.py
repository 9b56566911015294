"""An HTTP proxy before a server: it keeps a log, and answers badly when a test tells it to."""

import contextlib
import http.client
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding"}


class Proxy:
    """What is asked goes on to ``upstream``, a URL. ``log``: (method, path, Range or None)
    of every request. ``payers``: who said to pay for one. ``url``: where it answers.
    """

    def __init__(self, upstream: str):
        self.upstream = upstream.removeprefix("http://")
        self.log: list[tuple[str, str, str | None]] = []
        self.payers: set[str] = set()
        self.url = None
        self._faults: list[list] = []

    def fault(self, pattern: str, kind: str, times: float = float("inf")) -> None:
        """Spoil the next ``times`` answers to paths that ``pattern`` is found in.

        kind: ``503``, ``cut`` (after half of the body), ``silent`` (no answer for 2 s), ``slow``
        (the body in ten pieces over a second), ``refuse`` (hang up).
        """
        self._faults.append([re.compile(pattern), kind, times])

    def heal(self) -> None:
        """No more faults."""
        self._faults.clear()

    def fetched(self, pattern: str) -> list[str]:
        """The paths asked for so far in which ``pattern`` is found."""
        return [path for method, path, _ in self.log if re.search(pattern, path)]

    def take_fault(self, path: str) -> str | None:
        """The fault of this answer, counted off."""
        for entry in self._faults:
            if entry[2] > 0 and entry[0].search(path):
                entry[2] -= 1
                return entry[1]
        return None


@contextlib.contextmanager
def serving(proxy: Proxy):
    """Answer on a free port of 127.0.0.1 till the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            proxy.log.append((self.command, self.path, self.headers["Range"]))
            proxy.payers |= {self.headers["x-amz-request-payer"]} - {None}
            kind = proxy.take_fault(self.path)
            if kind == "silent":
                time.sleep(2)
            if kind in ("silent", "refuse"):
                self.close_connection = True
            elif kind == "503":
                self._answer(503, [], b"")
            else:
                self._forward(kind)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

        def _forward(self, kind):
            upstream = http.client.HTTPConnection(proxy.upstream, timeout=30)
            headers = {**self.headers, "Host": proxy.upstream}
            upstream.request(self.command, self.path, headers=headers)
            answer = upstream.getresponse()
            body = answer.read()
            upstream.close()
            self._answer(answer.status, answer.getheaders(), body, kind)

        def _answer(self, status, headers, body, kind=None):
            self.send_response(status)
            length = str(len(body))
            for name, value in headers:
                if name.lower() == "content-length":
                    length = value
                elif name.lower() not in _OF_THE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            if kind == "cut":
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
            elif kind == "slow":
                step = len(body) // 10 + 1
                for start in range(0, len(body), step):
                    time.sleep(0.1)
                    self.wfile.write(body[start : start + step])
            elif self.command != "HEAD":
                self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
