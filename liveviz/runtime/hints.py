"""What the performer is told of the control that a hand touched last: its name, where its knob must go, and why it changes
nothing, if so. In the overlay as long as it is so, and once in the log."""

import logging

from liveviz import mapping
from liveviz.mapping.describe import knob_text, wait_text
from liveviz.runtime import composition, model_facts
from liveviz.runtime.ipc.links import Links
from liveviz.spec import ControlMessage, ParameterFrame
from liveviz.system.clock import now

_log = logging.getLogger("liveviz.runtime")
_READ_EVERY = 0.2
_MOST_SAID = 200
_STAYS_S = 1.0  # how long what acts stays in the overlay before something that nobody listens to takes its place
_AFTER_S = 0.6  # what a move starts (a network that is compiled) is known a little later


class Hints:
    """The hint for the last control touched.

    State: `model`, the generator that plays; `touched`, the control (name, value) for the overlay; `text`, the hint, or
    nothing; what the log has had already.
    """

    def __init__(self, links: Links) -> None:
        self._status = links.engine_status
        self._read_at = self._moved_at = -1.0
        self._facts, self._names = mapping.Facts(), ()  # type: tuple[mapping.Facts, tuple[str, ...]]
        self._said: set[tuple[str, str]] = set()
        self._move: mapping.Move | None = None
        self._unheard: ControlMessage | None = None
        self.model = ""
        self.text = ""
        self.touched: tuple[str, float] | None = None

    def step(self, show: mapping.Performer, frame: ParameterFrame, unheard: ControlMessage | None = None) -> None:
        """Look at what was moved last; cheap where nothing was, else once in a while.

        Args:
            unheard: the last message, where nobody listens to it.
        """
        move, t = show.last_move, now()
        if move is not None and move is not self._move:
            self._move, self._moved_at, self._unheard = move, t, None
        elif unheard is not None and unheard is not self._unheard and t - self._moved_at > _STAYS_S:
            self._unheard = unheard
            self.touched, self.text = (unheard.address, unheard.value), "nobody listens to it"
            return
        elif t - self._read_at < _READ_EVERY:
            return
        if t - self._read_at >= _READ_EVERY:
            self._read_at = t
            status = self._status.read()
            self._facts, self._names = model_facts.read(status)
            self.model = status.model
        if move is None or self._unheard is not None:
            return
        name = move.target.parameter
        self.touched = knob_text(name, self._names), move.value
        waits = wait_text(move)
        idle = mapping.why_idle(move.target, show.program, composition.registry(), self._facts, frame)
        self.text = waits or (f"does nothing: {idle}" if idle else "")
        if idle and t - self._moved_at > _AFTER_S and (name, idle) not in self._said and len(self._said) < _MOST_SAID:
            self._said.add((name, idle))
            _log.info("%s does nothing: %s", self.touched[0], idle)
