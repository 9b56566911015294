"""What the metadata of an OME-Zarr image (0.1 to 0.6) say of one of its levels: its axes, and how it is transformed.

The program of ``plan --script`` has these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""


def plain_path(path) -> str | None:
    """A folder that metadata names, below that of the metadata; None where it leads outside."""
    steps = [step for step in str(path).split("/") if step not in ("", ".")]
    return None if ".." in steps else "/".join(steps)


def flat(transforms) -> list[dict]:
    """Transformations, those inside of sequences one by one."""
    found: list[dict] = []
    for one in transforms:
        found += flat(one["transformations"]) if one["type"] == "sequence" else [one]
    return found


def transforms_of(image, dataset) -> list[dict]:
    """The transformations of a level, one after the other: its own, then the image's.

    In 0.6, the image's lead on to other systems of coordinates.
    """
    own = list(dataset.get("coordinateTransformations") or ())
    later = () if "coordinateSystems" in image else image.get("coordinateTransformations") or ()
    return flat([*own, *later])


def axes_of(image, dataset) -> list[dict]:
    """The axes of a level, none in 0.1 and 0.2: 0.3 had names alone, 0.6 has them in systems of coordinates."""
    if "coordinateSystems" in image:
        systems = image["coordinateSystems"]
        outputs = [one.get("output") for one in dataset.get("coordinateTransformations") or ()]
        named = [one.get("name") if isinstance(one, dict) else one for one in outputs]
        chosen = next((one for one in systems if one.get("name") in named), systems[0])
        stated = chosen["axes"]
    else:
        stated = image.get("axes") or []
    return [{"name": one} if isinstance(one, str) else dict(one) for one in stated]


def names_of(stated, shape) -> list[str] | None:
    """The names of an array's axes. Without a statement: t, c, z, y, x in 0.1 and 0.2, which had these five."""
    if stated:
        return [str(axis["name"]) for axis in stated]
    return ["t", "c", "z", "y", "x"] if len(shape) == 5 else None
