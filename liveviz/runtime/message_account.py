"""What a control message did, or why it did nothing, in a line: for `liveviz monitor`, and for the page of the last lines
that every show keeps. A mapping of its own is played beside the show's, by the same messages and without the music, so that
telling costs the image nothing."""

import difflib
from collections.abc import Collection, Sequence

from liveviz import mapping
from liveviz.inputs.control.osc_arguments import as_number
from liveviz.inputs.control.osc_packet import Message
from liveviz.inputs.control.osc_subscribers import SUBSCRIBE_ADDRESS, UNSUBSCRIBE_ADDRESS
from liveviz.inputs.control.sources.osc import Packet, entries
from liveviz.runtime import composition, osc_commands
from liveviz.spec import ControlMessage, Output, ParameterFrame
from liveviz.spec.addresses import RELATIVE_SIGNS

MODEL_ADDRESS = "/liveviz/model"  # its argument is a name
MONITOR_ADDRESS = "/liveviz/monitor"  # who says this is told every line for a while
_HANDLED_ADDRESSES = (SUBSCRIBE_ADDRESS, UNSUBSCRIBE_ADDRESS, *osc_commands.COMMAND_ADDRESSES)
# Answer "?", beside the parameters
ASKED_ADDRESSES = MODEL_ADDRESS, "/liveviz/mapping", "/liveviz/tempo", "/liveviz/section"
MOST_TOLD = 400  # messages of one packet
_MOST_UNHEARD = 64  # addresses whose nearest neighbour is looked for
_MISTYPED_LETTERS = 3  # that are left out or too many in a mistyped address
_MOST_NUMBERS = 8  # of one message that are shown
_NOBODY_LISTENS = "nobody listens to it"


def plays(message: ControlMessage) -> bool:
    """Whether a message that says something in words is more than words: a number, a step, or what is to come to rest."""
    return (
        as_number(message.text) is not None
        or message.text in RELATIVE_SIGNS
        or message.address.startswith(mapping.REST_ADDRESS)
    )


class Accounts:
    """The lines about messages.

    Args:
        program: that the show plays. sources: the signals it may use.
    State: a show that the same messages move; `frame`, the newest one of the real show, and `facts` and `names` of what
        plays, which tell why something is not seen; `listens`, every OSC address that does something or answers;
        `unheard`, the addresses that nobody listened to, in order; `learned`, those that were bound by hand.
    """

    def __init__(self, program: mapping.Program, sources: Sequence[Output]) -> None:
        self._registry = composition.registry()
        self._show = mapping.Performer(program, self._registry, sources)
        self.frame: ParameterFrame | None = None
        self.facts = mapping.Facts()
        self.names: tuple[str, ...] = ()
        self.unheard: dict[str, str] = {}
        self.learned: Collection[str] = ()
        self._answering = {*ASKED_ADDRESSES, *mapping.DirectAddresses(self._registry)}
        self._heard = self._show.listens
        self.listens = self._heard | {*ASKED_ADDRESSES, MONITOR_ADDRESS, *_HANDLED_ADDRESSES}

    def replace(self, program: mapping.Program) -> None:
        """The show plays another program from here on."""
        self._show.replace(program)
        self._heard = self._show.listens
        self.listens = self._heard | {*ASKED_ADDRESSES, MONITOR_ADDRESS, *_HANDLED_ADDRESSES}

    def still(self) -> ParameterFrame:
        """The frame of this show alone, for where there is no other."""
        return self._show.step(None, 0.0, 0.0)

    def arrived(self, packet: Packet, most: int = MOST_TOLD) -> list[str]:
        """Do what the messages of one packet say, and tell of the first `most` of them."""
        lines = [f"refused: {fault}" if "played now" not in fault else fault for fault in packet.faults]
        lines += [f"{_written(message)} -> {self._osc(message, packet.time)}" for message in packet.messages[:most]]
        for message in packet.messages[most:]:
            for entry, _ in entries(message, packet.time, self.listens):
                self.follow(entry)
        if len(packet.messages) > most:
            lines.append(f"and {len(packet.messages) - most} more messages in this packet")
        return [f"osc {packet.sender[0]} {line}" for line in lines]

    def follow(self, message: ControlMessage) -> None:
        """Do what a message says, without a word: there were too many."""
        self._show.control(message)

    def midi(self, message: ControlMessage) -> str:
        """Do what a message of MIDI, or of a further control source, says, and tell of it."""
        if message.address in self.learned:
            return f"{message.kind} {message.port or '-'} {message.address} {message.value:.3f} -> what it has learned"
        moves = self._show.moves(message)
        did = self._moved(moves) if moves is not None else _NOBODY_LISTENS
        if moves is None and message.address not in self.unheard and len(self.unheard) < _MOST_UNHEARD:
            self.unheard[message.address] = f"{_NOBODY_LISTENS} ({message.port})" if message.port else _NOBODY_LISTENS
        return f"{message.kind} {message.port or '-'} {message.address} {message.value:.3f} -> {did}"

    def _osc(self, message: Message, time: float) -> str:
        address = message.address
        if message.query:
            return "asked for its value" if address in self._answering else "no value to be asked for has this address"
        if address in (SUBSCRIBE_ADDRESS, UNSUBSCRIBE_ADDRESS):
            return "asks for signals"
        if address == MODEL_ADDRESS:
            return f"asks for the generator {message.text!r}" if message.text else "wants the name of a generator"
        if address in osc_commands.COMMAND_ADDRESSES:
            asks = osc_commands.COMMAND_ADDRESSES[address]
            does = any(osc_commands.asked(entry) for entry, _ in entries(message, time))
            return asks.help if does else f"asks for nothing; it wants a {asks.takes}"
        moved: list[mapping.Move] | None = None
        for entry, _ in entries(message, time, self.listens):
            if entry.text and not plays(entry):
                known = address in self._heard
                return "a word, where a number is played" if known else self._nobody(address)
            moves = self._show.moves(entry)
            moved = moved if moves is None else (moved or []) + moves
        if moved is None and address in self._heard:
            return "no number in it"
        if moved and address.startswith(mapping.REST_ADDRESS):
            return f"back to rest: {', '.join(move.target.parameter for move in moved)}"
        return self._nobody(address) if moved is None else self._moved(moved)

    def _moved(self, moves: list[mapping.Move]) -> str:
        if not moves:
            return "nothing to do: a hand has moved nothing, or the button was released"
        told = []
        for move in moves:
            text = mapping.move_text(move, self._registry, self.names)
            idle = mapping.why_idle(move.target, self._show.program, self._registry, self.facts, self.frame)
            told.append(f"{text}, which does nothing: {idle}" if idle else text)
        return "; ".join(told)

    def _nobody(self, address: str) -> str:
        if address not in self.unheard and len(self.unheard) < _MOST_UNHEARD:
            alike = [known for known in self.listens if abs(len(known) - len(address)) <= _MISTYPED_LETTERS]
            near = difflib.get_close_matches(address, alike, 1, 0.7)
            self.unheard[address] = f"{_NOBODY_LISTENS}; did you mean {near[0]}?" if near else _NOBODY_LISTENS
        return self.unheard.get(address, _NOBODY_LISTENS)


def _written(message: Message) -> str:
    """Address and arguments as a hand would write them."""
    if message.query:
        return f'{message.address} "?"'
    if message.text:
        return f"{message.address} {message.text!r}"
    more = " ..." * (len(message.numbers) > _MOST_NUMBERS)
    return " ".join((message.address, *(f"{n:g}" for n in message.numbers[:_MOST_NUMBERS]))) + more
