"""Sites published by asv's own command, served on 127.0.0.1, and a browser that notes faults."""

import functools
import http.server
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.browser.publishing import MODULES, ROOT, need_modules, publish
from tests.made import project as made_project

#: The same engine without windows takes half the processor's time: where it is, it is taken.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# No connections of the browser's own.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def unpublished(tmp_path) -> Path:
    """A made asv project, without libraries."""
    made_project.write(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def made_site(made_once) -> Path:
    """The made project, published with the libraries."""
    need_modules()

    def make(root: Path) -> None:
        made_project.write(root)
        (root / "node_modules").symlink_to(MODULES)
        publish(root)

    return made_once("made-site", make)


@pytest.fixture(scope="session")
def committed_site(made_once) -> Path:
    """This repository's own results, published with the libraries."""
    need_modules()
    names = _git(
        "ls-files", "asv.conf.json", "releases.lock.json", "findings.toml", "README.md", "results"
    )
    names = names.splitlines()
    if not any(name.startswith("results/") and "machine.json" in name for name in names):
        pytest.skip("no results are committed yet")

    def make(root: Path) -> None:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "node_modules").symlink_to(MODULES)
        publish(root)

    return made_once("committed-site", make)


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Requests are noted in the browser."""


@pytest.fixture(scope="session")
def serve():
    """A function that serves a folder on 127.0.0.1 until the session ends, and says where."""
    servers = []

    @functools.cache
    def start(folder: Path) -> str:
        handler = functools.partial(_Handler, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, headless."""
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(chromium):
    """The page that each test has first: Chromium takes longer to open another than to load most of a site."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    # How long is waited for what does come says how busy the machine is, and nothing about the page.
    context.set_default_timeout(120_000)
    yield context.new_page()
    context.close()


def _not_measured(url: str) -> bool:
    """Whether asv's page asks for the graph of a benchmark on a volume that it was not measured on.

    It asks for every volume that is chosen, and draws what it gets. It begins with one that was measured.
    """
    return "/graphs/" in url and "/env-volume-" in url and "/env-volume-phantom-128/" not in url


@dataclass
class Visit:
    """A reader's visit: notes each request and each fault of the pages in ``context``, until it ends.

    ``free``: the pages that the test has not used yet.
    """

    context: object
    address: str
    width: int
    free: list
    requested: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self):
        note = self.problems.append
        self._listeners = {
            "request": lambda request: self.requested.append(request.url),
            "requestfailed": lambda request: note(f"failed: {request.url}"),
            "response": self._response,
            "weberror": lambda problem: note(f"error: {problem.error}"),
            "console": self._console,
        }
        for event, listener in self._listeners.items():
            self.context.on(event, listener)

    def page(self):
        """An empty page of the visit's width, in light colours."""
        page = self.free.pop() if self.free else self.context.new_page()
        page.set_viewport_size({"width": self.width, "height": 800})
        page.emulate_media(color_scheme="light")
        return page

    def open(self, place: str = "", shown: str = ""):
        """Open a place of the site in an empty page, once ``shown`` is, or nothing is loading any more."""
        page = self.page()
        page.goto(self.address + place)
        if shown:
            page.locator(shown).first.wait_for()
        else:
            page.wait_for_load_state("networkidle")
        return page

    def end(self) -> None:
        """Note no more, once nothing is loading any more."""
        for page in self.context.pages:
            page.wait_for_load_state("networkidle")
        for event, listener in self._listeners.items():
            self.context.remove_listener(event, listener)

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked of another host."""
        assert self.problems == []
        outside = [url for url in self.requested if not self._ours(url)]
        assert outside == []

    def _response(self, response) -> None:
        if response.status >= 400 and not _not_measured(response.url):
            self.problems.append(f"{response.status}: {response.url}")

    def _console(self, message) -> None:
        if message.type in ("error", "warning") and not _not_measured(message.location["url"]):
            self.problems.append(f"console: {message.text}")

    @staticmethod
    def _ours(url: str) -> bool:
        parts = urlsplit(url)
        return parts.hostname == "127.0.0.1" or parts.scheme in ("data", "blob")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What the pages show where a test fails: it can't be seen later."""
    report = yield
    if report.when == "call" and report.failed and "window" in item.funcargs:
        for page in item.funcargs["window"].context.pages:
            report.sections.append((f"page {page.url}", _shown(page)[:2000]))
    return report


def _shown(page) -> str:
    """The text that a page shows; why it can't be told, where it can't: the test's own failure is what matters."""
    try:
        return page.evaluate("document.body.innerText")
    except Error as error:
        return str(error)


@pytest.fixture
def visit(window, serve):
    """A function that begins a visit to a project's site; in the end none has gone wrong."""
    visits, free = [], [window]

    def begin(project: Path, width: int = 1280) -> Visit:
        visits.append(Visit(window.context, serve(project / "html"), width, free))
        return visits[-1]

    yield begin
    for one in visits:
        one.end()
    _empty(window)
    for one in visits:
        one.check()


def _empty(window) -> None:
    """Leave the window as a new one, and alone."""
    for page in window.context.pages:
        if page is not window:
            page.close()
    window.unroute_all()
    window.mouse.move(-1, -1)
    window.goto("about:blank")
