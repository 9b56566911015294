"""What lies in the phantom's ice: vesicles, a curved double membrane, ribosomes, hollow particles.

It is drawn as density (what a microscope sees) and as labels (what a segmentation says).

Lengths in Å. Everything is made of spherical layers, so a y section of it is drawn from distances
alone, with + - * / and square roots, which IEEE 754 rounds alike on every machine. Places come from
the raw 64-bit numbers of a PCG64, which NumPy promises to keep (NEP 19); its distributions it does
not.

Sizes: bilayer of two 20 Å leaflets 40 Å apart (about 60 Å over all, as membranes show in
tomograms); 80S ribosome of some 250-300 Å, a large subunit beside a small one (Ben-Shem et al.,
Science 334, 2011); ferritin, 120 Å outside, 80 Å inside (Crichton & Declercq, Biochim. Biophys.
Acta 1800, 2010); vesicles of 180-420 Å radius; the two membranes of an envelope 250 Å apart.
Numbers per volume are chosen by eye.
"""

import dataclasses
import math

import numpy as np

_EDGE = 15.0  # Å over which a layer fades: the resolution that a voxel of 10 Å leaves
_FRINGE = 25.0  # Å; reach of underfocus's bright fringe: first CTF zero at 28 Å (300 kV, 4 µm)
_FRINGE_DEPTH = 0.2  # of the layer's own density; chosen by eye
_GAP = 20.0  # Å kept free between neighbours
_TRIES = 40  # darts thrown for each particle before it is given up

_DENSITY = {
    "membrane": 1.6,
    "ribosome": 1.3,
    "ferritin": 1.1,
}  # in standard deviations of the noise

LABELS = {"vesicle interior": 1, "membrane": 2, "ribosome": 3, "ferritin": 4}
"""The value of each thing in a segmentation; 0 is ice. Later ones lie over earlier ones."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """A spherical layer: centre (z, y, x), middle radius, half thickness (Å), density.

    A ball is a layer of radius 0.
    """

    centre: tuple[float, ...]
    radius: float
    half_thickness: float
    density: float

    @property
    def reach(self) -> float:
        """Distance from the centre beyond which nothing is drawn, in Å."""
        return self.radius + self.half_thickness + _FRINGE + _EDGE


@dataclasses.dataclass(frozen=True)
class Body:
    """What a person would outline: a ball (radius 0) or a shell, and its name in LABELS."""

    centre: tuple[float, ...]
    radius: float
    half_thickness: float
    name: str

    @property
    def reach(self) -> float:
        """Distance from the centre beyond which it is not, in Å."""
        return self.radius + self.half_thickness


class Dice:
    """Uniform numbers from a bit generator's raw output, the same for ever."""

    def __init__(self, *seed: int):
        self._bits = np.random.PCG64(np.random.SeedSequence(seed))

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * ((int(self._bits.random_raw()) >> 11) / (1 << 53))

    def place(self, extent: tuple[float, ...]) -> tuple[float, ...]:
        """A point in the box from 0 to ``extent``."""
        return tuple(self.between(0.0, edge) for edge in extent)

    def direction(self) -> tuple[float, ...]:
        """A unit vector, all directions alike."""
        while True:
            vector = tuple(self.between(-1.0, 1.0) for _ in range(3))
            if 0.1 < _length(vector) < 1.0:
                return _unit(vector)


def populate(extent: tuple[float, ...], seed: int) -> list[Layer]:
    """The layers of a specimen filling a box of ``extent`` (z, y, x) Å; the same every time."""
    return _crowd(extent, seed).layers


def outline(extent: tuple[float, ...], seed: int) -> list[Body]:
    """The bodies of the same specimen, in the order in which they lie over one another."""
    bodies = _crowd(extent, seed).bodies
    return sorted(bodies, key=lambda body: LABELS[body.name])


def _crowd(extent: tuple[float, ...], seed: int) -> "_Crowd":
    dice = Dice(seed)
    depth, height, width = extent
    crowd = _Crowd(extent, dice)
    crowd.add_envelope(dice.between(2500.0, 5000.0))
    box = depth * height * width
    for _ in range(max(1, int(box / 700.0**3))):
        crowd.add_vesicle(dice.between(180.0, 420.0))
    for _ in range(max(1, int(box / 420.0**3))):
        crowd.add_ribosome()
    for _ in range(max(1, int(box / 360.0**3))):
        crowd.add_ferritin()
    return crowd


class _Crowd:
    """Layers and bodies so far, and the spherical hulls that later ones must stay out of."""

    def __init__(self, extent, dice: Dice):
        self.layers: list[Layer] = []
        self.bodies: list[Body] = []
        self._extent, self._dice = extent, dice
        self._hulls: list[tuple[tuple[float, ...], float, float]] = []

    def add_envelope(self, radius: float):
        """Two concentric membranes, 250 Å apart, bent about a centre beside or below the box."""
        through = tuple(self._dice.between(0.3 * edge, 0.7 * edge) for edge in self._extent)
        toward = self._dice.direction()
        # Flattened along z: the missing wedge hides membranes that lie across the beam.
        sideways = _unit((0.3 * toward[0], toward[1], toward[2]))
        centre = tuple(p + radius * s for p, s in zip(through, sideways, strict=True))
        self._membrane(centre, radius)
        self._membrane(centre, radius + 250.0)
        self._hulls.append((centre, radius - 30.0, radius + 280.0))

    def add_vesicle(self, radius: float):
        """One closed membrane, empty or not."""
        centre = self._free_place(radius + 30.0)
        if centre:
            self._membrane(centre, radius)
            self.bodies.append(Body(centre, 0.0, radius, "vesicle interior"))
            self._hulls.append((centre, radius - 30.0, radius + 30.0))

    def add_ribosome(self):
        """A large subunit of 105 Å radius and a small one of 80 Å, touching."""
        centre = self._free_place(150.0)
        if centre:
            toward = self._dice.direction()
            small = tuple(c + 120.0 * t for c, t in zip(centre, toward, strict=True))
            self.layers.append(Layer(centre, 0.0, 105.0, _DENSITY["ribosome"]))
            self.layers.append(Layer(small, 0.0, 80.0, _DENSITY["ribosome"]))
            self.bodies.append(Body(centre, 0.0, 105.0, "ribosome"))
            self.bodies.append(Body(small, 0.0, 80.0, "ribosome"))
            self._hulls.append((centre, 0.0, 200.0))

    def add_ferritin(self):
        """A hollow ball, 40 to 60 Å from its centre."""
        centre = self._free_place(60.0)
        if centre:
            self.layers.append(Layer(centre, 50.0, 10.0, _DENSITY["ferritin"]))
            self.bodies.append(Body(centre, 0.0, 60.0, "ferritin"))
            self._hulls.append((centre, 0.0, 60.0))

    def _membrane(self, centre, radius: float):
        for leaflet in (radius - 20.0, radius + 20.0):
            self.layers.append(Layer(centre, leaflet, 10.0, _DENSITY["membrane"]))
        # Both leaflets and what is between them, as segmentations have it.
        self.bodies.append(Body(centre, radius, 30.0, "membrane"))

    def _free_place(self, radius: float):
        """A centre whose ball of this radius touches no hull, or None when none was found."""
        for _ in range(_TRIES):
            centre = self._dice.place(self._extent)
            if all(_apart(centre, radius + _GAP, hull) for hull in self._hulls):
                return centre
        return None


def _apart(centre, radius: float, hull) -> bool:
    middle, inner, outer = hull
    distance = _length(tuple(a - b for a, b in zip(centre, middle, strict=True)))
    return distance > outer + radius or distance < inner - radius


def _length(vector) -> float:
    # Written out: Python's sum of floats is not the same in every version, and hypot varies too.
    a, b, c = vector
    return math.sqrt(a * a + b * b + c * c)


def _unit(vector) -> tuple[float, ...]:
    length = _length(vector)
    return tuple(part / length for part in vector)


def draw_section(layers: list[Layer], y: float, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The density of the plane at ``y``, (len(z), len(x)) float64; positions in Å, ascending."""
    section = np.zeros((len(z), len(x)))
    for layer in layers:
        if abs(y - layer.centre[1]) < layer.reach:
            rows = _within(z, layer.centre[0], layer.reach)
            columns = _within(x, layer.centre[2], layer.reach)
            section[rows, columns] += _density(layer, y, z[rows], x[columns])
    return section


def label_section(bodies: list[Body], y: float, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The LABELS of the plane at ``y``, (len(z), len(x)) uint8; positions in Å, ascending."""
    section = np.zeros((len(z), len(x)), np.uint8)
    for body in bodies:
        if abs(y - body.centre[1]) < body.reach:
            rows = _within(z, body.centre[0], body.reach)
            columns = _within(x, body.centre[2], body.reach)
            inside = _off(body, y, z[rows], x[columns]) <= 0
            section[rows, columns][inside] = LABELS[body.name]
    return section


def _within(positions: np.ndarray, centre: float, reach: float) -> slice:
    first, last = np.searchsorted(positions, (centre - reach, centre + reach))
    return slice(int(first), int(last))


def _off(shell: Layer | Body, y: float, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Å from the shell's surface, negative within."""
    dz, dy, dx = z - shell.centre[0], y - shell.centre[1], x - shell.centre[2]
    distance = np.sqrt((dz * dz)[:, None] + (dx * dx + dy * dy)[None, :])
    return np.abs(distance - shell.radius) - shell.half_thickness


def _density(layer: Layer, y: float, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    off = _off(layer, y, z, x)
    profile = _fading(off) - _FRINGE_DEPTH * _fading(off - _FRINGE)
    return layer.density * profile


def _fading(off: np.ndarray) -> np.ndarray:
    """1 inside a layer, 0 outside, straight between; ``off`` is Å beyond its surface."""
    return np.clip(0.5 - off / _EDGE, 0.0, 1.0)
