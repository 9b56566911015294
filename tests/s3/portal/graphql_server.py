"""The portal's GraphQL API on 127.0.0.1: the client's own schema, answered from a few records.

Enough of it for ``find``: the root's lists, and ``where`` with comparators and relations. A record
is a dictionary of the schema's field names; fields that may not be null are filled in.
"""

import contextlib
import functools
import json
import operator
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources

import graphql

_COMPARATORS = {
    "_eq": operator.eq,
    "_neq": operator.ne,
    "_gt": operator.gt,
    "_gte": operator.ge,
    "_lt": operator.lt,
    "_lte": operator.le,
    "_in": lambda value, choice: value in choice,
}
_FILLING = {"Int": 0, "Float": 0.0, "Boolean": False, "DateTime": "2024-10-29T00:00:00+00:00"}


class Portal:
    """The API over ``records``: {type name: [record]}. ``url``: for the client."""

    def __init__(self, records: dict[str, list[dict]]):
        self.schema = _schema()
        self.records = {
            kind: [self._filled(kind, record) for record in each] for kind, each in records.items()
        }
        self.status = 200
        self.stopped = threading.Event()
        self.asked = 0
        for field in self.schema.query_type.fields.values():
            if kind := _listed(field.type):
                field.resolve = self._resolver(kind)
        self.url = None

    def answer(self, query: str) -> dict:
        """What the API answers to a query."""
        done = graphql.graphql_sync(self.schema, query)
        return done.formatted

    def _resolver(self, kind: str):
        def resolve(_, __, where=None, **___):
            every = self.records.get(kind, [])
            return [one for one in every if self._fits(kind, one, where or {})]

        return resolve

    def _fits(self, kind: str, record: dict, where: dict) -> bool:
        return all(self._meets(kind, record, name, asked) for name, asked in where.items())

    def _meets(self, kind: str, record: dict, name: str, asked: dict) -> bool:
        related = graphql.get_named_type(self.schema.type_map[kind].fields[name].type).name
        if f"{name}Id" in record:
            others = [one for one in self.records[related] if one["id"] == record[f"{name}Id"]]
            return any(self._fits(related, one, asked) for one in others)
        return all(_COMPARATORS[sign](record[name], value) for sign, value in asked.items())

    def _filled(self, kind: str, record: dict) -> dict:
        """The record with a value for each field that must have one."""
        filled = {}
        for name, field in self.schema.type_map[kind].fields.items():
            named = graphql.get_named_type(field.type)
            if isinstance(named, graphql.GraphQLEnumType):
                empty = next(iter(named.values))
            else:
                empty = _FILLING.get(named.name, "")
            filled[name] = empty if graphql.is_non_null_type(field.type) else None
        return filled | record


@functools.cache
def _schema() -> graphql.GraphQLSchema:
    text = resources.files("cryoet_data_portal").joinpath("data/schema.graphql").read_text()
    return graphql.build_schema(text)


def _listed(kind) -> str | None:
    """The type in the list that a field of the root gives, or None if it gives no list."""
    inner = graphql.get_nullable_type(kind)
    return graphql.get_named_type(kind).name if graphql.is_list_type(inner) else None


@contextlib.contextmanager
def serving(portal: Portal):
    """Answer on a free port of 127.0.0.1 till the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            portal.asked += 1
            body = json.dumps(portal.answer(asked["query"])).encode()
            body = body if portal.status == 200 else b"a page for people"
            with contextlib.suppress(ConnectionError):  # a client may have gone
                self.send_response(portal.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    portal.url = f"http://127.0.0.1:{server.server_port}/graphql"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield portal
    finally:
        portal.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
