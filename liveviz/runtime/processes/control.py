"""The child that is played: MIDI and OSC in, ControlMessages out, the answers to OSC questions, and the page of what came."""

import contextlib
import logging
from collections import deque
from pathlib import Path

from liveviz import signals
from liveviz.inputs.control.midi import MidiInput
from liveviz.inputs.control.osc import Answer, Arrival, OscInput
from liveviz.runtime import composition, message_account, model_facts
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.message_account import Accounts
from liveviz.runtime.message_log import ControlPage
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.spec import ControlMessage, LivevizError, ParameterFrame
from liveviz.system.clock import now, utc

_log = logging.getLogger("liveviz.runtime")
_SAY_EVERY = 0.25
_LOOK_EVERY = 0.1  # at the mapping that plays, and at what is seen of it
_WAIT_S = 0.004  # MIDI and OSC are both looked at this often; a fader moves every 10 ms
_LINES_A_LOOK = 12  # that are written for each; the others are counted
_ARRIVALS = 256  # packets between two looks that are remembered


class _Hands:
    """Both inputs, and what is told of them."""

    def __init__(self, options: ShowOptions, links: Links) -> None:
        self._options, self._links = options, links
        self._parameters = composition.parameter_wire()
        self._addresses = {p.osc: p for p in composition.registry()}
        self._outputs = [o.name for o in signals.all_outputs(options.stems)]
        self._page = ControlPage(options.debug, message_account.MONITOR)
        self._arrivals: deque[Arrival] = deque(maxlen=_ARRIVALS)
        self._mapping_seen = self._page_seen = 0
        self._looked = self._learned = -1.0
        self._unheard = 0
        self._model = options.model
        self._unpacked: tuple[int, ParameterFrame] | None = None
        self._accounts = self._begin()
        self._midi = MidiInput(options.midi, now) if options.midi != "none" else None
        self._osc = self._open_osc()

    def _begin(self) -> Accounts | None:
        """Accounts of the mapping file; none where it is broken in this moment: the stage says so."""
        with contextlib.suppress(LivevizError):
            options = self._options
            program = composition.load_mapping(options.mapping, stems=options.stems, model=options.model)
            return Accounts(program, signals.all_outputs(options.stems))
        return None

    def _open_osc(self) -> OscInput | None:
        """The OSC port; where nobody asked for that very port and it is taken, the show goes on without."""
        options = self._options
        if options.osc is None:
            return None
        try:
            osc = OscInput(*options.osc, now, utc, self.answer, options.osc_reply, self._arrivals.append)
        except LivevizError as error:
            if options.osc_required:
                raise
            _log.warning("%s; the show goes on without OSC", error)
            return None
        if self._accounts is not None:
            osc.listens = self._accounts.listens
        return osc

    @property
    def nothing(self) -> bool:
        """There is nothing to listen to."""
        return self._osc is None and self._midi is None

    def start(self) -> None:
        """Begin to listen."""
        for one in (self._osc, self._midi):
            if one is not None:
                one.start()

    def answer(self, address: str) -> Answer:
        """The value of one address, or None; called on the thread of the OSC input."""
        if address == message_account.MODEL:
            self._learn()
            return self._model
        if address == "/liveviz/mapping":
            return self._options.mapping.stem
        if address in ("/liveviz/tempo", "/liveviz/section"):
            heard = self._links.signals.read()
            name = "tempo" if address.endswith("tempo") else "section_label"
            return 0.0 if heard is None else float(wire.unpack_signals(heard[1]).values[self._outputs.index(name)])
        parameter, frame = self._addresses.get(address), self._frame()
        return None if parameter is None or frame is None else parameter.position(frame[parameter.name])

    def _frame(self) -> ParameterFrame | None:
        """The newest there is; unpacked once, however many ask."""
        known = self._unpacked
        if known is not None and known[0] == self._links.parameters.sequence:
            return known[1]
        found = self._links.parameters.read()
        if found is None:
            return None
        self._unpacked = found[0], self._parameters.unpack(found[1])
        return self._unpacked[1]

    def step(self) -> None:
        """Pass on what came, and write down what it did."""
        by_osc: list[ControlMessage] = []
        by_midi: list[ControlMessage] = []
        if self._osc is not None:
            self._osc.wait(_WAIT_S)
            by_osc = self._osc.poll()
        elif self._midi is not None:
            self._midi.wait(_WAIT_S)
        if self._midi is not None:
            by_midi = self._midi.poll()
        for message in (*by_osc, *by_midi):
            self._links.controls.put(wire.pack_control(message))
        if now() - self._looked > _LOOK_EVERY:
            self._look()
        if self._arrivals or by_midi:
            self._tell(by_osc, by_midi)

    def _look(self) -> None:
        """See what plays now, and whether somebody wants the page."""
        self._looked = now()
        if self._links.page.sequence != self._page_seen:
            self._page_seen = self._links.page.sequence
            self._page.show()
        if self._accounts is None:
            self._accounts = self._begin()
            return
        told = self._accounts
        if self._links.mapping.sequence != self._mapping_seen and (kept := self._links.mapping.read()) is not None:
            self._mapping_seen, options = kept[0], self._options
            self._learn()
            with contextlib.suppress(LivevizError, UnicodeDecodeError):  # the stage tells it
                text = kept[1].tobytes().decode()
                told.replace(composition.load_mapping(text, Path(options.mapping), options.stems, self._model))
            if self._osc is not None:
                self._osc.listens = told.listens

    def _learn(self) -> None:
        """What the engine says of the generator that plays, and what is seen: only when somebody asks."""
        if now() - self._learned < _LOOK_EVERY:
            return
        self._learned = now()
        status = self._links.status["engine"].read()
        self._model = str(status.get("model", self._options.model))
        if self._accounts is not None:
            self._accounts.facts, self._accounts.names = model_facts.read(status)
            self._accounts.frame = self._frame()

    def _tell(self, by_osc: list[ControlMessage], by_midi: list[ControlMessage]) -> None:
        """A line for everything that came, as far as there is time for; of a flood, the newest values count."""
        self._learn()
        told, left = self._accounts, _LINES_A_LOOK
        arrivals = [self._arrivals.popleft() for _ in range(min(len(self._arrivals), _LINES_A_LOOK))]
        flood = len(self._arrivals)
        self._arrivals.clear()
        for arrival in arrivals:
            if arrival.messages and arrival.messages[0].address == message_account.MONITOR:
                self._page.monitor((arrival.sender[0], arrival.sender[1]))
            elif told is not None:
                lines = told.arrived(arrival, max(left, 1))
                for line in lines[: max(left, 0)]:
                    self._page.add(line, self._osc)
                left -= len(lines)
        if told is None:
            return
        skipped = flood + max(0, -left)
        left = max(left, 0)
        for message in by_osc if flood else ():
            told.follow(message)
        for message in by_midi[:left]:
            self._page.add(told.midi(message), self._osc)
        for message in by_midi[left:]:
            told.follow(message)
        skipped += len(by_midi[left:])
        if skipped:
            self._page.add(f"and {skipped} more", self._osc)
        if len(told.unheard) > self._unheard:
            self._unheard = len(told.unheard)
            for address, words in told.unheard.items():
                self._page.unheard(address, words)

    def say(self) -> None:
        """Tell the parent how it goes."""
        self._links.status["hands"].say({"state": "ready", **self._counts()})

    def _counts(self) -> dict:
        osc, midi = self._osc, self._midi
        return {
            "osc": {
                "received": osc.received if osc else 0,
                "rejected": osc.rejected if osc else 0,
                "dropped": (osc.dropped if osc else 0) + self._links.controls.dropped,
            },
            "osc_port": osc.port if osc else None,
            "midi": {
                "received": midi.received if midi else 0,
                "rejected": midi.rejected if midi else 0,
                "reconnects": midi.reconnects if midi else 0,
            },
            "midi_ports": list(midi.ports) if midi else [],
        }

    def close(self) -> None:
        """Give the port and the devices back."""
        for one in (self._osc, self._midi):
            if one is not None:
                one.close()


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Pass messages on until the show ends."""
    hands = _Hands(options, links)
    if hands.nothing:
        return
    hands.start()
    said = 0.0
    child.settle()
    try:
        while life.goes_on():
            hands.step()
            if now() - said > _SAY_EVERY:
                said = now()
                hands.say()
        hands.say()
    finally:
        hands.close()
