"""The child that listens: sound in, SignalFrames out. It also passes the sound on to the recorder where one runs."""

import logging
import time

from liveviz.app import child, wire
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.clock import now
from liveviz.inputs import audio
from liveviz.signals import Analyser

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Listen until the show ends or the file does."""
    loop = _watched(links, life)
    source = audio.open_live(options.source, now, loop=loop)
    if source.notice:
        _log.info("%s", source.notice)
    status = links.status["ears"]
    taped = options.record is not None or not loop
    hops = 0
    said = 0.0

    def say(state: str) -> None:
        status.say(
            {
                "state": state,
                "source": source.label,
                "sample_rate": source.sample_rate,
                "hops": hops,
                "dropped": source.dropped,
                "reconnects": source.reconnects,
                "heard": source.heard,
                "ends": source.duration is not None and not loop,
            }
        )

    analyser = Analyser(source.sample_rate)
    source.start()
    say("ready")
    child.settle()
    try:
        while life.goes_on() and not source.finished:
            for block in source.blocks(timeout=0.1):
                if block.sample_rate != analyser.sample_rate:  # the device came back at another rate
                    analyser = Analyser(block.sample_rate)
                for frame in analyser.step(block):
                    hops += 1
                    links.signals.write(wire.pack_signals(frame))
                if taped:
                    for record in wire.pack_audio(block):
                        links.audio.put(record)
            if now() - said > _SAY_EVERY:
                said = now()
                say("ready")
        say("finished" if source.finished else "ready")
    finally:
        source.close()


def _watched(links: Links, life: child.Life) -> bool:
    """Whether somebody watches, and a song therefore loops: known once the stage has found its screen."""
    while life.goes_on():
        if (screen := links.status["stage"].read().get("screen")) is not None:
            return screen != "headless"
        time.sleep(0.005)
    return False
