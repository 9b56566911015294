"""Releases that are measured when a test first asks for one."""

from collections.abc import Callable


class Measured[T](dict[str, T]):
    """What each release gave. One that no chosen test asks for is not measured, nor installed."""

    def __init__(self, measure: Callable[[str], T]):
        super().__init__()
        self._measure = measure

    def __missing__(self, release: str) -> T:
        self[release] = self._measure(release)
        return self[release]
