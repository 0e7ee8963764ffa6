"""How a musician names channels: `3`, `1-2`, `1-2,5`, and a stem as `drums=1-2`. One reader for the command line, the ears
and the mapping, so that all of them number channels from 1 and refuse the same mistakes."""

import re
from collections.abc import Iterable

from liveviz.spec.errors import UsageError

MOST_STEMS = 8
MOST_CHANNELS = 32
STEM_PREFIX = "stem."
_NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,15}")
_CHANNELS_PATTERN = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")

SoundChannels = tuple[int, ...]
Stems = tuple[tuple[str, SoundChannels], ...]


def parse_channels(text: str, what: str = "channels") -> SoundChannels:
    """`1-2,5` as (0, 1, 4): places in a block, each once, in the order given.

    Raises:
        UsageError: "channels '0-2': numbers from 1 to 32, like 3 or 1-2 or 1-2,5"
    """
    found: list[int] = []
    for part in text.split(","):
        match = _CHANNELS_PATTERN.fullmatch(part.strip())
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else 0
        if not 1 <= first <= last <= MOST_CHANNELS:
            raise UsageError(f"{what} {text!r:.40}: numbers from 1 to {MOST_CHANNELS}, like 3 or 1-2 or 1-2,5")
        found += range(first - 1, last)
    return tuple(dict.fromkeys(found))


def parse_stems(texts: Iterable[str]) -> Stems:
    """`["drums=1-2", "bass=3"]` as (("drums", (0, 1)), ("bass", (2,))).

    Raises:
        UsageError: in one line, for a name that is none or given twice, for channels that are none, for too many.
    """
    found: dict[str, SoundChannels] = {}
    for text in texts:
        name, equals, channels = text.partition("=")
        if not equals or not _NAME_PATTERN.fullmatch(name):
            raise UsageError(
                f"stems {text!r:.40}: NAME=CHANNELS, like drums=1-2; a name is up to 16 of a-z, 0-9 and _, a letter first"
            )
        if name in found:
            raise UsageError(f"stems {text!r:.40}: {name} is there twice")
        found[name] = parse_channels(channels, f"stems {name}: channels")
    if len(found) > MOST_STEMS:
        raise UsageError(f"stems: {len(found)} are too many; {MOST_STEMS} at most")
    return tuple(found.items())


def channels_needed(channels: SoundChannels, stems: Stems) -> int:
    """How many channels a source must have; 0 where nothing particular was asked for."""
    return max((c + 1 for part in (channels, *(chosen for _, chosen in stems)) for c in part), default=0)
