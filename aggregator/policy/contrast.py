"""Contrast of two colours (WCAG 2.2, success criterion 1.4.3), and the nearest shade that has enough of it.

Colours are "#rrggbb"; ratios are from 1 to 21.
"""

from collections.abc import Sequence

TEXT_RATIO_MIN = 4.5  # WCAG 2.2, 1.4.3: text of ordinary size; covers 1.4.11, controls (3:1)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_STEPS = 100

_Channels = tuple[int, int, int]


def ratio(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    lighter, darker = sorted((_luminance(_channels(one)), _luminance(_channels(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def weakest(colour: str, grounds: Sequence[str]) -> float:
    """Return the least ratio of a colour to any of the grounds it stands on."""
    return min(ratio(colour, ground) for ground in grounds)


def readable(colour: str, grounds: Sequence[str], least: float = TEXT_RATIO_MIN) -> str:
    """Return the colour if it has the ratio `least` to each ground, else its nearest shade that has,
    darker or lighter; black or white, whichever has more contrast, if none has."""
    channels = _channels(colour)
    for step in range(_STEPS):
        for end in (_BLACK, _WHITE):
            shade = _mixed(channels, end, step / _STEPS)
            if weakest(shade, grounds) >= least:
                return shade
    return max(("#000000", "#ffffff"), key=lambda each: weakest(each, grounds))


def _mixed(channels: _Channels, end: _Channels, share: float) -> str:
    return "#" + "".join(
        f"{round(one + (other - one) * share):02x}" for one, other in zip(channels, end, strict=True)
    )


def _channels(colour: str) -> _Channels:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(channels: _Channels) -> float:
    """Return the relative luminance (WCAG 2.2, definitions)."""
    red, green, blue = map(_linear, channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
