"""What is measured on this machine's own servers goes through no proxy of the user's."""

import os
from collections.abc import MutableMapping

HOSTS = ("127.0.0.1", "localhost", "::1")


def pass_by_proxies(variables: MutableMapping[str, str] = os.environ) -> None:
    """Name this machine as a host without a proxy, for this process and all it starts: in both spellings."""
    named = [variables.get(name, "") for name in ("no_proxy", "NO_PROXY")]
    hosts = dict.fromkeys([*",".join(named).split(","), *HOSTS])
    variables["no_proxy"] = variables["NO_PROXY"] = ",".join(filter(None, hosts))
