"""Which part of the song this is: parts that sound alike have the same label, so that the chorus finds its image again."""

from liveviz.signals._hop import Hop
from liveviz.signals._part import Rig, Signal
from liveviz.signals._sections import LABEL_COUNT, Sections
from liveviz.spec import Output


class SectionLabel(Signal):
    """section_label: 0 to 11, 0 for the first part heard, the next free number for one that sounds unlike all before; it changes
    with the event `section` and is never revised. With a thirteenth the one unheard for longest is forgotten. section_label.0
    to section_label.11: 1 for the running label, else 0, so that `[[latent.chords]] from = "section_label"` gives every
    part of the song an image. Silence of two seconds starts again at 0.
    """

    needs = (Sections,)
    outputs = (
        Output("section_label", high=LABEL_COUNT - 1.0, help="Which part of the song; like parts, like labels"),
        *(Output(f"section_label.{i}", help=f"1 while the part of the song is number {i}") for i in range(LABEL_COUNT)),
    )

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self._sections = rig.get(Sections)
        self._label = -1

    def step(self, hop: Hop) -> None:
        label = self._sections.label
        if label != self._label:
            self._label = label
            self.values[:] = 0.0
            self.values[0] = label
            self.values[1 + label] = 1.0
