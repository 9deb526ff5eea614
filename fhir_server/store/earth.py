"""Places on Earth as whole numbers, and how far apart they are. https://hl7.org/fhir/R4/location.html#positional

A latitude or longitude is kept in ten-millionths of a degree, about one centimetre. Distances are those of a sphere of
the mean radius: within half a percent of the true ones.
"""

from __future__ import annotations

from math import asin, ceil, cos, degrees, floor, radians, sin, sqrt

#: Units in one degree.
SCALE = 10_000_000
#: Metres from the centre.
RADIUS = 6_371_008.8


def distance(latitude: int, longitude: int, other_latitude: int, other_longitude: int) -> float:
    """Metres along a great circle between two places."""
    first, second = radians(latitude / SCALE), radians(other_latitude / SCALE)
    across = radians((other_longitude - longitude) / SCALE)
    square = sin((second - first) / 2) ** 2 + cos(first) * cos(second) * sin(across / 2) ** 2
    return 2 * RADIUS * asin(sqrt(min(square, 1.0)))


def latitudes(latitude: int, metres: float) -> tuple[int, int]:
    """The least and greatest latitude within so many metres of a place."""
    reach = degrees(metres / RADIUS) * SCALE
    return floor(latitude - reach) - 1, ceil(latitude + reach) + 1
