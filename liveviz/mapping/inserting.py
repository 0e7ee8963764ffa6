"""Tables put into the text of a mapping file: whatever else is in it, comments and layout, stays letter by letter."""

import json
import re
import tomllib

from liveviz.spec import LivevizError

_HEADER = re.compile(r"^[ \t]*\[")
_COMMENT_OR_BLANK = re.compile(r"^[ \t]*(?:#.*)?$")


def toml_string(text: str) -> str:
    """A text as TOML writes it, in quotes."""
    return json.dumps(text, ensure_ascii=False)


def added(text: str, table: str) -> str:
    """`text` with `table`, whole lines that begin with a `[[header]]`, behind everything.

    Raises: LivevizError where the result is no TOML, such as behind `route = [...]` in one piece.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    start = text if not text or text.endswith(("\n", "\r\n")) else text + newline
    gap = "" if not start or start.endswith(newline * 2) else newline
    return _checked(start + gap + table.replace("\n", newline))


def replaced(text: str, header: str, index: int, table: str) -> str:
    """`text` with `table` in the place of number `index` of the tables `[[header]]`, with all that belongs to it. Comments
    and blank lines that stand before the next table stay.

    Raises: LivevizError where it is not there in that form.
    """
    lines = text.splitlines(keepends=True)
    first, end = span(lines, header, index)
    newline = "\r\n" if "\r\n" in text else "\n"
    return _checked("".join([*lines[:first], table.replace("\n", newline), *lines[end:]]))


def removed(text: str, header: str, index: int) -> str:
    """`text` without number `index` of the tables `[[header]]`. Raises: LivevizError where it is not there in that form."""
    lines = text.splitlines(keepends=True)
    first, end = span(lines, header, index)
    return _checked("".join([*lines[:first], *lines[end:]]))


def span(lines: list[str], header: str, index: int) -> tuple[int, int]:
    """The first line of a table and the one behind its last; LivevizError where it is not written as `[[header]]`."""
    own = re.compile(rf"^[ \t]*\[\[[ \t]*{re.escape(header)}[ \t]*\]\]")
    inner = re.compile(rf"^[ \t]*\[\[?[ \t]*{re.escape(header)}[ \t]*\.")
    starts = [n for n, line in enumerate(lines) if own.match(line) and _outside(lines, n)]
    if index >= len(starts):
        raise LivevizError(f"{header}: it is not written as [[{header}]]; change it by hand")
    first = starts[index]
    end = first + 1
    while end < len(lines) and (not _HEADER.match(lines[end]) or inner.match(lines[end]) or not _outside(lines, end)):
        end += 1
    while end > first + 1 and _COMMENT_OR_BLANK.match(lines[end - 1].rstrip("\r\n")):
        end -= 1
    return first, end


def _outside(lines: list[str], number: int) -> bool:
    """Whether a line is not inside of a value of several lines: what stands before it is TOML by itself."""
    try:
        tomllib.loads("".join(lines[:number]))
    except ValueError:
        return False
    return True


def _checked(text: str) -> str:
    try:
        tomllib.loads(text)
    except ValueError as error:
        raise LivevizError(f"the file has another form than can be written into: {error}") from None
    return text
