"""A new part of the song began: where a show changes its scene."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._sections import Sections
from liveviz.spec import Output


class Section(Signal):
    """section: a new section has begun; known 5 beats (or 2.6 s) after it did, so that a fill is none. `time` of the event is
    the beat with which it began. Two are at least 12 beats apart.
    """

    needs = (Sections,)
    outputs = (Output("section", kind="event", help="A new part of the song, five beats after it began"),)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._sections = rig.get(Sections)

    def step(self, hop: Hop) -> None:
        if self._sections.started:
            hop.announce("section", self._sections.began)
