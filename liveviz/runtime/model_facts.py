"""What the engine tells about the generator that plays, so that the other rooms can say what acts on it and what its knobs
are called: in its status, as plain JSON, and back."""

import logging
from typing import TYPE_CHECKING, Any

from liveviz.mapping import Facts
from liveviz.runtime.ipc.status import EngineStatus
from liveviz.spec import ParameterFrame
from liveviz.spec.parameters import PCA_KNOBS

if TYPE_CHECKING:  # who reads needs no engine
    from liveviz.runtime.model_swap import Playing

_log = logging.getLogger("liveviz.runtime")


class Teller:
    """Watches which bends the engine cannot do yet, and describes what plays.

    State: the bends that wait, and those that did not come.
    """

    def __init__(self) -> None:
        self._waiting: set[tuple[str, int]] = set()
        self._refused: set[tuple[str, int]] = set()

    def describe(self, playing: "Playing", frame: ParameterFrame | None) -> dict[str, Any]:
        """The part of the engine's status that `read` understands; called a few times a second."""
        live, generator = playing.drawing, playing.generator
        bent = {(b.op, b.layer) for b in frame.bends} if frame is not None else set()
        lacking = {(b.op, b.layer) for b in live.lacking(frame)} if frame is not None else set()
        if live.building:
            self._refused &= lacking
            waiting = lacking - self._refused
        else:  # what was lacking at the last look too, and nobody builds it, does not come
            self._refused = (self._refused | self._waiting) & lacking
            waiting = lacking - self._refused
        for op, layer in sorted(waiting - self._waiting):
            _log.info("bend.%s at layer %d: being compiled, it comes in when it is ready", op, layer)
        for op, layer in sorted((self._waiting & bent) - lacking):
            _log.info("bend.%s at layer %d: it is there", op, layer)
        self._waiting = waiting
        card = generator.card if generator is not None else None
        return {
            "architecture": generator.config.architecture if generator is not None else "",
            "plane": generator is not None and generator.config.plane,
            "noise": generator is not None and bool(generator.config.noises),
            "layers": list(live.layers),
            "directions": live.directions,
            "direction_names": list(card.direction_names[:PCA_KNOBS]) if card is not None else [],
            "waiting": sorted(waiting),
            "refused": sorted(self._refused),
        }


def read(status: EngineStatus) -> tuple[Facts, tuple[str, ...]]:
    """(what is known of the generator, the names of its directions) from the engine's status."""
    facts = Facts(
        architecture=status.architecture,
        layers=tuple(status.layers),
        directions=status.directions,
        waiting=frozenset((op, layer) for op, layer in status.waiting),
        refused=frozenset((op, layer) for op, layer in status.refused),
        plane=status.plane,
        noise=status.noise,
    )
    return facts, tuple(status.direction_names)
