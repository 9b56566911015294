"""Fetching one file, or a piece of it, from where it is published: S3 or a web server.

Faults that pass (no connection, a cut one, silence, 429, 5xx) are met with patience, for both kinds
of place alike, others are said at once. A second place, where there is one, is tried when the first
is out of reach.
"""

import contextlib
import dataclasses
import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import botocore.exceptions
import requests
import s3fs
import tenacity
from botocore.exceptions import BotoCoreError
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
_PASSING_S3 = (
    aiohttp.ClientConnectionError,
    aiohttp.ClientPayloadError,
    botocore.exceptions.ConnectionError,
    botocore.exceptions.HTTPClientError,  # a cut connection, silence
    botocore.exceptions.IncompleteReadError,
)
# What s3fs makes of 400 and 405, of a redirect to another region, and of 501.
_LASTING_S3 = (errno.EINVAL, errno.EPERM, errno.EREMCHG, errno.ENOSYS)
_LASTING_HTTP = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.SSLError,
)
_PASSING_STATUS = (408, 425, 429)  # as is every status from 500 on


class TransferError(UserError):
    """A place that can't be reached, or that refuses; what was fetched before is kept."""


class Refused(TransferError):
    """A place that answers, but does not give the file."""


class OutOfReach(TransferError):
    """A place that does not answer, or not in full."""


class _PassingFault(Exception):
    """Something that may go better the next time."""


@dataclasses.dataclass(frozen=True)
class S3Client:
    """How S3 is asked: with credentials, found as the AWS tools find them, and who pays."""

    credentials: bool = False
    requester_pays: bool = False


class Places:
    """One folder that is published at several addresses; the first that works is used.

    An address may end in a query, which each of the folder's files is asked for with. urls: the
    addresses without. Raises UserError for one that can't be used.
    """

    def __init__(self, urls: list[str], access: S3Client):
        parts = [url.partition("?") for url in urls]
        self.urls = [url.rstrip("/") for url, _, _ in parts]
        self._places = [
            _place(url, mark + query, access)
            for url, (_, mark, query) in zip(self.urls, parts, strict=True)
        ]

    def get(self, name: str, path: Path, progress: Callback, stop: threading.Event) -> None:
        """Fetch the file ``name`` of the folder into ``path``, which may hold a part of it already.

        stop: when set, nothing is tried again. Raises FileNotFoundError if there is no such file,
        TransferError, or OSError of the disk.
        """
        try:
            self._of_any(name, lambda place: place.get(name, path, progress), stop)
        except OutOfReach as error:
            raise OutOfReach(f"{error}, what was fetched is kept") from error

    def piece(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file from ``start`` (below 0: from the end). Raises as :meth:`get`."""
        return self._of_any(name, lambda place: place.piece(name, start, length))

    def size(self, name: str) -> int:
        """How many bytes a file has; they are not fetched. Raises as :meth:`get`."""
        return self._of_any(name, lambda place: place.size(name))

    def names(self, folder: str) -> list[str]:
        """What lies in a folder; nothing where that can't be listed, as on web servers."""
        try:
            return self._of_any(folder, lambda place: place.names(folder))
        except (FileNotFoundError, Refused):
            return []

    def _of_any[Answer](
        self,
        name: str,
        ask: "Callable[[_Bucket | _WebServer], Answer]",
        stop: threading.Event | None = None,
    ) -> Answer:
        """What the first place that works answers."""
        stop = stop or threading.Event()
        while True:
            place = self._places[0]
            try:
                return _patiently(place, name, ask, stop)
            except TransferError:
                if place is self._places[-1] or stop.is_set():
                    raise
                # Another thread may have gone on to the next place already.
                with contextlib.suppress(ValueError):
                    self._places.remove(place)


def _place(url: str, query: str, access: S3Client):
    if url.startswith("s3://"):
        return _Bucket(url, access)
    if url.startswith(("https://", "http://")):
        return _WebServer(url, query)
    raise UserError(f"{url}: only s3:// and https:// addresses can be fetched")


def _patiently(place, name: str, ask: Callable, stop: threading.Event):
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_PassingFault),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_when_event_set(stop),
        sleep=tenacity.sleep_using_event(stop),
        wait=tenacity.wait_exponential(multiplier=0.5, max=LONGEST_PAUSE),
        reraise=True,
    )
    try:
        return attempts(ask, place)
    except _PassingFault as fault:
        raise OutOfReach(
            f"{place.url}/{name}: {fault}, {ATTEMPTS} times; check the network and try again"
        ) from fault


class _Bucket:
    """A folder in an S3 bucket: one that anyone may read, or one that credentials open.

    s3fs finds the endpoint by itself: AWS, or AWS_ENDPOINT_URL.
    """

    def __init__(self, url: str, access: S3Client):
        self.url = url
        self._access = access
        # One attempt: patience is ours. One connection a file: s3fs issue 1027, and files are
        # fetched in parallel as it is.
        self._files = s3fs.S3FileSystem(
            anon=not access.credentials,
            requester_pays=access.requester_pays,
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
        with self._faults(name):
            self._files.get_file(self._address(name), str(path), callback=progress)

    def piece(self, name: str, start: int, length: int | None) -> bytes:
        """As :meth:`Places.piece`; raises _PassingFault, too."""
        end = None if length is None else start + length
        ends = (start or None, end) if end else (start or None, None)
        with self._faults(name):
            return self._files.cat_file(self._address(name), start=ends[0], end=ends[1])

    def size(self, name: str) -> int:
        """As :meth:`Places.size`; raises _PassingFault, too."""
        with self._faults(name):
            found = self._files.info(self._address(name))
        if found["type"] != "file":
            raise FileNotFoundError(name)
        return found["size"]

    def names(self, folder: str) -> list[str]:
        """As :meth:`Places.names`; raises _PassingFault, too."""
        with self._faults(folder):
            found = self._files.ls(self._address(folder), detail=False)
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found)

    def _address(self, name: str) -> str:
        return f"{self.url}/{name}" if name else self.url

    @contextlib.contextmanager
    def _faults(self, name: str) -> Iterator[None]:
        """Within the block, what s3fs raises becomes what :meth:`Places.get` does."""
        try:
            yield
        except FileNotFoundError as error:
            if _s3_code(error) == "NoSuchBucket":
                raise self._refusal(name, "there is no such bucket") from error
            raise
        except PermissionError as error:
            raise self._refusal(name, self._not_allowed()) from error
        except _PASSING_S3 as error:
            raise _PassingFault(_brief(error)) from error
        except (OSError, ValueError, aiohttp.ClientError, BotoCoreError) as error:
            if disk.is_full(error):
                raise
            if isinstance(error, OSError) and error.errno not in _LASTING_S3:
                raise _PassingFault(_brief(error)) from error
            raise self._refusal(name, _brief(error)) from error

    def _not_allowed(self) -> str:
        said = "the credentials do not open it" if self._access.credentials else "not public"
        return f"{said}, or absent: S3 answers 403 to both"

    def _refusal(self, name: str, why: str) -> Refused:
        advice = "check the address, AWS_ENDPOINT_URL, AWS_PROFILE and the region"
        if not self._access.credentials:
            advice += ", or sign requests with --credentials"
        return Refused(f"{self.url}/{name}: can't be fetched ({why}); {advice}")


def _s3_code(error: Exception) -> str | None:
    """The service's own code of an error, which s3fs turns into one of the system's."""
    response = getattr(error.__cause__, "response", None) or {}
    return response.get("Error", {}).get("Code")


class _NoSuchPart(Refused):
    """A file ends before the part that was asked for."""


class _WebServer:
    """A folder of a web server. A file that came in part is gone on with, if it is the same."""

    def __init__(self, url: str, query: str):
        self.url, self._query = url, query

    def get(self, name: str, path: Path, progress: Callback) -> None:
        """As :meth:`Places.get`; raises _PassingFault, too."""
        headers = {}
        if path.exists() and (tag := _tag_file(path)).exists():
            headers["Range"] = f"bytes={path.stat().st_size}-"
            headers["If-Range"] = tag.read_text()
        try:
            with self._asked(name, headers) as answer:
                if answer.status_code == 206 and not _continues(answer, path):
                    _forget(path)
                    raise _PassingFault("the file has changed since a part of it came")
                _write(answer, path, progress)
        except _NoSuchPart as error:
            # All of it had come, and then something ended the command.
            _forget(path)
            raise _PassingFault("what came before is as long as the file") from error

    def piece(self, name: str, start: int, length: int | None) -> bytes:
        """As :meth:`Places.piece`; raises _PassingFault, too, and Refused without ranges."""
        last = "" if length is None else start + length - 1
        part = f"bytes={start}" if start < 0 else f"bytes={start}-{last}"
        headers = {"Range": part} if start or length is not None else {}
        with self._asked(name, headers) as answer:
            if headers and answer.status_code != 206:
                raise _refusal(self.url, name, "the server gives no part of a file")
            return answer.content

    def size(self, name: str) -> int:
        """As :meth:`Places.size`; raises _PassingFault, too."""
        try:
            with self._asked(name, {}, "HEAD") as answer:
                length = answer.headers.get("Content-Length")
        except Refused:  # as some do who give the file
            with self._asked(name, {}) as answer:
                length = answer.headers.get("Content-Length")
        if length is None:
            raise _refusal(self.url, name, "the server does not say how large it is")
        return int(length)

    def names(self, folder: str) -> list[str]:
        """Nothing: web servers list no folders."""
        return []

    @contextlib.contextmanager
    def _asked(
        self, name: str, headers: dict[str, str], method: str = "GET"
    ) -> Iterator[requests.Response]:
        """The answer, of which the head alone has come; faults within the block are told apart."""
        headers = {"Accept-Encoding": "identity", **headers}  # a packed file is to stay packed
        timeout = (PATIENCE, PATIENCE)
        address = f"{self.url}/{name}{self._query}"
        try:
            with requests.request(
                method, address, headers=headers, stream=True, timeout=timeout, allow_redirects=True
            ) as answer:
                self._judge(name, answer)
                yield answer
        except _LASTING_HTTP as error:
            raise _refusal(self.url, name, _brief(error)) from error
        except requests.RequestException as error:
            raise _PassingFault(_brief(error)) from error

    def _judge(self, name: str, answer: requests.Response) -> None:
        status = answer.status_code
        said = f"{status} {answer.reason}"
        if status in _ABSENT:
            raise FileNotFoundError(name)
        if status in _PASSING_STATUS or status >= 500:
            raise _PassingFault(f"the server says {said}")
        if status == requests.codes.requested_range_not_satisfiable:
            raise _NoSuchPart(f"{self.url}/{name}: it has no such part")
        if status not in (200, 206):
            hint = ", which may also mean that it is absent" if status == 403 else ""
            raise _refusal(self.url, name, f"the server says {said}{hint}")


def _continues(answer: requests.Response, path: Path) -> bool:
    """Whether a part of a file (206) goes on with what is there: parts of one strong tag, one after the other
    (RFC 9110, section 15.3.7.3). Some servers do not know If-Range."""
    begins = answer.headers.get("Content-Range", "").startswith(f"bytes {path.stat().st_size}-")
    return begins and answer.headers.get("ETag") == _tag_file(path).read_text()


def _forget(path: Path) -> None:
    """Begin this file anew."""
    path.unlink()
    _tag_file(path).unlink()


def _write(answer: requests.Response, path: Path, progress: Callback) -> None:
    """The body, after what is there (206) or from the start; its tag beside it till then."""
    present = path.stat().st_size if answer.status_code == 206 else 0
    length = answer.headers.get("Content-Length")
    progress.set_size(present + int(length) if length else None)
    progress.relative_update(present)
    tag = answer.headers.get("ETag", "")
    # Only a strong tag says that the bytes are the same (RFC 9110, section 13.1.5), and of packed ones others are here.
    if tag.startswith('"') and "Content-Encoding" not in answer.headers:
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
