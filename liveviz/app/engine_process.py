"""The child that draws the generator's pictures: the newest ParameterFrame in, an ImageFrame out."""

import logging
from collections import deque
from typing import Any

from liveviz.app import child, composition, noise_mask, wire
from liveviz.app.links import Links
from liveviz.app.model_change import Opener, Playing, prepare
from liveviz.app.options import ShowOptions
from liveviz.app.stats import percentiles
from liveviz.clock import now
from liveviz.spec import BendSetting, LivevizError

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Render whatever is newest until the show ends."""
    parameters = composition.parameter_wire()
    asked, mask = links.parameters.read(), None
    bends: tuple[BendSetting, ...] = ()
    try:
        program = composition.load_mapping(options.mapping, stems=options.stems)
        bends, mask = composition.bend_settings(program), noise_mask.of(program, options.mapping)
    except LivevizError as error:
        if asked is None:
            raise
        _log.warning("%s", error)  # the show is under way, and goes on
    if asked is not None:  # what it bends counts, not the file
        bends = parameters.unpack(asked[1]).bends
    playing = _begin(options, links, bends, mask)
    status = links.status["engine"]
    times: deque[float] = deque(maxlen=3600)
    done, said = 0, 0.0

    def say() -> None:
        live = playing.engine
        status.say(
            {
                "state": "ready",
                "model": playing.name,
                "mistake": playing.mistake,
                "backend": live.name,
                "device": live.device,
                "precision": live.precision,
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
                image = playing.render(parameters.unpack(found[1]))
                took = now() - began
                links.images.write(*wire.pack_image(image, took))
                links.images_bell.ring()
                done += 1
                times.append(took)
            if now() - said > _SAY_EVERY:
                said = now()
                say()
        say()
    finally:
        playing.close()


def _begin(options: ShowOptions, links: Links, bends: Any, mask: Any) -> Playing:
    """The generator of the show's beginning, or, after a death, the one that was asked for last."""

    def fits(size: tuple[int, int]) -> bool:
        return wire.image_bytes(*size) <= links.images.size

    def prepared(name: str) -> None:
        prepare(name, options)

    opener = Opener(options.backend, (options.size, options.wide), mask)
    if (asked := links.model.read()) is not None:
        name = asked[1].tobytes().decode()
        try:
            return Playing(name, bends, fits, opener, prepared)
        except LivevizError as error:
            _log.warning("model %s: %s; back to %s", name, error, options.model)
    return Playing(options.model, bends, fits, opener, prepared)
