"""What an effect is called in mapping files and over OSC. Shader files come with any name that a file may have; the name of
a parameter has the letters that every keyboard and every OSC sender has."""

import re
import unicodedata

LONGEST_LETTERS = 60
NAMELESS_NAME = "shader"
_SPELLED_PATTERN = re.compile(r"(?:LETTER|SYLLABLE|IDEOGRAPH)[ -](?:SMALL )?([A-Z0-9]+)")


def slug(stem: str) -> str:
    """The name of the effect in a file: `Ascii Art [v2]` is `ascii_art_v2`, `Größe` is `grosse`, `カレイド` is `kareido`.

    Lower case a-z, 0-9, _ and -, 1 to 60 of them; the same on every machine, however its file system writes accents.
    """
    letters = (
        _ascii(letter) for letter in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", stem).casefold())
    )
    text = re.sub(r"[_-]*_[_-]*", "_", "".join(letters))
    return text.strip("_-")[:LONGEST_LETTERS].rstrip("_-") or NAMELESS_NAME


def _ascii(letter: str) -> str:
    """One letter in ASCII: without its accent, else as Unicode's own name for it says it; `_` for all that is no letter."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii() and part.isalnum())
    if plain or letter == "-":
        return plain or letter
    if not letter.isalnum():
        return "" if unicodedata.combining(letter) else "_"
    spelled = _SPELLED_PATTERN.search(unicodedata.name(letter, ""))
    return spelled[1].lower() if spelled else f"u{ord(letter):x}"
