"""A route that was learned, put into the text of a mapping file: a control moves a parameter from one end of its range to the
other. Whatever else is in the file stays letter by letter."""

import re
from collections.abc import Sequence

from liveviz.mapping.inserting import added, replaced, toml_string
from liveviz.mapping.program import DEFAULT_BEND_LAYER, Route, Target
from liveviz.mapping.route_table import MAX_PORT
from liveviz.spec import Parameter

_PORT_NUMBERS = re.compile(r"[\s:]*\d+:\d+$")
"""What ALSA puts behind the name of a port; it is another one after the next plug."""


def with_learned(text: str, routes: Sequence[Route], learned: Route, add: bool = False) -> str:
    """The text of a mapping file with `learned` in it: in the place of the control that moves the same parameter at the same
    place already, or, where there is none or with `add`, behind everything.

    Args:
        routes: that are in the text, in its order.
    Raises: LivevizError where the file is written in a form that cannot be added to.
    """
    found = [i for i, r in enumerate(routes) if r.is_knob and r.target == learned.target]
    return (
        added(text, route_lines(learned))
        if add or not found
        else replaced(text, "route", found[0], route_lines(learned))
    )


def takes_the_place_of(routes: Sequence[Route], parameter: str) -> str:
    """What moves a parameter by hand already, for the question whether it is to be replaced; empty where nothing does."""
    return next((r.source for r in routes if r.is_knob and r.to == parameter), "")


def learned_route(parameter: Parameter, target: Target, address: str, port: str, encoder: str) -> Route:
    """The route of a control that moves a parameter from one end of its range to the other.

    Args:
        target: the place where it acts. encoder: one of ENCODERS, empty for a control that says where it stands.
    """
    return Route(
        source=address,
        kind="control",
        to=parameter.name,
        layer=target.layer,
        channels=target.channels,
        rows=target.rows,
        low=parameter.low,
        high=parameter.high,
        exponential=parameter.curve == "exponential",
        port=port,
        encoder=encoder,
    )


def route_lines(route: Route) -> str:
    """A learned route as lines of a mapping file."""
    lines = ["[[route]]", f"from = {toml_string(route.source)}", f"to = {toml_string(route.to)}"]
    if route.layer not in (0, DEFAULT_BEND_LAYER):
        lines.append(f"layer = {route.layer}")
    if route.channels.chosen:
        lines.append(f"channels = {list(route.channels.chosen)}")
    elif route.channels.share < 1.0:
        lines.append(f"channels = {{ random = {route.channels.share:g}, seed = {route.channels.seed} }}")
    if route.rows is not None:
        lines.append(f"rows = [{route.rows[0]}, {route.rows[1]}]")
    port = _PORT_NUMBERS.sub("", route.port)[:MAX_PORT].strip()
    if port and route.source.startswith("midi."):
        lines.append(f"port = {toml_string(port)}")
    if route.encoder:
        lines.append(f"encoder = {toml_string(route.encoder)}")
    return "\n".join(lines) + "\n"
