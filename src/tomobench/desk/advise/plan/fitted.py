"""What is fitted to the results of one release: worked out once, for every question about it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from tomobench.desk.advise.evidence.evidence import Evidence, Measurements
from tomobench.desk.advise.plan import model, network
from tomobench.desk.errors import UserError


@dataclass(frozen=True)
class Fitted:
    """The models of a release (a hash), and how far off they are."""

    evidence: Evidence
    release: str

    @property
    def version(self) -> str:
        return self.evidence.history.name_of(self.release)

    @cached_property
    def found(self) -> dict[str, Measurements]:
        return self.evidence.of(self.release)

    @cached_property
    def cells(self) -> list[model.Observation]:
        """What was timed. Raises UserError when nothing was."""
        cells = model.cells(self.found)
        if not cells:
            machine = self.evidence.machine
            raise UserError(
                f"zarr {self.version} was not timed on {machine}: asv run {self.version}"
            )
        return cells

    @cached_property
    def on_disk(self) -> model.Model:
        """The model of times on a disk."""
        return model.fit(self.cells)

    @cached_property
    def errors(self) -> dict[tuple[str, bool], model.Errors | None]:
        """By what is held out (of model.GROUPS) and whether cells are whole writes."""
        held = {by: list(model.held_out(self.cells, by)) for by in model.GROUPS}
        return {
            (by, writes): model.errors(one for one in held[by] if one.cell.writes is writes)
            for by in held
            for writes in (False, True)
        }

    @cached_property
    def far(self) -> list[network.Far]:
        """What the remote suite measured of the release."""
        return list(network.far(self.found, self.on_disk, self.version))

    @cached_property
    def far_held_out(self) -> list[tuple[network.Far, float]]:
        """See network.held_out."""
        return list(network.held_out(self.far))

    @cached_property
    def own(self) -> dict[bool, network.Own | None]:
        """What client and server take in reads (False) and whole writes (True), None when the remote
        suite has no results of them."""
        return {writes: network.fit(self.far, writes) for writes in (False, True)}


@lru_cache(maxsize=8)
def fitted(evidence: Evidence, release: str) -> Fitted:
    """What is fitted to a release, the same for the same evidence."""
    return Fitted(evidence, release)
