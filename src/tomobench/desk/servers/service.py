"""What the benchmarks ask the desk half for: a place on S3, a network before it, counts and faults.

The asv plugin has one service in asv's process, and names it to the benchmarks in the environment
variable SERVICE. Nothing is started until a benchmark asks. A request and its answer are a JSON
object each, over ``multiprocessing.connection`` on 127.0.0.1, with a key that only the benchmarks
of this run know. All that was started ends with asv, however that ends (server.py, proxy.py).

    {"do": "place"}                                   the server itself
    {"do": "network", "round_trip": s, "rate": B/s}   through a network (rate null: no limit)
    {"do": "note", "what": text}, {"do": "noted", …}  what the benchmarks tell each other
    {"do": "watch"}                                   through a proxy that counts, for as long as
                                                      the connection to the service is open
    {"do": "reset"}, {"do": "counts"}                 of that proxy
    {"do": "fault", "kind": …, "times": n}            of that proxy; kind null: none
    {"do": "stop"}                                    of that proxy

An answer has what was asked for, or ``error`` (it failed), or ``impossible`` (it can't be had).
"""

import asyncio
import atexit
import contextlib
import json
import os
import secrets
import threading
from functools import cache
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from urllib.parse import urlsplit

from tomobench.bench.s3 import SERVICE
from tomobench.desk.errors import UserError
from tomobench.desk.servers import place, ports, proxy
from tomobench.desk.servers.watching import Watch

SERVER = "TOMOBENCH_S3_SERVER"
DEFAULT = "seaweedfs"


def server_of_the_user() -> str | None:
    """What tells results on another server from those on the default one: its name or address.

    None for the default. Raises UserError for a name that no server has.
    """
    if url := os.environ.get(place.URL):
        return urlsplit(url).netloc or url
    kind = os.environ.get(SERVER) or DEFAULT
    if kind not in place.SERVERS:
        raise UserError(f"{SERVER} is {kind}: choose one of {', '.join(place.SERVERS)}")
    return None if kind == DEFAULT else kind


class Service:
    """Answers benchmarks from threads of its own; ``variables`` tells them where."""

    def __init__(self):
        key = secrets.token_bytes(16)
        self._listener = Listener((ports.LOCALHOST, 0), backlog=64, authkey=key)
        self.variables = {SERVICE: f"{self._listener.address[1]}:{key.hex()}"}
        #: What the benchmarks noted of the place: which stores are there, and right.
        self.notes: set[str] = set()
        self._lock, self._open = threading.RLock(), contextlib.ExitStack()
        self._place: place.ServerPlace | None = None
        self._networks: dict[tuple[float, float | None], str] = {}
        self._failure: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        atexit.register(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End all that was started; a second time does nothing."""
        with self._lock:
            self._open.close()
            self._failure = "asv is ending"
            self._place = None

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except (AuthenticationError, EOFError, OSError):
                continue  # a stranger
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: Connection) -> None:
        """Answer one benchmark's process until it has gone."""
        with connection, contextlib.ExitStack() as watched, contextlib.suppress(EOFError, OSError):
            asker = _Asker(self, watched)
            while True:
                asked = json.loads(connection.recv_bytes())
                connection.send_bytes(json.dumps(asker.answer(**asked)).encode())

    def place(self) -> place.ServerPlace:
        """Where stores go; the server is started now if nobody asked before. Raises UserError."""
        with self._lock:
            if self._failure:
                raise UserError(self._failure)
            if self._place is None:
                kind = os.environ.get(SERVER) or DEFAULT
                try:
                    self._place = self._open.enter_context(place.ready(kind))
                except UserError as error:
                    self._failure = str(error)  # the next to ask needs not wait for it again
                    raise
            return self._place

    def network(self, round_trip: float, rate: float | None) -> str:
        """The address of the server behind such a network. Raises UserError."""
        with self._lock:
            wanted, url = (round_trip, rate), self.place().endpoint.url
            if wanted not in self._networks:
                started = proxy.network(url, round_trip, rate)
                self._networks[wanted] = self._open.enter_context(started)
            return self._networks[wanted]

    def run(self, coroutine):
        """Run a coroutine in the proxies' event loop, in a thread of its own."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class _Asker:
    """One benchmark's process: what it asked for last."""

    def __init__(self, service: Service, watched: contextlib.ExitStack):
        self._service, self._watched = service, watched
        self._watch: Watch | None = None

    def answer(self, do: str, **what) -> dict:
        try:
            return getattr(self, f"do_{do}")(**what)
        except UserError as error:
            return {"error": str(error)}

    def do_place(self) -> dict:
        return self._described(self._service.place().endpoint.url)

    def do_network(self, round_trip: float, rate: float | None) -> dict:
        url = self._service.place().endpoint.url
        if urlsplit(url).scheme == "http":
            return self._described(self._service.network(round_trip, rate))
        if round_trip or rate:
            return {"impossible": f"a network can be put before http:// only, not before {url}"}
        return self._described(url)

    def do_noted(self, what: str) -> dict:
        return {"noted": what in self._service.notes}

    def do_note(self, what: str) -> dict:
        self._service.notes.add(what)
        return {}

    def do_watch(self) -> dict:
        url = self._service.place().endpoint.url
        if urlsplit(url).scheme != "http":
            return {"impossible": f"requests can be counted before http:// only, not before {url}"}
        self.do_stop()
        self._watch = Watch(url)
        address = self._service.run(self._watch.start())
        self._watched.callback(self.do_stop)
        return self._described(address)

    def do_stop(self) -> dict:
        if self._watch is not None:
            self._service.run(self._watch.stop())
            self._watch = None
        return {}

    def do_reset(self) -> dict:
        self._watching().reset()
        return {}

    def do_counts(self) -> dict:
        counts = self._watching().counts
        return {
            "requests": dict(counts.requests),
            "fetched": counts.fetched,
            "written": counts.written,
            "connections": len(counts.connections),
            "spoilt": counts.spoilt,
        }

    def do_fault(self, kind: str | None, times: int) -> dict:
        self._watching().spoil(kind, times)
        return {}

    def _watching(self) -> Watch:
        if self._watch is None:
            raise UserError("nothing is watched: ask for it first")
        return self._watch

    def _described(self, url: str) -> dict:
        where, endpoint = self._service.place(), self._service.place().endpoint
        return {
            "url": url,
            "bucket": where.bucket,
            "prefix": where.prefix,
            "access_key": endpoint.access_key,
            "secret_key": endpoint.secret_key,
            "token": endpoint.token,
            "region": endpoint.region,
        }


@cache
def of_this_process() -> Service:
    """The service of asv's process."""
    return Service()
