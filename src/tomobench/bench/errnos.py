"""Errors of the system, by what the machine lacks. Who is blamed and what is one line both read these lists."""

import errno

#: No room. EFBIG: a quota on the size of one file. A network disk may report a quota in place of a full disk.
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: No rights.
NO_RIGHTS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
#: No memory, no handles, no processes, nothing free.
EXHAUSTED = frozenset(
    {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.EBUSY, errno.ENOLCK}
)
#: A disk or a device that fails or is gone.
DEVICE = frozenset({errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE})
#: No release has a part in these.
SYSTEM = NO_SPACE | NO_RIGHTS | EXHAUSTED | DEVICE
#: Errors of the network. In the suite of faults they are provoked, and the release answers for them.
NETWORK = frozenset(
    {
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.EPIPE,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EADDRINUSE,
        errno.EADDRNOTAVAIL,
    }
)
#: A file or folder that is not as it was, or not of this kind: a person's doing, or a release's.
PLACES = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ENOTEMPTY,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.ETXTBSY,
    }
)
