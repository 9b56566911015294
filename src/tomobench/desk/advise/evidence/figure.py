"""A number, and how it was got."""

from dataclasses import dataclass

#: By arithmetic, or counted by the suites on this layout, shape and release: no clock, no guess.
EXACT = "exact"
#: By the suites, on this layout, shape and release: it has noise.
MEASURED = "measured"
#: By the model, from other layouts or shapes: it has the model's error.
MODELLED = "modelled"
#: How each is marked where a person reads it.
MARKS = {EXACT: "", MEASURED: "*", MODELLED: "~"}


@dataclass(frozen=True)
class Figure:
    """A value in the unit of the field it stands in; ``how`` is EXACT, MEASURED or MODELLED."""

    value: float
    how: str

    def times(self, factor: float) -> "Figure":
        """This many of it."""
        return Figure(self.value * factor, self.how)


def total(figures: list[Figure]) -> Figure:
    """The sum, as sure as its least sure term."""
    order = list(MARKS)
    how = max((figure.how for figure in figures), key=order.index, default=EXACT)
    return Figure(sum(figure.value for figure in figures), how)
