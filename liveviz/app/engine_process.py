"""The child that draws the generator's pictures: the newest ParameterFrame in, a picture out."""

import logging
from collections import deque
from pathlib import Path
from typing import Any

from liveviz import bending, mapping
from liveviz.app import child, composition, noise_mask, preparing, wire
from liveviz.app.links import Links
from liveviz.app.model_change import Playing
from liveviz.app.opening import Opener
from liveviz.app.options import ShowOptions
from liveviz.app.pictures import Sender
from liveviz.app.stats import percentiles
from liveviz.clock import now
from liveviz.spec import BendSetting, LivevizError

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25
_HALF = 0.5  # of a frame's time is for drawing the generator: the stage needs the rest


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Render whatever is newest until the show ends."""
    parameters = composition.parameter_wire()
    asked = links.parameters.read()
    program = _program(options, links)
    bends: tuple[BendSetting, ...] = composition.bend_settings(program)
    if asked is not None:  # what the show bends counts, not the file
        bends = parameters.unpack(asked[1]).bends
    try:
        mask = noise_mask.of(program, options.mapping)
    except LivevizError as error:
        if asked is None:
            raise
        mask = None
        _log.warning("%s", error)  # the show is under way, and goes on
    playing = _begin(options, links, bends, mask)
    masks = noise_mask.MaskFile(program, options.mapping, links.mapping, options.stems, playing.mask_noise)
    pictures = Sender(links.images, links.handover)
    status = links.status["engine"]
    times: deque[float] = deque(maxlen=3600)
    done, said = 0, 0.0

    def say() -> None:
        live = playing.engine
        status.say(
            {
                "state": "ready",
                "model": playing.name,
                "mistake": playing.mistake or masks.mistake,
                "backend": live.name,
                "device": live.device,
                "precision": live.precision,
                "pictures": pictures.way,
                "ms": percentiles([1000 * t for t in times]),
                "rendered": done,
            }
        )

    say()
    child.settle()
    seen = asked_for = 0
    try:
        while life.goes_on():
            links.parameters_bell.wait(0.1)
            if links.model.sequence != asked_for and (wanted := links.model.read()) is not None:
                asked_for = wanted[0]
                playing.ask(wanted[1].tobytes().decode())
            found = links.parameters.read()
            if found is not None and found[0] != seen:
                seen = found[0]
                began = now()
                frame = parameters.unpack(found[1])
                stays = pictures.stays(playing.on_device, playing.engine.name)
                image = playing.draw(frame) if stays else playing.render(frame)
                took = now() - began
                pictures.send(image, took)
                links.images_bell.ring()
                done += 1
                times.append(took)
                playing.rest()
            if now() - said > _SAY_EVERY:
                said = now()
                say()
                masks.step()
        say()
    finally:
        masks.close()
        playing.close()


def _program(options: ShowOptions, links: Links) -> mapping.Program:
    """The mapping that the show plays: the file's, or, where that is broken by now, the last good one."""
    try:
        return composition.load_mapping(options.mapping, stems=options.stems)
    except LivevizError:
        if (kept := links.mapping.read()) is None:
            raise
        return composition.load_mapping(kept[1].tobytes().decode(), Path(options.mapping), options.stems)


def _begin(options: ShowOptions, links: Links, bends: Any, mask: noise_mask.Mask) -> Playing:
    """The generator of the show's beginning, or, after a death, the one that was asked for last."""

    def fits(size: tuple[int, int]) -> bool:
        return wire.image_bytes(*size) <= links.images.size

    def prepared(name: str, before: str | None, stages: bending.Topology, wanted: Any) -> None:
        preparing.prepare(name, before, stages, options, wanted)

    opener = Opener(options.backend, (options.size, options.wide), mask, prepared)
    budget = _HALF / options.fps
    if (asked := links.model.read()) is not None:
        name = asked[1].tobytes().decode()
        try:
            return Playing(name, bends, fits, opener, budget)
        except LivevizError as error:
            _log.warning("model %s: %s; back to %s", name, error, options.model)
    return Playing(options.model, bends, fits, opener, budget)
