"""Where in a TOML file each key stands. tomllib says which line is broken in a file that is not TOML, and nothing
about the lines of a file that is: a mistake in the meaning (a parameter that is not there) would be answered without
a place. This scanner walks a text that tomllib has accepted and notes the line of every table and key."""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

_BLANK_PATTERN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING_PATTERN = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|'
    + r"'''(?:[^']|'{1,2}(?!'))*'{3,5}|"
    + r'"(?:[^"\\\n]|\\.)*"|'
    + r"'[^'\n]*'",
    re.DOTALL,
)
_PLAIN_PATTERN = re.compile(r"[^,\]}#\r\n]*")


class Lines:
    """Line numbers of the keys of one TOML text.

    Args:
        text: TOML that `tomllib.loads` accepts; anything else gives ValueError.
    Paths are tuples of keys, with numbers for the elements of arrays: `("route", 2, "range", 0)`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [m.end() for m in re.finditer("\n", text)]
        self._found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._at = 0
        self._document()

    def of(self, path: Path) -> int:
        """Line (from 1) of `path`, or of the nearest table above it that has one; 1 for the whole file."""
        while path:
            if path in self._found:
                return self._found[path]
            path = path[:-1]
        return 1

    def _note(self, path: Path) -> None:
        line = bisect_right(self._starts, self._at) + 1
        while path and path not in self._found:  # what is found has all above it found, too
            self._found[path] = line
            path = path[:-1]

    def _document(self) -> None:
        table: Path = ()
        while self._skip():
            if self._take("[["):
                table = self._inside(self._key())
                count = self._counts.get(table, 0)
                self._counts[table] = count + 1
                table = (*table, count)
                self._note(table)
                self._expect("]]")
            elif self._take("["):
                table = self._inside(self._key())
                self._note(table)
                self._expect("]")
            else:
                self._pair(table)

    def _inside(self, key: tuple[str, ...]) -> Path:
        """`key` as a path, through the newest element of every array of tables on its way."""
        path: Path = ()
        for i, part in enumerate(key):
            path = (*path, part)
            if path in self._counts and i < len(key) - 1:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        key = self._key()
        end, self._at = self._at, start
        path = (*table, *key)
        self._note(path)
        self._at = end
        self._expect("=")
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip()
            if match := _BARE_KEY.match(self._text, self._at):
                parts.append(match.group())
            elif match := _STRING_PATTERN.match(self._text, self._at):
                parts.append(tomllib.loads("k = " + match.group())["k"])
            else:
                raise ValueError(f"no key at character {self._at}")
            self._at = match.end()
            self._skip()
            if not self._take("."):
                return tuple(parts)

    def _value(self, path: Path) -> None:
        self._skip()
        if match := _STRING_PATTERN.match(self._text, self._at):
            self._at = match.end()
        elif self._take("["):
            index = 0
            while self._skip() and not self._take("]"):
                self._note((*path, index))
                self._value((*path, index))
                index += 1
                self._skip()
                self._take(",")
        elif self._take("{"):
            while self._skip() and not self._take("}"):
                self._pair(path)
                self._skip()
                self._take(",")
        else:
            match = _PLAIN_PATTERN.match(self._text, self._at)
            if match is None or match.end() == self._at:
                raise ValueError(f"no value at character {self._at}")
            self._at = match.end()

    def _skip(self) -> bool:
        """Pass white space and comments; False at the end of the text."""
        match = _BLANK_PATTERN.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at < len(self._text)

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def _expect(self, mark: str) -> None:
        self._skip()
        if not self._take(mark):
            raise ValueError(f"no {mark} at character {self._at}")
