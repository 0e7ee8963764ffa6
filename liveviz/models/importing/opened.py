"""A file that was read and not yet understood: what it says, where its numbers are, and the network it seems to hold."""

from dataclasses import dataclass

from liveviz.models.importing.arrays import Arrays
from liveviz.models.importing.modules import Module
from liveviz.models.importing.source import Source


@dataclass(frozen=True, slots=True)
class Opened:
    """One file.

    source: for messages, and where it lies: a family may want a file beside it. arrays: takes numbers out of it.
    value: everything that it says, symbolic. root: the module of a pickled network, or None.
    """

    source: Source
    arrays: Arrays
    value: object
    root: Module | None
