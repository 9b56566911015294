"""What is fitted to the results of one release: worked out once, for every question about it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
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
        cells = model.cells(self.evidence, self.release)
        if not cells:
            machine = self.evidence.machine
            raise UserError(
                f"zarr {self.version} was not timed on {machine}: asv run {self.version}"
            )
        return cells

    @cached_property
    def on_disk(self) -> model.Model:
        """The model of times on a disk. Raises UserError where reads or writes were not timed."""
        found = model.fit(self.cells)
        for what, costs in (("read", found.read), ("write", found.write)):
            if costs is None:
                raise UserError(
                    f"no {what} of zarr {self.version} was timed on {self.evidence.machine}: "
                    f"asv run {self.version} --bench ^{what}"
                )
        return found

    @cached_property
    def held(self) -> dict[str, list[model.Held]]:
        """Each cell as the model says that did not see its group, by what is held out (of
        model.GROUPS)."""
        return {by: list(model.held_out(self.cells, by)) for by in model.GROUPS}

    @cached_property
    def errors(self) -> dict[tuple[str, bool], model.Errors | None]:
        """By what is held out (of model.GROUPS) and whether cells are whole writes."""
        return {
            (by, writes): model.errors(one for one in held if one.cell.writes is writes)
            for by, held in self.held.items()
            for writes in (False, True)
        }

    def errors_of(self, names: Collection[str]) -> model.Errors | None:
        """The errors in some of the suites' accesses, layouts held out; None without any."""
        return model.errors(one for one in self.held["layout"] if one.cell.access in names)

    def errors_far(self, names: Collection[str]) -> model.Errors | None:
        """Likewise over S3; of all reads or writes where those accesses were not timed there."""
        writes = WRITE in names
        alike = [pair for pair in self.far_held_out if pair[0].writes is writes]
        found = [pair for pair in alike if pair[0].access in names] or alike
        return model.errors_of_pairs([(one.measured, said) for one, said in found])

    @cached_property
    def errors_of_types(self) -> dict[tuple[str, str, bool], model.Errors]:
        """By element type and kind that the model is not fitted to, and whether cells are whole
        writes: how far off it is, with what their bytes take to decode."""
        pairs: dict[tuple[str, str, bool], list[tuple[float, float]]] = {}
        for volume, one in self.found.items():
            if (one.dtype, one.kind) == model.FITTED:
                continue
            for cell in model.observed(volume, one, self.evidence, self.release):
                said = self.on_disk.of(cell.amounts, cell.writes)
                key = one.dtype, one.kind, cell.writes
                pairs.setdefault(key, []).append((cell.seconds, said))
        return {
            key: errors
            for key, several in sorted(pairs.items())
            if (errors := model.errors_of_pairs(several))
        }

    @cached_property
    def far(self) -> list[network.Far]:
        """What the remote suite measured of the release."""
        return list(network.far(self.evidence, self.release, self.on_disk))

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
