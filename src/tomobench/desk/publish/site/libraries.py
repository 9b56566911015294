"""The libraries that asv's page loads, taken from npm packages.

asv 0.6.6 names ten files on content networks, each with the digest of its bytes. Nine come out of
npm packages byte for byte: five as they lie there; the four of flot 0.8.3 are unminified on npm,
and uglify-js 2.4.16 makes of them the very bytes that asv names. That old minifier has known
faults, which can't matter here: bytes with another digest are refused.

The tenth, stupidtable 1.0.1, is not on npm. Version 1.1.3 stands for it: same calls, same events.
Its digest is in the table here.

Versions are pinned in package.json; package-lock.json has the packages' digests, which npm checks.
"""

import base64
import contextlib
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tomobench.bench import cache

INSTALL = "install them with: make setup (or npm ci --ignore-scripts)"


class NotTaken(Exception):
    """A library can't be had as asv's page wants it. The message says which, why and what to do."""


@dataclass(frozen=True)
class Library:
    """Where a file that asv's page names lies, relative to node_modules.

    ``minify``: asv names what uglify-js makes of it. ``named`` and ``integrity``, for a file that
    stands for another: the digest on asv's page and the file's own.
    """

    source: str
    minify: bool = False
    named: str | None = None
    integrity: str | None = None

    @property
    def target(self) -> str:
        """Where the file goes, relative to the site's vendor folder."""
        return self.source.removesuffix(".js") + ".min.js" if self.minify else self.source


#: By the file's name in the address on asv's page. Which version is meant, its digest says.
LIBRARIES = {
    "jquery-3.3.1.min.js": Library("jquery/dist/jquery.min.js"),
    "jquery.flot.min.js": Library("flot/jquery.flot.js", minify=True),
    "jquery.flot.time.min.js": Library("flot/jquery.flot.time.js", minify=True),
    "jquery.flot.selection.min.js": Library("flot/jquery.flot.selection.js", minify=True),
    "jquery.flot.categories.min.js": Library("flot/jquery.flot.categories.js", minify=True),
    "jquery.flot.orderBars.js": Library("flot-orderbars/js/jquery.flot.orderBars.js"),
    "stupidtable.min.js": Library(
        "stupid-table-plugin/stupidtable.min.js",
        named=(
            "sha512-GM3Ds3dUrgkpKVXc+4RxKbQDoeTemdlzXxn5d/QCOJT6"
            "EFdEufu1UTVBpIFDLd6YjIhSThNe+zpo1mwqzNq4GQ=="
        ),
        integrity=(
            "sha512-T2dqwCYHuN8dbqIgYhwdGm+VtfUBecC06wUrciItlLJs"
            "teoe07db34cbmp/GZGIrC5/q1xy1V96BuvPiMXnedA=="
        ),
    ),
    "md5.min.js": Library("blueimp-md5/js/md5.min.js"),
    "bootstrap.min.js": Library("bootstrap/dist/js/bootstrap.min.js"),
    "bootstrap.min.css": Library("bootstrap/dist/css/bootstrap.min.css"),
}

#: What belongs to them: the fonts that bootstrap's style sheet asks for, and the licences
#: of those whose minified file does not name its own.
COMPANIONS = (
    *(
        f"bootstrap/dist/fonts/glyphicons-halflings-regular.{kind}"
        for kind in ("eot", "svg", "ttf", "woff")
    ),
    "flot/LICENSE.txt",
    "blueimp-md5/LICENSE.txt",
    "stupid-table-plugin/LICENSE",
)


@dataclass(frozen=True)
class Taken:
    """A library's bytes, checked, with where they go in the vendor folder and their digest."""

    target: str
    integrity: str
    content: bytes


def take(url: str, named: str | None, modules: Path) -> Taken:
    """Take the library that asv's page has at ``url`` with the digest ``named`` from ``modules``.

    Raises NotTaken if it is missing, or its bytes have another digest.
    """
    library = LIBRARIES.get(url.rsplit("/", 1)[-1])
    if library is None or not named or library.named not in (None, named):
        raise NotTaken(
            f"asv's page asks for {url}, which tomobench does not know: "
            "is this the asv of requirements/desk.txt?"
        )
    integrity = library.integrity or named
    if library.minify:
        content = _minified(library.source, modules, integrity)
    else:
        content = read(library.source, modules)
    if digest(content, integrity.split("-")[0]) != integrity:
        raise NotTaken(f"{modules.name}/{library.source} has not the digest asked for; {INSTALL}")
    return Taken(library.target, integrity, content)


def read(source: str, modules: Path) -> bytes:
    """Return the bytes of a package's file. Raises NotTaken if it is not there."""
    try:
        return (modules / source).read_bytes()
    except OSError:
        raise NotTaken(f"{modules.name}/{source} is missing; {INSTALL}") from None


def digest(content: bytes, algorithm: str) -> str:
    """Return the digest as an ``integrity`` attribute has it: sha256, sha384 or sha512."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def _minified(source: str, modules: Path, integrity: str) -> bytes:
    """What uglify-js makes of a file. What is right is kept in the cache folder, for it takes seconds."""
    asked = hashlib.sha256(read(source, modules) + integrity.encode()).hexdigest()
    kept = cache.root() / "minified" / asked
    algorithm = integrity.split("-")[0]
    with contextlib.suppress(OSError):
        if digest(content := kept.read_bytes(), algorithm) == integrity:
            return content
    content = _minify(source, modules)
    if digest(content, algorithm) == integrity:
        with contextlib.suppress(OSError), cache.whole_file(kept) as file:
            file.write(content)
    return content


def _minify(source: str, modules: Path) -> bytes:
    # Not uglify-js's own command: that of 2.4.16 fails on today's node.
    script = "process.stdout.write(require('uglify-js').minify(process.argv[1]).code)"
    command = ["node", "-e", script, str(modules.absolute() / source)]
    try:
        return subprocess.run(command, cwd=modules.parent, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotTaken(
            f"node could not minify {modules.name}/{source} ({_reason(error)}); {INSTALL}"
        ) from None


def _reason(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    lines = error.stderr.decode(errors="replace").splitlines()
    return next((line for line in lines if "Error" in line), f"it ended with {error.returncode}")
