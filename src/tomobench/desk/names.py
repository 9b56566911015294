"""Names that become parts of paths: of machines, releases, files. None leads out of its folder."""

from tomobench.desk.errors import UserError

MACHINE = "TOMOBENCH_MACHINE"
"""The variable that names the machine that results are filed under."""

LONGEST = 100
"""Characters; file systems take 255 bytes, and asv adds a release and an environment."""


def checked(name: str, what: str) -> str:
    """The name, if it can be a file's: no separator, nothing unprintable, no dot or hyphen in front.

    ``what`` says whose it is, as in "a machine's name". Raises UserError.
    """
    if not name.strip():
        raise UserError(f"{what} can't be empty")
    if len(name) > LONGEST:
        raise UserError(f"{what} has at most {LONGEST} characters: {name[:20]!r}… has {len(name)}")
    if (
        name[0] in ".-"
        or name != name.strip()
        or not name.isprintable()
        or set(name) & set('/\\:"')
    ):
        raise UserError(
            f"{what} can't be {name!r}: it becomes a folder, so no / \\ : \", no line break, "
            "and no dot or hyphen in front"
        )
    return name
