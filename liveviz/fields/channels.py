"""What the channels of an image of fields mean, in which order they stand, and how their range is stored.

Lengths are in half image heights, as on the programs' plane: y runs from -1 to 1.
"""

from dataclasses import dataclass
from typing import Any

REACH = 0.25
"""Half image heights: a distance d is stored as tanh(d / REACH), so that what is far from any edge does not matter."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One field. It is stored as 0 at `low` and as the largest number at `high`, clamped."""

    name: str
    low: float
    high: float
    help: str


CHANNELS = (
    Channel("figure_edge", -1.0, 1.0, "signed distance to the figure's edge, as tanh(d / REACH); above 0 is inside"),
    Channel("front_edge", -1.0, 1.0, "the same of what stands in front of the figure"),
    Channel("u", -32.0, 32.0, "coordinate of fine detail, in cells"),
    Channel("v", -32.0, 32.0, "the other coordinate"),
    Channel("ground_place", -0.5, 1.5, "place on the colour ramp outside of the figure: 0 dark, 1 white"),
    Channel("ground_shade", -0.5, 1.5, "brightness there"),
    Channel("figure_place", -0.5, 1.5, "place on the ramp inside of the figure"),
    Channel("figure_shade", -0.5, 1.5, "brightness there"),
    Channel("front_place", -0.5, 1.5, "place on the ramp of what stands in front"),
    Channel("front_shade", -0.5, 1.5, "brightness there"),
    Channel("glow", -0.5, 1.5, "light of the accent colour, added on all"),
    Channel(
        "detail", -1.0, 1.0, "above 0: strength of thin lines where u is whole; below 0: of sparks in cells of u, v"
    ),
)
FINE = 4
"""The first so many need all of the bits they are stored in; eight are enough for what follows."""
NAMES = tuple(channel.name for channel in CHANNELS)
COUNT = len(CHANNELS)
COLOURS = 5
"""Of a palette: dark, middle, bright, white; and the accent, which is the colour of light."""


def as_drawn(values: Any, low: Any, high: Any) -> Any:
    """What a generator draws for values of a channel: -1 at its `low`, 1 at its `high`."""
    return (values - low) * (2.0 / (high - low)) - 1.0
