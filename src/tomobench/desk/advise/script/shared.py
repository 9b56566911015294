"""Functions of ours that the program of ``plan --script`` has word for word, as it imports nothing of tomobench."""

import inspect

from tomobench.desk.volumes import (
    axes,
    chunk_keys,
    mrc_header,
    ome_levels,
    stated,
    tiff_stack,
    units,
    whole_blosc,
)

_SHARED = (
    units.lengths,
    units.angstroms,
    units.length,
    units.edge,
    axes.plain,
    axes.order_of,
    mrc_header.modes,
    mrc_header.headers_of,
    mrc_header.is_plausible,
    mrc_header.bytes_of_row,
    mrc_header.bytes_of_mrc,
    mrc_header.amiss_in_mrc,
    mrc_header.odd_in_mrc,
    mrc_header.order_of_mrc,
    mrc_header.unsigned,
    mrc_header.imod_flags,
    stated.edges_of_mrc,
    tiff_stack.amiss_in_tiff,
    tiff_stack.other_file,
    tiff_stack.names_of_series,
    tiff_stack.Pages,
    stated.edges_of_tiff,
    stated.edges_of_ome,
    stated.edges_of_imagej,
    stated.plain_text,
    ome_levels.plain_path,
    ome_levels.flat,
    ome_levels.transforms_of,
    ome_levels.axes_of,
    ome_levels.names_of,
    chunk_keys.grid_of,
    chunk_keys.naming_of,
    chunk_keys.namings,
    chunk_keys.chunk_key,
    chunk_keys.odd_of_chunks,
    whole_blosc.whole_blosc,
)


def source() -> str:
    """Their text. They take the standard library alone, by the names that the program imports; and no decorators, with
    which Dask would look for them on its workers, where __main__ is another."""
    return "\n\n\n".join(inspect.getsource(one).rstrip() for one in _SHARED)
