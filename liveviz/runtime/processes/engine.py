"""The child that draws the generator's pictures: the newest ParameterFrame in, a picture out."""

import json
import logging
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

from liveviz import bending, mapping
from liveviz.engine import live_frames
from liveviz.runtime import composition, model_facts, noise_mask, precompile
from liveviz.runtime.image_transport import Sender
from liveviz.runtime.ipc import wire
from liveviz.runtime.ipc.links import Links
from liveviz.runtime.ipc.status import EngineStatus, Phase
from liveviz.runtime.model_swap import Playing
from liveviz.runtime.open_generator import Opener
from liveviz.runtime.options import ShowOptions
from liveviz.runtime.processes import child
from liveviz.runtime.quality import start as quality_start
from liveviz.runtime.quality import steps as quality_steps
from liveviz.runtime.quality.reduced import NOT_REDUCED, Reduction
from liveviz.runtime.stats import percentiles
from liveviz.spec import BendSetting, LivevizError, ParameterFrame
from liveviz.system.clock import now
from liveviz.system.threads import give_way

_log = logging.getLogger("liveviz.runtime")
# of a frame's time that a picture takes alone: above it all that may be asked for is opened at the start
_MEASURE_FROM_LOAD, _MEASURE_FROM_LOAD_ON_DEVICE = 0.1, 0.3
_REDUCTIONS = {
    "light": Reduction(light=True),
    "small": Reduction(small=True),
    "both": Reduction(light=True, small=True),
}
_DRAWING_RATIO = 0.5  # of a frame's time is for drawing the generator: the stage needs the rest


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Render whatever is newest until the show ends."""
    parameters = composition.parameter_wire()
    asked = links.parameters.read()
    program = _program(options, links)
    bends: tuple[BendSetting, ...] = composition.bend_settings(program)
    if asked is not None:  # what the show bends counts, not the file
        bends = parameters.unpack(asked[1]).bends
    try:
        mask = noise_mask.of(program)
    except LivevizError as error:
        if asked is None:
            raise
        mask = None
        _log.warning("%s", error)  # the show is under way, and goes on
    give_way()  # before the library makes its threads, which inherit it
    playing = _begin(options, links, bends, mask)
    begun = _start(playing, options)
    masks = noise_mask.MaskFile(
        program, options.mapping, links.mapping, options.stems, playing.mask_noise, options.model
    )
    teller = model_facts.Teller()
    frame: ParameterFrame | None = None
    images = Sender(links.images, links.handover)
    status = links.engine_status
    times: deque[float] = deque(maxlen=3600)
    done, heartbeat = 0, child.Heartbeat()

    def say() -> None:
        live = playing.engine
        status.say(
            EngineStatus(
                phase=Phase.READY,
                model=playing.name,
                mistake=playing.mistake or masks.mistake,
                coming=playing.coming.words(now()) if playing.coming is not None else "",
                backend=live.name,
                device=live.device,
                precision=live.precision,
                transport=images.transport,
                images=images.way,
                ms=percentiles([1000 * t for t in times]),
                rendered=done,
                changing=playing.changing,
                start={"model": playing.name, **begun.as_dict()},
                **teller.describe(playing, frame),
            )
        )

    say()
    child.settle()
    seen = asked_for = given_up = 0
    started, changing = playing.name, False
    try:
        while life.goes_on():
            links.parameters_bell.wait(0.1)
            if links.model.sequence != asked_for and (wanted := links.model.read()) is not None:
                asked_for = wanted[0]
                playing.ask(wanted[1].tobytes().decode())
            if links.quality.sequence != given_up and (told := links.quality.read()) is not None:
                given_up = told[0]
                playing.reduce(Reduction(**json.loads(told[1].tobytes())))
            found = links.parameters.read()
            if found is not None and found[0] != seen:
                seen = found[0]
                began = now()
                frame = parameters.unpack(found[1])
                stays = images.stays(playing.on_device, playing.engine.name)
                image = playing.draw(frame) if stays else playing.render(frame)
                took = now() - began
                images.send(image, took)
                links.images_bell.ring()
                done += 1
                times.append(took)
                playing.rest()
                if playing.name != started:
                    started, begun = playing.name, _facts(playing)
            if heartbeat.due(playing.changing != changing):
                changing = playing.changing
                say()
                masks.step()
        say()
    finally:
        masks.close()
        playing.close()


def _facts(playing: Playing) -> quality_start.Start:
    """What the stage must know of the generator that plays now."""
    light, small, both = (playing.cost(what) for what in _REDUCTIONS.values())
    return quality_start.Start(light, small, both)


def _start(playing: Playing, options: ShowOptions) -> quality_start.Start:
    """The same, and what a picture takes alone; whatever the stage may ask for soon is ready when this returns, since
    what is compiled in the background of a show makes its pictures late."""
    found = _facts(playing)
    if playing.engine.name == "testcard":
        return found
    live, generator = playing.engine, playing.generator
    costs = quality_start.Costs(live.device, live.precision, generator.fingerprint if generator is not None else "")
    steps = found.steps(True)
    if options.quality != "auto":
        step = quality_steps.nearest(steps, options.quality)
        playing.prepare(Reduction(step.light, step.small), next(live_frames(1, 0)))
        return found
    if (kept := costs.read()) is not None:  # all is compiled since then, and what begins is soon opened
        step = kept.steps(True)[quality_steps.begin(kept.steps(True), kept.alone_s, quality_steps.DRAWS_S, options.fps)]
        playing.prepare(Reduction(step.light, step.small), next(live_frames(1, 0)))
        return kept
    whole_s = quality_start.alone_s(playing.render)
    took: dict[Reduction, float] = {}
    if whole_s * options.fps > (_MEASURE_FROM_LOAD_ON_DEVICE if playing.on_device else _MEASURE_FROM_LOAD):
        for what in dict.fromkeys(Reduction(step.light, step.small) for step in steps):
            playing.prepare(what, next(live_frames(1, 0)))
            if what != NOT_REDUCED:
                playing.reduce(what)
                took[what] = quality_start.alone_s(playing.render)
        playing.reduce(NOT_REDUCED)
    # half of the products is not half of the time: what was measured counts
    measured = {name: min(took[what] / whole_s, 1.0) for name, what in _REDUCTIONS.items() if what in took}
    found = replace(found, alone_s=whole_s, **measured)
    costs.write(found)
    return found


def _program(options: ShowOptions, links: Links) -> mapping.Program:
    """The mapping that the show plays: the file's, or, where that is broken by now, the last good one."""
    try:
        return composition.load_mapping(options.mapping, stems=options.stems, model=options.model)
    except LivevizError:
        if (kept := links.mapping.read()) is None:
            raise
        return composition.load_mapping(kept[1].tobytes().decode(), Path(options.mapping), options.stems, options.model)


def _begin(options: ShowOptions, links: Links, bends: Any, mask: noise_mask.Mask) -> Playing:
    """The generator of the show's beginning, or, after a death, the one that was asked for last."""

    def fits(size: tuple[int, int]) -> bool:
        return wire.image_bytes(*size) <= links.images.size

    def prepared(name: str, before: str | None, stages: bending.Topology, wanted: Any, told: Any) -> None:
        precompile.prepare(name, before, stages, options, wanted, told)

    opener = Opener(options.backend, (options.size, options.wide), mask, prepared)
    budget = _DRAWING_RATIO / options.fps
    if (asked := links.model.read()) is not None:
        name = asked[1].tobytes().decode()
        try:
            return Playing(name, bends, fits, opener, budget)
        except LivevizError as error:
            _log.warning("model %s: %s; back to %s", name, error, options.model)
    return Playing(options.model, bends, fits, opener, budget)
