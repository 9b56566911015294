"""A Zarr, what each access of it takes, what is awkward, and what the best layout would bring."""

from dataclasses import dataclass, replace
from math import prod

from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.inspect import awkward
from tomobench.desk.advise.inspect.awkward import Awkward
from tomobench.desk.advise.plan import current
from tomobench.desk.advise.plan.current import Comparison
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import Storage
from tomobench.desk.advise.plan.question import Access, Question
from tomobench.desk.advise.present.present import Present

#: What is said of each access: those of plan, by the names that a person types.
ACCESSES = uses.parse("xy,xz,yz,region-96,whole")


@dataclass(frozen=True)
class Read:
    """An access on a disk and over S3, and its memory at the peak in bytes."""

    on_disk: Access
    on_s3: Access
    memory: float


@dataclass(frozen=True)
class Inspected:
    """``reads`` by the names of ACCESSES. ``fitted``: the codecs that times were fitted to."""

    present: Present
    reads: dict[str, Read]
    awkward: list[Awkward]
    comparison: Comparison
    fitted: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether the times are those of its own codec."""
        return self.present.coding.said in self.fitted


def of(one: Present, question: Question, evidence: Evidence, far: Storage, root) -> Inspected:
    """Examine a Zarr. ``question``: the use, release, storage and number that are meant; its shape
    and type are the Zarr's. ``far``: the S3 that the accesses are told for. Raises UserError."""
    question = replace(question, shape=one.shape, dtype=one.dtype)
    comparison = current.compared(Estimate(question, evidence), one.layout, root, one)
    here, there = (
        current.as_it_is(replace(question, use=ACCESSES, storage=storage), evidence, one)
        .candidate(one.layout)
        .accesses
        for storage in (Storage(), far)
    )
    reads = {name: Read(here[name], there[name], here[name].memory) for name in ACCESSES.weights}
    timed = (one.times for one in evidence.of(question.release).values())
    fitted = tuple(dict.fromkeys(str(layout.codec) for times in timed for _, layout in times))
    return Inspected(one, reads, awkward.of(one), comparison, fitted)


def voxel_bytes(one: Present) -> int:
    """Bytes of the voxels of the highest resolution."""
    return prod(one.shape) * one.itemsize
