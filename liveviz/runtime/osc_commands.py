"""The OSC addresses at which a show is asked for something that is no value of a parameter. One more is one entry here."""

from dataclasses import dataclass

from liveviz.spec import Command, CommandKind, ControlMessage
from liveviz.spec.addresses import RELATIVE_SIGNS

PREFIX = "/liveviz/"


@dataclass(frozen=True, slots=True)
class Asks:
    """What one address asks for.

    kind, name, value: of the Command. takes: `press` (no argument, or a number above 0: a button that is let go asks for
        nothing), `name` (a text, which becomes the command's name), `name or press` (either).
    help: what it does, in a few words.
    """

    kind: CommandKind
    help: str
    name: str = ""
    value: float = 0.0
    takes: str = "press"


COMMAND_ADDRESSES: dict[str, Asks] = {
    PREFIX + "model": Asks(CommandKind.MODEL, "plays that generator from the next beat on", takes="name"),
    PREFIX + "model/next": Asks(CommandKind.NEXT_MODEL, "the next generator", value=1.0),
    PREFIX + "model/previous": Asks(CommandKind.NEXT_MODEL, "the generator before", value=-1.0),
    PREFIX + "scene": Asks(CommandKind.SCENE, "goes to that scene, at its place in the music", takes="name"),
    PREFIX + "scene/next": Asks(CommandKind.NEXT_SCENE, "the next scene", value=1.0),
    PREFIX + "scene/previous": Asks(CommandKind.NEXT_SCENE, "the scene before", value=-1.0),
    PREFIX + "scene/store": Asks(
        CommandKind.STORE_SCENE, "writes what is seen into the mapping file, under that name", takes="name or press"
    ),
    PREFIX + "undo": Asks(CommandKind.UNDO, "takes back the last scene"),
    PREFIX + "mapping": Asks(CommandKind.MAPPING, "plays that show from now on", takes="name"),
    PREFIX + "mapping/next": Asks(CommandKind.NEXT_MAPPING, "the next show", value=1.0),
    PREFIX + "mapping/previous": Asks(CommandKind.NEXT_MAPPING, "the show before", value=-1.0),
    PREFIX + "learn": Asks(
        CommandKind.LEARN,
        "the control that moves next moves that parameter; without a name: no more",
        takes="name or press",
    ),
    PREFIX + "learn/add": Asks(
        CommandKind.LEARN, "the same, beside the control that moves it already", value=1.0, takes="name"
    ),
    PREFIX + "panic": Asks(CommandKind.PANIC, "all that hands moved back to rest, no freeze, no blackout"),
    PREFIX + "freeze": Asks(CommandKind.TOGGLE, "holds the image, and lets it go", name="stage.freeze"),
    PREFIX + "blackout": Asks(CommandKind.TOGGLE, "black, and back", name="stage.blackout"),
    PREFIX + "overlay": Asks(CommandKind.OVERLAY, "shows and hides the figures"),
    PREFIX + "messages": Asks(CommandKind.MESSAGES, "writes the last messages into the log"),
}


def asked(message: ControlMessage) -> Command | None:
    """The command that a message is; None where it is played, or asks for nothing."""
    asks = COMMAND_ADDRESSES.get(message.address)
    if asks is None or message.text in RELATIVE_SIGNS:
        return None
    if "name" in asks.takes and message.text:
        return Command(asks.kind, message.text, asks.value, message.time)
    if "press" in asks.takes and message.value > 0.0 and not message.text:
        return Command(asks.kind, asks.name, asks.value, message.time)
    return None
