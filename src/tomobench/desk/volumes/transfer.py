"""Fetching one file from where it is published: S3, anonymously, or a web server.

Faults that pass (no connection, a cut one, silence, 429, 5xx) are met with patience, for both kinds
of place alike; a second place, where there is one, is tried when the first is out of reach.
"""

import contextlib
import threading
from pathlib import Path

import aiohttp
import botocore.exceptions
import requests
import s3fs
import tenacity
from fsspec.callbacks import Callback

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import disk

PATIENCE = 30.0
"""Seconds without a byte after which a connection is given up."""

ATTEMPTS = 5
"""How often a file is asked for before a place counts as out of reach."""

LONGEST_PAUSE = 8.0
"""Seconds; pauses between attempts are half a second at first, doubled each time up to this."""

_PIECE = 1 << 20  # bytes written at a time
_ABSENT = (404, 410)
_PASSING_STATUS = (408, 425, 429)  # as is every status from 500 on


class TransferError(UserError):
    """A place that can't be reached, or that refuses; what was fetched before is kept."""


class Refused(TransferError):
    """A place that answers, but does not give the file."""


class _PassingFault(Exception):
    """Something that may go better the next time."""


class Places:
    """One folder that is published at several addresses; the first that works is used."""

    def __init__(self, urls: list[str]):
        self.urls = [url.rstrip("/") for url in urls]
        self._places = [_place(url) for url in self.urls]

    def get(self, name: str, path: Path, progress: Callback, stop: threading.Event) -> None:
        """Fetch the file ``name`` of the folder into ``path``, which may hold a part of it already.

        stop: when set, nothing is tried again. Raises FileNotFoundError if there is no such file,
        TransferError, or OSError of the disk.
        """
        while True:
            place = self._places[0]
            try:
                return _patiently(place, name, path, progress, stop)
            except TransferError:
                if place is self._places[-1] or stop.is_set():
                    raise
                # Another thread may have gone on to the next place already.
                with contextlib.suppress(ValueError):
                    self._places.remove(place)


def _place(url: str):
    if url.startswith("s3://"):
        return _Bucket(url)
    if url.startswith(("https://", "http://")):
        return _WebServer(url)
    raise UserError(f"{url}: only s3:// and https:// addresses can be fetched")


def _patiently(place, name: str, path: Path, progress: Callback, stop: threading.Event) -> None:
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_PassingFault),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_when_event_set(stop),
        sleep=tenacity.sleep_using_event(stop),
        wait=tenacity.wait_exponential(multiplier=0.5, max=LONGEST_PAUSE),
        reraise=True,
    )
    try:
        attempts(place.get, name, path, progress)
    except _PassingFault as fault:
        raise TransferError(
            f"{place.url}/{name}: {fault}, {ATTEMPTS} times; check the network and try again, "
            "what was fetched is kept"
        ) from fault


class _Bucket:
    """A folder in an S3 bucket that anyone may read.

    s3fs finds the endpoint by itself: AWS, or AWS_ENDPOINT_URL.
    """

    def __init__(self, url: str):
        self.url = url
        # One attempt: patience is ours. One connection a file: s3fs issue 1027, and files are
        # fetched in parallel as it is.
        self._files = s3fs.S3FileSystem(
            anon=True,
            max_concurrency=1,
            use_listings_cache=False,
            skip_instance_cache=True,
            config_kwargs={
                "connect_timeout": PATIENCE,
                "read_timeout": PATIENCE,
                "retries": {"total_max_attempts": 1},
            },
        )
        self._files.retries = 1

    def get(self, name: str, path: Path, progress: Callback) -> None:
        """As :meth:`Places.get`; raises _PassingFault, too."""
        try:
            self._files.get_file(f"{self.url}/{name}", str(path), callback=progress)
        except FileNotFoundError:
            raise
        except PermissionError as error:
            raise _refusal(self.url, name, "not public") from error
        except (OSError, aiohttp.ClientError, botocore.exceptions.BotoCoreError) as error:
            if disk.is_full(error):
                raise
            raise _PassingFault(_brief(error)) from error


class _WebServer:
    """A folder of a web server. A file that came in part is gone on with, if it is the same."""

    def __init__(self, url: str):
        self.url = url

    def get(self, name: str, path: Path, progress: Callback) -> None:
        """As :meth:`Places.get`; raises _PassingFault, too."""
        try:
            with self._asked(name, path) as answer:
                self._judge(name, answer)
                _write(answer, path, progress)
        except requests.RequestException as error:
            raise _PassingFault(_brief(error)) from error

    def _asked(self, name: str, path: Path) -> requests.Response:
        headers = {"Accept-Encoding": "identity"}  # a packed file is to stay packed
        if path.exists() and (tag := _tag_file(path)).exists():
            headers["Range"] = f"bytes={path.stat().st_size}-"
            headers["If-Range"] = tag.read_text()
        timeout = (PATIENCE, PATIENCE)
        return requests.get(f"{self.url}/{name}", headers=headers, stream=True, timeout=timeout)

    def _judge(self, name: str, answer: requests.Response) -> None:
        status = answer.status_code
        said = f"{status} {answer.reason}"
        if status in _ABSENT:
            raise FileNotFoundError(name)
        if status in _PASSING_STATUS or status >= 500:
            raise _PassingFault(f"the server says {said}")
        if status not in (200, 206):
            raise _refusal(self.url, name, f"the server says {said}")


def _write(answer: requests.Response, path: Path, progress: Callback) -> None:
    """The body, after what is there (206) or from the start; its tag beside it till then."""
    present = path.stat().st_size if answer.status_code == 206 else 0
    length = answer.headers.get("Content-Length")
    progress.set_size(present + int(length) if length else None)
    progress.relative_update(present)
    tag = answer.headers.get("ETag", "")
    # Only a strong tag says that the bytes are the same (RFC 9110, section 13.1.5).
    if tag.startswith('"'):
        _tag_file(path).write_text(tag)
    with open(path, "ab" if present else "wb") as file:
        for piece in answer.iter_content(_PIECE):
            file.write(piece)
            progress.relative_update(len(piece))
    _tag_file(path).unlink(missing_ok=True)


def _tag_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.tag")


def _refusal(url: str, name: str, why: str) -> Refused:
    return Refused(f"{url}/{name}: can't be fetched ({why}); check the address")


def _brief(error: BaseException) -> str:
    """The innermost reason in a line: outer ones repeat it around addresses of objects."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(reason.split())
