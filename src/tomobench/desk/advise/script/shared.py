"""Functions of ours that the program of ``plan --script`` has word for word, as it imports nothing of tomobench."""

import inspect

from tomobench.desk.volumes import stated, units

_FUNCTIONS = (
    units.lengths,
    units.angstroms,
    units.length,
    units.edge,
    stated.edges_of_mrc,
    stated.edges_of_tiff,
    stated.edges_of_ome,
    stated.edges_of_imagej,
    stated.plain_text,
)


def source() -> str:
    """Their text. They take the standard library alone, by the names that the program imports; and no decorators, with
    which Dask would look for them on its workers, where __main__ is another."""
    return "\n\n\n".join(inspect.getsource(one).rstrip() for one in _FUNCTIONS)
