"""The child that is played: MIDI and OSC in, ControlMessages out, and the answers to OSC questions."""

import logging
from collections.abc import Callable

from liveviz.app import child, composition, wire
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.clock import now, utc
from liveviz.inputs.midi import MidiInput
from liveviz.inputs.osc import OscInput
from liveviz.spec import LivevizError

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25
_WAIT_S = 0.004  # MIDI and OSC are both looked at this often; a fader moves every 10 ms


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Pass messages on until the show ends."""
    registry = composition.registry()
    addresses = {p.osc: p for p in registry}
    parameters = composition.parameter_wire()

    def answer(address: str) -> float | None:
        found = links.parameters.read()
        if address not in addresses or found is None:
            return None
        parameter = addresses[address]
        return parameter.position(parameters.unpack(found[1])[parameter.name])

    midi = MidiInput(options.midi, now) if options.midi != "none" else None
    if midi is not None:
        midi.start()
    osc = _open_osc(options, answer)
    status = links.status["hands"]
    said = 0.0
    child.settle()
    try:
        while life.goes_on():
            if osc is not None:
                osc.wait(_WAIT_S)
                for message in osc.poll():
                    links.controls.put(wire.pack_control(message))
            elif midi is not None:
                midi.wait(_WAIT_S)
            if midi is not None:
                for message in midi.poll():
                    links.controls.put(wire.pack_control(message))
            if osc is None and midi is None:
                return
            if now() - said > _SAY_EVERY:
                said = now()
                status.say({"state": "ready", **_counts(osc, midi, links.controls.dropped)})
        status.say({"state": "ready", **_counts(osc, midi, links.controls.dropped)})
    finally:
        if osc is not None:
            osc.close()
        if midi is not None:
            midi.close()


def _open_osc(options: ShowOptions, answer: Callable[[str], float | None]) -> OscInput | None:
    """The OSC port; where nobody asked for that very port and it is taken, the show goes on without."""
    if options.osc is None:
        return None
    try:
        osc = OscInput(*options.osc, now, utc, answer)
        osc.start()
    except LivevizError as error:
        if options.osc_required:
            raise
        _log.warning("%s; the show goes on without OSC", error)
        return None
    return osc


def _counts(osc: OscInput | None, midi: MidiInput | None, dropped: int) -> dict:
    return {
        "osc": {
            "received": osc.received if osc else 0,
            "rejected": osc.rejected if osc else 0,
            "dropped": (osc.dropped if osc else 0) + dropped,
        },
        "osc_port": osc.port if osc else None,
        "midi": {
            "received": midi.received if midi else 0,
            "rejected": midi.rejected if midi else 0,
            "reconnects": midi.reconnects if midi else 0,
        },
        "midi_ports": list(midi.ports) if midi else [],
    }
