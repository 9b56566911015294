"""The results that several pages show: read once, and made into series once, each time asv publishes."""

from functools import cached_property, lru_cache

from tomobench.desk.judge.project import Project, load_folder
from tomobench.desk.judge.series import Series


class Shared(Project):
    """A project whose series are kept: each page asks for them anew."""

    @cached_property
    def _kept(self) -> dict[tuple[str, str], list[Series]]:
        return {}

    def series(self, machine: str) -> list[Series]:
        """As Project.series."""
        key = "runs", machine
        if key not in self._kept:
            self._kept[key] = super().series(machine)
        return self._kept[key]

    def raced(self, machine: str) -> list[Series]:
        """As Project.raced."""
        key = "races", machine
        if key not in self._kept:
            self._kept[key] = super().raced(machine)
        return self._kept[key]


@lru_cache(maxsize=1)
def project(conf, repo) -> Project:
    """The results that asv's ``conf`` names, and the history in its ``repo``: the same for every page.

    asv makes both anew each time it publishes. Raises UserError as load_folder does.
    """
    return Shared(**vars(load_folder(conf, repo.history)))
