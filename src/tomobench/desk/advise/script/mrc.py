"""How the code that we give out takes the bytes of an MRC: by the rule of ``volume import``, word for word."""

import inspect

from tomobench.desk.volumes import mrc_header

_VOXELS = '''\
def voxels_of_mrc(mrc):
    """The voxels of an open MRC (z, y, x), its bytes signed or not as the header says."""
    return mrc.data.view("u1") if int(mrc.header.mode) == 0 and unsigned(mrc.header) else mrc.data'''

#: Functions for a script that has NumPy as np. Not a template: its braces are its own.
VOXELS = "\n\n\n".join(
    [
        _VOXELS,
        *(inspect.getsource(one).rstrip() for one in (mrc_header.unsigned, mrc_header.imod_flags)),
    ]
)
