"""Pictures of embedded videos, whose frames `normalise` has made links: where a platform serves a video's
picture at an address that its id tells, it stands in the link.

The HTML is that of `normalise`: attributes stand in double quotes.
"""

import re

PICTURES_MAX = 20  # of one release, the first ones
# https://developers.google.com/youtube/player_parameters: the address of a player; its picture is 480 × 360.
_YOUTUBE = re.compile(
    r'(<a\b[^<>]* href="https?://www\.youtube(?:-nocookie)?\.com/embed/'
    r'((?!videoseries|live_stream)[A-Za-z0-9_-]{11})(?:\?[^"]*)?"[^<>]*>)'
    r"(?!\s*<img\b)"
)
_PICTURE = (
    '<img src="https://i.ytimg.com/vi/{}/hqdefault.jpg" alt="" width="480" height="360" loading="lazy"> '
)


def pictured(html: str) -> str:
    """Return sanitised HTML with the pictures of its videos in their links, which keep their names."""
    return _YOUTUBE.sub(lambda tag: tag[1] + _PICTURE.format(tag[2]), html, count=PICTURES_MAX)
