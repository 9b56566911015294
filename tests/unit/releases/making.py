"""Wheels, releases and an index to test with: all made here, none fetched."""

import base64
import hashlib
import json
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tomobench.desk.releases.lock import Release, Wheel

JSON = "application/vnd.pypi.simple.v1+json"
START = datetime(2024, 5, 7, 12, tzinfo=UTC)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def wheel(version: str, day: int = 0, **others) -> Wheel:
    """A wheel of zarr, uploaded some days after START."""
    facts = {
        "version": version,
        "uploaded": START + timedelta(days=day),
        "wheel": f"zarr-{version}-py3-none-any.whl",
        "sha256": digest(f"{version} {day}"),
        "requires_python": ">=3.11",
        "requires_dist": ("numpy>=1.25",),
    }
    return Wheel(**{**facts, **others})


def release(version: str, hash: str, day: int = 0, **others) -> Release:
    return Release(**vars(wheel(version, day, **others)), hash=hash)


def build_wheel(folder: Path, version: str, **changes) -> Path:
    """Build a wheel that pip would install, but for ``changes`` (the keys are below)."""
    name, tag = changes.get("name", "zarr"), changes.get("tag", "py3-none-any")
    info = f"{name}-{version}.dist-info"
    fields = [
        "Metadata-Version: 2.1",
        f"Name: {changes.get('stated_name', name)}",
        f"Version: {changes.get('stated', version)}",
        *changes.get("metadata", ["Requires-Python: >=3.11", "Requires-Dist: numpy>=1.25"]),
    ]
    files = {
        f"{name}/__init__.py": changes.get("text", f"__version__ = {version!r}\n"),
        f"{info}/METADATA": "\n".join(fields) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    files[f"{info}/RECORD"] = _record(files, info)
    path = folder / f"{name}-{version}-{tag}.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in files.items():
            archive.writestr(zipfile.ZipInfo(place, (2024, 1, 1, 0, 0, 0)), text)
    return path


def _record(files: dict[str, str], info: str) -> str:
    lines = []
    for place, text in files.items():
        raw = hashlib.sha256(text.encode()).digest()
        code = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        lines.append(f"{place},sha256={code},{len(text.encode())}")
    return "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"


class Index:
    """A package index on 127.0.0.1: what it answers is laid out in ``answers`` by path."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = f"{url}/simple", folder
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[str] = []
        self.entries: dict[str, dict] = {}

    def publish(self, version: str, day: int = 0, **changes) -> Path:
        """Put a wheel on the index, as one uploaded some days after START."""
        path = build_wheel(self.folder, version, **changes)
        content = path.read_bytes()
        self.answers[f"/files/{path.name}"] = (200, "application/zip", content)
        self.entries[path.name] = {
            "filename": path.name,
            "url": f"../../files/{path.name}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "requires-python": ">=3.11",
            "upload-time": (START + timedelta(days=day)).isoformat().replace("+00:00", "Z"),
            "yanked": False,
        }
        self.say()
        return path

    def change(self, name: str, **facts) -> None:
        """Change what is said of a file; underscores stand for hyphens, None takes a fact away."""
        entry = self.entries[name]
        entry.update({fact.replace("_", "-"): value for fact, value in facts.items()})
        self.entries[name] = {fact: value for fact, value in entry.items() if value is not None}
        self.say()

    def serve_metadata(self, path: Path, text: bytes) -> None:
        self.answers[f"/files/{path.name}.metadata"] = (200, "text/plain", text)
        self.change(path.name, core_metadata={"sha256": hashlib.sha256(text).hexdigest()})

    def say(self, status: int = 200, kind: str = JSON, body: bytes | None = None) -> None:
        """Set the answer about zarr: the list of its files, unless a body is given."""
        page = {
            "meta": {"api-version": "1.1"},
            "name": "zarr",
            "versions": [],
            "files": list(self.entries.values()),
        }
        body = json.dumps(page).encode() if body is None else body
        self.answers["/simple/zarr/"] = (status, kind, body)


class Server:
    """A web server on 127.0.0.1 that answers for one index after another."""

    def __init__(self):
        self.index: Index | None = None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.index.asked.append(self.path)
                nothing = (404, "text/plain", b"nothing here")
                status, kind, body = owner.index.answers.get(self.path, nothing)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def serve(self, folder: Path) -> Index:
        """From now on a new index, with wheels in a folder: always at the same address."""
        self.index = Index(f"http://127.0.0.1:{self._server.server_port}", folder)
        return self.index

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
