"""What colours look like: contrast, and how far apart they are for eyes that lack a kind of cone."""

from __future__ import annotations

from collections.abc import Sequence

Triple = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, for eyes without one kind of cone, in linear RGB.
KINDS_OF_SIGHT: dict[str, Sequence[Triple]] = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Triple:
    """Return the light of ``#rrggbb``, each part from 0 to 1."""
    assert len(colour) == 7
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted(_luminance(linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def distance(one: str, other: str, sight: str) -> float:
    """Return how far apart two colours are for a kind of sight, in OKLab: 0.02 is just visible."""
    seen = (_oklab(_through(KINDS_OF_SIGHT[sight], linear(colour))) for colour in (one, other))
    return sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5


def _luminance(light: Triple) -> float:
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def _through(matrix: Sequence[Triple], light: Triple) -> Triple:
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0.0), 1.0) for row in matrix
    )
    return red, green, blue


# Ottosson 2020.
_TO_CONES: Sequence[Triple] = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB: Sequence[Triple] = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def _oklab(light: Triple) -> Triple:
    cones = [sum(a * b for a, b in zip(row, light, strict=True)) ** (1 / 3) for row in _TO_CONES]
    lightness, a, b = (sum(x * y for x, y in zip(row, cones, strict=True)) for row in _TO_LAB)
    return lightness, a, b
