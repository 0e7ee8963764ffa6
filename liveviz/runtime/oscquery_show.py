"""What a show tells by OSCQuery: every parameter, every signal, and every address that asks for something."""

from collections.abc import Callable, Iterator

from liveviz import signals
from liveviz.inputs.control.oscquery_server import OscQueryServer, forwards
from liveviz.inputs.control.oscquery_tree import BOTH, READ, WRITE, Entry, Tree, Value
from liveviz.inputs.control.sources.osc import OscInput
from liveviz.runtime import composition, osc_commands
from liveviz.runtime.message_account import ASKED_ADDRESSES
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.publisher import signal_address
from liveviz.spec import Output, Parameter, SignalFrame


def entries(outputs: tuple[Output, ...]) -> Iterator[Entry]:
    """Every address of a show with these signals."""
    for parameter in composition.registry():
        yield Entry(parameter.osc, _type(parameter), BOTH, _described(parameter), 0.0, 1.0)
    for address, asks in osc_commands.COMMAND_ADDRESSES.items():
        access = BOTH if address in ASKED_ADDRESSES else WRITE
        yield Entry(address, "s" if "name" in asks.takes else "N", access, asks.help)
    yield Entry("/liveviz/rest", "N", WRITE, "all that hands moved back to rest")
    for output in outputs:
        ends = (None, None) if output.kind == "event" else (output.low, output.high)
        yield Entry(signal_address(output.name), "f", READ, output.help, *ends)


def _type(parameter: Parameter) -> str:
    return "T" if parameter.curve == "toggle" else "f"


def _described(parameter: Parameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"{parameter.help} ({parameter.low:g} to {parameter.high:g}{unit})"


def attach(
    osc: OscInput | None,
    options: ShowOptions,
    answer: Callable[[str], Value],
    heard: Callable[[], SignalFrame | None],
) -> OscQueryServer | None:
    """The server of a show; None where nobody asked for it.

    Args:
        answer: the position of a parameter, by address. heard: the newest signals.
    Raises:
        LivevizError: its port cannot be had.
    """
    if options.oscquery is None or options.osc is None or osc is None:
        return None
    outputs = signals.all_outputs(options.stems)
    places = {signal_address(output.name): i for i, output in enumerate(outputs)}

    def value(address: str) -> Value:
        if address in places:
            frame = heard()
            return 0.0 if frame is None else float(frame.values[places[address]])
        return answer(address)

    place = options.osc[0], osc.port
    tree = Tree(entries(tuple(outputs)), value)
    return OscQueryServer(*options.oscquery, tree, place, forwards(*place))
