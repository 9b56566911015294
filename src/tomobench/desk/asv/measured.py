"""The environment of measured processes: built from a list, so that a user's own settings have no say.

What is not named here is absent: ZARR_*, NUMCODECS_*, BLOSC_*, OMP_*, DASK_*, FSSPEC_*, AWS_*, PYTHON*, proxies,
LD_PRELOAD. HOME is an empty folder, so that no file of settings below the user's is read.
"""

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

from tomobench.bench import cache, turns
from tomobench.bench.beside import CLUSTER
from tomobench.bench.release import CONFIGURATION
from tomobench.desk.errors import UserError

#: What such a process has from the user.
INHERITED = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),  # programs, and what they are linked with
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ"),
    *("TMPDIR", "TEMP", "TMP", "USER", "LOGNAME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"),  # a user's own S3 service
)
#: glibc's malloc keeps what memory it has been given, and asks for fresh pages from 32 MiB on, the most it may be told
#: (mallopt(3)). Left to itself it gives memory back and asks for it again, in each call or in none, as the process's
#: memory happens to lie: equal code took 1.3 or 2.7 ms, with 0 or 530 page faults a call, and that was a release's own.
GLIBC = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
NO_GLIBC = "malloc's settings are n/a: this system's C library is not glibc"

#: The user's environment variable with another configuration of zarr than its own, as "async.concurrency=1".
ASKED = "TOMOBENCH_ZARR_CONFIG"
SETTING = re.compile(r"(?P<name>[a-z0-9]+(?:[._][a-z0-9]+)*)=(?P<value>[\w.+-]+)", re.ASCII)

#: Run in a release's environment with the configuration's settings: prints what it has none of, or of another type.
CHECK = """
import ast, sys, zarr
known = {}
def note(found, above=""):
    for name, value in found.items():
        known[above + name] = value
        if isinstance(value, dict):
            note(value, above + name + ".")
for found in zarr.config.defaults:
    note(found)
for setting in sys.argv[1:]:
    name, _, value = setting.partition("=")
    if name not in known:
        sys.exit(print(f"has no setting {name}"))
    try:
        value = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        pass
    if known[name] is not None and type(value) is not type(known[name]):
        sys.exit(print(f"wants {type(known[name]).__name__} for {name}, not {value!r}"))
"""


def malloc() -> dict[str, str]:
    """The variables that hold malloc equal; none where the C library has no such settings."""
    return GLIBC if platform.libc_ver()[0] == "glibc" else {}


def base(home: Path) -> dict[str, str]:
    """What every measured process is given. ``home``: the folder to be its HOME, made if it is not there."""
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "HOME": str(home),
        "ZARR_ROOT_CONFIG": str(home),  # in place of /etc/zarr
        cache.CHOSEN: str(cache.root().absolute()),  # HOME no longer says where it is
        **{name: os.environ[name] for name in (turns.NO_WAIT, CLUSTER) if name in os.environ},
        **malloc(),
    }


def configuration_of_the_user() -> str | None:
    """The configuration of zarr that $TOMOBENCH_ZARR_CONFIG asks for, its settings in order; None if it asks for none.

    Raises UserError for what is no list of settings.
    """
    asked = os.environ.get(ASKED, "").strip()
    settings = {}
    for one in filter(None, map(str.strip, asked.split(","))):
        if not (found := SETTING.fullmatch(one)):
            raise UserError(f"{ASKED} has {one!r}: say NAME=VALUE, as async.concurrency=1")
        if found["name"] in settings:
            raise UserError(f"{ASKED} has {found['name']} twice")
        settings[found["name"]] = found["value"]
    return ",".join(f"{name}={value}" for name, value in sorted(settings.items())) or None


def variables_of(configuration: str | None) -> dict[str, str]:
    """The environment variables by which zarr is told its configuration."""
    settings = [one.partition("=") for one in (configuration or "").split(",") if one]
    return {f"ZARR_{name.upper().replace('.', '__')}": value for name, _, value in settings}


def said(environment: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """The environment of measured processes in two lines, to be kept beside results.

    Names and values of what was set, where they are no place on this machine; then the names that came from the user.
    ``variables``: those of asv's matrix.
    """
    told = {
        **{name: value for name, value in environment.items() if name in GLIBC},
        **variables_of(variables.get(CONFIGURATION)),
        **variables,
    }
    pairs = ", ".join(f"{name}={value}" for name, value in sorted(told.items()))
    names = ", ".join(name for name in INHERITED if name in environment)
    lacks = "" if any(name in told for name in GLIBC) else f"; {NO_GLIBC}"
    return (
        f"# environment: {pairs}; HOME and ZARR_ROOT_CONFIG are an empty folder{lacks}\n"
        f"# of the user's: {names}\n"
    )
