"""The control process: everything that hands play, and that keeps time, in; messages, commands and musical time out. It also
answers OSC questions, and keeps the page of the last messages."""

import contextlib
import logging
import threading
from collections import deque
from dataclasses import replace

from liveviz import mapping, signals
from liveviz.inputs.control import source
from liveviz.inputs.control.source import ControlSource, SourceSetup
from liveviz.inputs.control.sources.osc import Answer, OscInput, Packet
from liveviz.runtime import composition, message_account, model_facts, osc_commands, oscquery_show, publisher
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import ControlStatus, Phase
from liveviz.runtime.message_account import Accounts
from liveviz.runtime.message_log import ControlPage
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.spec import Command, ControlMessage, LivevizError, ParameterFrame, ShowState, SignalFrame, Tempo
from liveviz.system.clock import now, utc

_log = logging.getLogger("liveviz.runtime")
_LOOK_EVERY = 0.1  # at the mapping that plays, and at what is seen of it
_WAIT_S = 0.004  # at most between two looks; a fader moves every 10 ms
_LINES_A_LOOK = 12  # that are written for each; the others are counted
_MOST_AT_ONCE = 5120  # messages of one source, as many as its mailbox holds
_FLOOD, _FLOOD_PACKETS = (
    64,
    3,
)  # more in one look are a flood: the next look waits, and reads the newest of the meantime
_TELL_S = 0.1  # between two looks in a flood at which it is told what came
_KEPT_PACKETS = 256  # of OSC, between two looks, that are remembered
_MOST_STATE_AGE = 0.05


class _Control:
    """All sources, and what is told of their messages."""

    def __init__(self, options: ShowOptions, links: Links) -> None:
        self._options, self._links = options, links
        self._parameters = composition.parameter_wire()
        self._addresses = mapping.DirectAddresses(composition.registry())
        self._outputs = [o.name for o in signals.all_outputs(options.stems)]
        self._page = ControlPage(options.debug, message_account.MONITOR_ADDRESS)
        self._packets: deque[Packet] = deque(maxlen=_KEPT_PACKETS)
        self._mapping_seen = self._page_seen = 0
        self._looked = self._learned = self._state_read = -1.0
        self._unheard = 0
        self._model = options.model
        self._state = ShowState()
        self._unpacked: tuple[int, ParameterFrame] | None = None
        self._accounts = self._begin()
        self._wake, self._never = threading.Event(), threading.Event()
        self._flooded, self._told = False, -1.0
        self._untold, self._others = dict[str, ControlMessage](), list[ControlMessage]()
        self._sources = self._open()
        self._publisher = publisher.attach(self._osc, options)
        self._query = oscquery_show.attach(self._osc, options, self.answer, self._signals)

    def _begin(self) -> Accounts | None:
        """Accounts of the mapping file; none where it is broken in this moment: the stage says so."""
        with contextlib.suppress(LivevizError):
            options = self._options
            path = self._links.read_show(options.mapping)
            program = composition.load_mapping(path, stems=options.stems, model=options.model)
            return Accounts(program, signals.all_outputs(options.stems))
        return None

    def _open(self) -> dict[str, ControlSource]:
        """Every source that is always there, and those that were asked for, by name."""
        options = self._options
        osc = options.osc
        rig = SourceSetup(now, self._wake, state=self.state)
        rigs = {name: rig for name in source.names() if source.load(name).ALWAYS}
        rigs["midi"] = replace(rig, where=options.midi)
        rigs["osc"] = replace(
            rig,
            where=None if osc is None else f"{osc[0]}:{osc[1]}",
            required=options.osc_required,
            more={
                "utc": utc,
                "answer": self.answer,
                "reply": options.osc_reply,
                "watch": self._packets.append,
                "triggers": osc_commands.COMMAND_ADDRESSES,
            },
        )
        rigs |= {name: replace(rig, where=where, required=True) for name, where in options.controls}
        opened = {name: source.load(name).open_source(one) for name, one in rigs.items()}
        found: dict[str, ControlSource] = {name: one for name, one in opened.items() if one is not None}
        self._listen(found)
        return found

    def _listen(self, sources: dict[str, ControlSource]) -> None:
        if self._accounts is not None:
            for one in sources.values():
                one.listens = self._accounts.listens

    def _signals(self) -> SignalFrame | None:
        heard = self._links.signals.read()
        return None if heard is None else wire.unpack_signals(heard[1])

    @property
    def nothing(self) -> bool:
        """There is nothing to listen to."""
        return not self._sources

    @property
    def _osc(self) -> OscInput | None:
        """To send lines of the monitor with."""
        found = self._sources.get("osc")
        return found if isinstance(found, OscInput) else None

    def start(self) -> None:
        """Begin to listen."""
        for one in self._sources.values():
            one.start()

    def state(self) -> ShowState:
        """The show as the stage told it last, at most 50 ms old."""
        if now() - self._state_read > _MOST_STATE_AGE:
            self._state_read = now()
            self._state = self._links.read_state() or self._state
        return self._state

    def answer(self, address: str) -> Answer:
        """The value of one address, or None; called on the thread of the OSC input."""
        if address == message_account.MODEL_ADDRESS:
            self._learn()
            return self._model
        if address == "/liveviz/mapping":
            return self._links.read_show(self._options.mapping).stem
        if address == "/liveviz/tempo" and (tempo := self.state().tempo) is not None:
            return tempo.bpm
        if address in ("/liveviz/tempo", "/liveviz/section"):
            heard = self._signals()
            name = "tempo" if address.endswith("tempo") else "section_label"
            return 0.0 if heard is None else float(heard.values[self._outputs.index(name)])
        found, frame = self._addresses.find(address), self._frame()
        if found is None or frame is None:
            return None
        name, state = found.parameter.name, self.state().values
        value = state[name] if state.get("stage.freeze", 0.0) >= 0.5 else frame[name]  # no frame goes out then
        return value if found.own_unit else found.parameter.position(value)

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
        (self._never if self._flooded else self._wake).wait(_WAIT_S)
        self._wake.clear()
        came: dict[str, list[ControlMessage]] = {}
        passed = 0
        for name, one in self._sources.items():
            if name != "midi" and self._links.controls.room < _MOST_AT_ONCE:
                continue  # it stays in its mailbox, where the newest count: a ring that is full throws away the newest
            arrived = one.poll()
            passed += len(arrived)
            for found in arrived:
                if isinstance(found, Tempo):
                    self._links.write_tempo(found)
                elif isinstance(found, Command):
                    self._links.ask(found)
                else:
                    came.setdefault(name, []).append(found)
                    if (command := osc_commands.asked(found)) is not None:
                        self._links.ask(command)
                    elif found.address not in osc_commands.COMMAND_ADDRESSES:
                        self._links.controls.put(wire.pack_control(found))
        self._flooded = passed > _FLOOD or len(self._packets) > _FLOOD_PACKETS
        if self._publisher is not None:
            for line in self._publisher.step(now(), self._signals, self.state):
                self._page.add(line, self._osc)
        if now() - self._looked > _LOOK_EVERY:
            self._look()
        self._untold |= {message.address: message for message in came.pop("osc", [])}
        self._others += [message for messages in came.values() for message in messages]
        if (self._packets or self._others) and not (self._flooded and now() - self._told < _TELL_S):
            self._told = now()
            self._tell(list(self._untold.values()), self._others)
            self._untold, self._others = {}, []

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
                path = self._links.read_show(options.mapping)
                told.replace(composition.load_mapping(text, path, options.stems, self._model))
            self._listen(self._sources)

    def _learn(self) -> None:
        """What the engine says of the generator that plays, and what is seen: only when somebody asks."""
        if now() - self._learned < _LOOK_EVERY:
            return
        self._learned = now()
        status = self._links.engine_status.read()
        self._model = status.model or self._options.model
        if self._accounts is not None:
            self._accounts.facts, self._accounts.names = model_facts.read(status)
            self._accounts.frame = self._frame()
            self._accounts.learned = self.state().learned.values()

    def _tell(self, by_osc: list[ControlMessage], by_others: list[ControlMessage]) -> None:
        """A line for everything that came, as far as there is time for; of a flood, the newest values count."""
        self._learn()
        told, left = self._accounts, _LINES_A_LOOK
        packets = [self._packets.popleft() for _ in range(min(len(self._packets), _LINES_A_LOOK))]
        flood = len(self._packets)
        self._packets.clear()
        for packet in packets:
            if packet.messages and packet.messages[0].address == message_account.MONITOR_ADDRESS:
                self._page.monitor((packet.sender[0], packet.sender[1]))
            elif told is not None:
                lines = told.arrived(packet, max(left, 1))
                for line in lines[: max(left, 0)]:
                    self._page.add(line, self._osc)
                left -= len(lines)
        if told is None:
            return
        skipped = flood + max(0, -left)
        left = max(left, 0)
        for message in by_osc if flood else ():
            told.follow(message)
        for message in by_others[:left]:
            self._page.add(told.midi(message), self._osc)
        for message in by_others[left:]:
            told.follow(message)
        skipped += len(by_others[left:])
        if skipped:
            self._page.add(f"and {skipped} more", self._osc)
        if len(told.unheard) > self._unheard:
            self._unheard = len(told.unheard)
            for address, words in told.unheard.items():
                self._page.unheard(address, words)

    def say(self) -> None:
        """Tell the parent how it goes."""
        reports = {name: one.report() for name, one in self._sources.items()}
        counts = {
            name: {
                "received": report.received,
                "rejected": report.rejected,
                "dropped": report.dropped + (self._links.controls.dropped if name == "osc" else 0),
                "reconnects": report.reconnects,
            }
            for name, report in reports.items()
        }
        places = {name: list(report.places) for name, report in reports.items()}
        if self._query is not None:
            places["oscquery"] = [str(self._query.port)]
        self._links.control_status.say(ControlStatus(phase=Phase.READY, counts=counts, places=places))

    def close(self) -> None:
        """Give the ports and the devices back."""
        if self._query is not None:
            self._query.close()
        for one in self._sources.values():
            one.close()


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Pass messages on until the show ends."""
    control = _Control(options, links)
    if control.nothing:
        return
    control.start()
    heartbeat = child.Heartbeat()
    child.settle()
    try:
        while life.goes_on():
            control.step()
            if heartbeat.due():
                control.say()
        control.say()
    finally:
        control.close()
