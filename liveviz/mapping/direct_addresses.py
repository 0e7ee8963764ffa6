"""The addresses at which a parameter is set by hand, whatever the file says: `/liveviz/bend/zoom` takes a position in its range,
from 0 to 1, `/liveviz/bend/zoom/value` a value in its own unit; `"+"` and `"-"` at either move it from where it is going."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from liveviz.spec import ControlMessage, Parameter
from liveviz.spec.addresses import OWN_UNIT, RELATIVE_SIGNS

STEP = 1.0 / 32.0  # of the range: what `"+"` alone moves


class Direct(NamedTuple):
    """What an address sets. own_unit: in the parameter's own unit, instead of its position."""

    parameter: Parameter
    own_unit: bool


class DirectAddresses:
    """Every address of every parameter.

    Args:
        parameters: whose they are; an address that two would have is that of the first.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        known = tuple(parameters)
        self._found = {p.osc: Direct(p, False) for p in known}
        for p in known:
            self._found.setdefault(p.osc + OWN_UNIT, Direct(p, True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def find(self, address: str) -> Direct | None:
        """What is set there; None where nothing is."""
        return self._found.get(address)


def goal(direct: Direct, message: ControlMessage, now: float) -> float:
    """Where a message sends the parameter, in its own unit and within its range.

    Args:
        message: finite; `"+"` or `"-"` as text are steps of its value, or of STEP of the range where that is 0; a parameter
            of whole numbers moves by one at least.
        now: where it is going.
    """
    parameter, own_unit = direct
    if message.text not in RELATIVE_SIGNS:
        return parameter.clamp(message.value) if own_unit else parameter.at(message.value)
    sign = 1.0 if message.text == "+" else -1.0
    whole = parameter.curve in ("integer", "toggle")
    if own_unit and (message.value or whole):
        step = message.value or 1.0
        return parameter.clamp(now + sign * (max(abs(step), 1.0) if whole else step))
    moved = parameter.at(parameter.position(now) + sign * (message.value or STEP))
    return parameter.clamp(now + sign) if whole and moved == now else moved
