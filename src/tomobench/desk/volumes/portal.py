"""The CryoET Data Portal: which tomograms there are, where each one lies, and how to cite it.

Everything is asked of the portal's own client (cryoet-data-portal), whose metadata count x, y, z;
here and in the arrays it is z, y, x.
"""

import contextlib
import dataclasses
import functools
import importlib.metadata
import os

import requests
from cryoet_data_portal import Client, Dataset, DatasetAuthor, Run, Tomogram
from gql.transport.exceptions import TransportError

from tomobench.desk.errors import UserError

PATIENCE = 60.0
"""Seconds to wait for an answer; the client itself would wait for ever."""

_TOLERANCE = 0.005  # of a spacing: 13.5 is said of 13.48, 10 of 10.012
_KINDS = {"raw": "raw", "denoised": "denoised"}


@dataclasses.dataclass(frozen=True)
class Tomo:
    """A tomogram of the portal. shape: (z, y, x) voxels; spacing: Å; sizes in bytes or None.

    zarr, mrc: its addresses, the preferred one first. shapes: (z, y, x) of each level that the
    portal tells of.
    """

    id: int
    dataset: int
    run: str
    shape: tuple[int, ...]
    spacing: float
    processing: str
    reconstruction: str
    zarr_bytes: float | None
    mrc_bytes: float | None
    zarr: list[str]
    mrc: list[str]
    shapes: list[tuple[int, ...]]

    @property
    def kind(self) -> str:
        """What the voxels are, in the words of :class:`tomobench.bench.volume.Volume`."""
        return _KINDS.get(self.processing, "unspecified")

    @property
    def summary(self) -> str:
        """A few words to choose by."""
        return f"{self.id} ({self.spacing:g} Å, {self.processing}, {self.reconstruction})"


def tomograms(dataset: int, run: str | None = None) -> list[Tomo]:
    """All tomograms of a run, or of all runs of a dataset, by run and id.

    Raises UserError if there are none, and which part of the name is wrong.
    """
    with _asking() as client:
        wanted = [Tomogram.run.dataset_id == dataset]
        if run is not None:
            wanted.append(Tomogram.run.name == run)
        found = Tomogram.find(client, wanted)
        if not found:
            raise UserError(_why_none(client, dataset, run))
        runs = {of.id: of.name for of in Run.find(client, [Run.dataset_id == dataset])}
    tomos = [_tomo(dataset, runs[tomogram.run_id], tomogram) for tomogram in found]
    return sorted(tomos, key=lambda tomo: (tomo.run, tomo.id))


def choose(
    tomos: list[Tomo],
    spacing: float | None = None,
    processing: str | None = None,
    tomogram: int | None = None,
) -> Tomo:
    """The one tomogram that fits; spacing in Å, within half a per cent. Raises UserError."""
    fitting = [
        tomo
        for tomo in tomos
        if (spacing is None or same_spacing(tomo.spacing, spacing))
        and processing in (None, tomo.processing)
        and tomogram in (None, tomo.id)
    ]
    if len(fitting) == 1:
        return fitting[0]
    where = f"{tomos[0].dataset}/{tomos[0].run}"
    there_are = ", ".join(tomo.summary for tomo in fitting or tomos)
    if not fitting:
        raise UserError(f"{where}: no tomogram fits; there are {there_are}")
    raise UserError(
        f"{where}: {len(fitting)} tomograms fit, {there_are}; "
        "choose with --tomogram ID, --spacing or --processing"
    )


def same_spacing(one: float, other: float) -> bool:
    """Whether two spacings are meant to be the same: within half a per cent."""
    return abs(one - other) <= _TOLERANCE * other


def provenance(tomo: Tomo) -> dict:
    """What a volume's description keeps of a tomogram, so that it can be found and cited."""
    with _asking() as client:
        dataset = Dataset.get_by_id(client, tomo.dataset)
        authors = DatasetAuthor.find(client, [DatasetAuthor.dataset_id == tomo.dataset])
    authors.sort(key=lambda author: author.author_list_order or 0)
    names = [author.name for author in authors]
    return {
        "portal": client.url,
        "client": f"cryoet-data-portal {importlib.metadata.version('cryoet-data-portal')}",
        "dataset": tomo.dataset,
        "run": tomo.run,
        "tomogram": tomo.id,
        "spacing": tomo.spacing,
        "processing": tomo.processing,
        "reconstruction": tomo.reconstruction,
        "title": dataset.title,
        "authors": names,
        "publications": dataset.dataset_publications,
        "related_entries": dataset.related_database_entries,
        "released": _day(dataset.release_date),
        "citation": _citation(dataset, names),
        "licence": None,  # the portal's API has no such field (client 4.9.0)
    }


class _PatientClient(Client):
    """The portal's client, with an end to its patience."""

    def get_client(self):
        session = super().get_client()
        session.transport.default_timeout = PATIENCE
        return session


@functools.cache
def _client(url: str | None) -> _PatientClient:
    # It reads its whole schema, which takes longer than many an answer.
    return _PatientClient(url)


@contextlib.contextmanager
def _asking():
    """Yield the client, for the portal or for $TOMOBENCH_PORTAL_URL; its faults become lines."""
    client = _client(os.environ.get("TOMOBENCH_PORTAL_URL"))
    try:
        yield client
    except (TransportError, requests.RequestException) as error:
        raise UserError(
            f"the CryoET Data Portal ({client.url}) gives no answer: {_reason(error)}; "
            "check the network and try again"
        ) from error


def _reason(error: BaseException) -> str:
    while inner := error.__cause__ or error.__context__:
        error = inner
    return " ".join(str(error).split()) or type(error).__name__


def _why_none(client: Client, dataset: int, run: str | None) -> str:
    if Dataset.get_by_id(client, dataset) is None:
        return f"the CryoET Data Portal has no dataset {dataset}"
    runs = sorted(of.name for of in Run.find(client, [Run.dataset_id == dataset]))
    if run is None or run in runs:
        return f"{dataset}{f'/{run}' if run else ''} has no tomogram yet"
    known = ", ".join(runs[:5]) + (", ..." if len(runs) > 5 else "")
    return f"dataset {dataset} has no run {run!r}; it has {len(runs)}: {known}"


def _tomo(dataset: int, run: str, found: Tomogram) -> Tomo:
    scales = (found.scale_0_dimensions, found.scale_1_dimensions, found.scale_2_dimensions)
    return Tomo(
        id=found.id,
        dataset=dataset,
        run=run,
        shape=(found.size_z, found.size_y, found.size_x),
        spacing=found.voxel_spacing,
        processing=found.processing,
        reconstruction=found.reconstruction_method,
        zarr_bytes=found.file_size_omezarr,
        mrc_bytes=found.file_size_mrc,
        zarr=[url for url in (found.s3_omezarr_dir, found.https_omezarr_dir) if url],
        mrc=[url for url in (found.s3_mrc_file, found.https_mrc_file) if url],
        shapes=[tuple(int(edge) for edge in text.split(",")[::-1]) for text in scales if text],
    )


def _citation(dataset: Dataset, authors: list[str]) -> str:
    """Authors (year). Title. Portal, dataset. Publications: from the portal's own fields."""
    year = f" ({dataset.release_date.year})" if dataset.release_date else ""
    text = f"{', '.join(authors)}{year}. {dataset.title}. CryoET Data Portal, dataset {dataset.id}."
    return f"{text} {dataset.dataset_publications}" if dataset.dataset_publications else text


def _day(moment) -> str | None:
    return moment.date().isoformat() if moment else None
