"""Learning from the window: L waits for a control, arrow keys choose the parameter that it shall move, Esc forgets about it."""

from liveviz.mapping import Performer, takes_the_place_of
from liveviz.spec import Registry

_STEPS = {"key.right": 1, "key.left": -1}
_FAMILY_STEPS = {"key.down": 1, "key.up": -1}


class LearningKeys:
    """What keys do while a control is learned.

    State: the parameter that was learned last, where L begins the next time; `adds`, whether the next control is to be bound
    beside the one that moves the parameter already (key A), and not in its place.
    """

    def __init__(self, show: Performer, registry: Registry) -> None:
        self._show, self._names = show, [p.name for p in registry if not p.name.startswith("stage.")]
        self._last = self._names[0]
        self.adds = False

    def press(self, address: str) -> bool:
        """A key went down; whether it was one that means something for learning."""
        learning = self._show.learning
        if address == "key.l":
            self.adds = False
            self._learn("" if learning else self._last)
            return True
        if not learning:
            return False
        if address == "key.escape":
            self._learn("")
        elif address == "key.a":
            self.adds = not self.adds
        elif address in _STEPS:
            at = self._names.index(learning) if learning in self._names else 0
            self._learn(self._names[(at + _STEPS[address]) % len(self._names)])
        elif address in _FAMILY_STEPS:
            self._learn(self._beside(learning, _FAMILY_STEPS[address]))
        else:
            return False
        return True

    def words(self) -> str:
        """What the overlay says meanwhile; empty where nothing waits."""
        name = self._show.learning
        if not name:
            return ""
        there = takes_the_place_of(self._show.program.routes, name)
        how = (
            ""
            if not there
            else f"; beside {there} (A: in its place)"
            if self.adds
            else f"; in place of {there} (A: beside it)"
        )
        return f"learn {name}: move a control (one without ends: both ways){how}. Arrows: another, Esc: none"

    def _learn(self, name: str) -> None:
        self._last = name or self._last
        self._show.learn(name)

    def _beside(self, name: str, step: int) -> str:
        """The first parameter of the next family, or of the one before."""
        heads = list(dict.fromkeys(n.partition(".")[0] for n in self._names))
        head = heads[(heads.index(name.partition(".")[0]) + step) % len(heads)] if name in self._names else heads[0]
        return next(n for n in self._names if n.partition(".")[0] == head)
