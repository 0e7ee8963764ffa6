"""The child that draws the generator's pictures: the newest ParameterFrame in, an ImageFrame out."""

import logging
from collections import deque

from liveviz import engine, models
from liveviz.app import child, composition, paths, wire
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.app.stats import percentiles
from liveviz.clock import now

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Render whatever is newest until the show ends."""
    generator = None
    if options.backend != "testcard":
        generator = models.open_model(options.model, [paths.engines()])
    program = composition.load_mapping(options.mapping)
    live = engine.Engine(
        engine.choose(options.backend), generator, cache=paths.cache(), bends=composition.bend_layers(program)
    )
    parameters = composition.parameter_wire()
    status = links.status["engine"]
    times: deque[float] = deque(maxlen=3600)
    done, said = 0, 0.0

    def say() -> None:
        status.say(
            {
                "state": "ready",
                "backend": live.name,
                "device": live.device,
                "precision": live.precision,
                "ms": percentiles([1000 * t for t in times]),
                "rendered": done,
            }
        )

    say()
    child.settle()
    seen = 0
    try:
        while life.goes_on():
            links.parameters_bell.wait(0.1)
            found = links.parameters.read()
            if found is not None and found[0] != seen:
                seen = found[0]
                began = now()
                image = live.render(parameters.unpack(found[1]))
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
        live.close()
