"""The child that listens: sound in, SignalFrames out. It also passes the sound on to the recorder where one runs."""

import time
from dataclasses import replace

from liveviz.inputs.audio import sources
from liveviz.inputs.audio.downmix import Downmix
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import AudioStatus, Phase, ScreenKind, StatusBox
from liveviz.runtime.live_listening import LiveListening
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.spec import LivevizError, channels_needed
from liveviz.system.clock import now

_LOOK_EVERY = 0.3


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Listen until the show ends or the file does."""
    loop = _watched(links, life)
    status = links.audio_status
    source = _open(options, status, life, loop)
    if source is None:
        return
    listening = LiveListening(source, options.channels, options.stems, options.offset)
    taped = bool(options.sinks) or not loop
    hops = 0
    heartbeat = child.Heartbeat()

    def say(phase: Phase) -> None:
        status.say(
            AudioStatus(
                phase=phase,
                source=source.label,
                captured=source.duration is None,
                sample_rate=source.sample_rate,
                hops=hops,
                dropped=source.dropped,
                reconnects=source.reconnects + options.take,
                heard=source.heard,
                ends=source.duration is not None and not loop,
            )
        )

    downmix = Downmix(source.channels, source.speakers, options.channels, options.stems)
    source.start()
    say(Phase.READY)
    child.settle()
    try:
        while life.goes_on() and not source.finished:
            for block, frames in listening.hear(timeout=0.1):
                for frame in frames:
                    hops += 1
                    links.signals.write(wire.pack_signals(frame))
                if taped:
                    stereo = downmix.step(block.samples, len(block.samples) / block.sample_rate)
                    for record in wire.pack_audio(replace(block, samples=stereo)):
                        links.audio.put(record)
            if heartbeat.due():
                say(Phase.READY)
        say(Phase.FINISHED if source.finished else Phase.READY)
    finally:
        source.close()


def _open(options: ShowOptions, status: StatusBox[AudioStatus], life: child.Life, loop: bool) -> sources.Source | None:
    """The source. One that was there before this process died is waited for; None where the show ends meanwhile.

    Raises:
        LivevizError: it is not there when the show begins, or the sound system hangs (the parent starts another process).
    """
    needed = channels_needed(options.channels, options.stems)
    lost = status.read().remembered  # the parent remembers it: the system's input may be another by now, or none
    name = options.source or lost or None
    while life.goes_on():
        try:
            return sources.open_live(name, now, loop=loop, channels=needed, output=options.output)
        except LivevizError as error:
            if not lost or sources.hangs(error):
                raise
            status.say(AudioStatus(phase=Phase.READY, source=lost, remembered=lost, waits=str(error)))
            time.sleep(_LOOK_EVERY)
            sources.look_again()
    return None


def _watched(links: Links, life: child.Life) -> bool:
    """Whether somebody watches, and a song therefore loops: known once the stage has found its screen."""
    while life.goes_on():
        if (screen := links.stage_status.read().screen) is not ScreenKind.UNKNOWN:
            return screen is not ScreenKind.HEADLESS
        time.sleep(0.005)
    return False
