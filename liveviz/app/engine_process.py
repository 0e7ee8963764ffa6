"""The child that draws the generator's pictures: the newest ParameterFrame in, an ImageFrame out."""

import logging
from collections import deque

from liveviz import engine, models
from liveviz.app import child, composition, paths, wire
from liveviz.app.links import Links
from liveviz.app.options import ShowOptions
from liveviz.app.stats import percentiles
from liveviz.clock import now
from liveviz.spec import LivevizError

_log = logging.getLogger("liveviz.app")
_SAY_EVERY = 0.25


def body(options: ShowOptions, links: Links, life: child.Life) -> None:
    """Render whatever is newest until the show ends."""
    generator = None
    if options.backend != "testcard":
        generator = models.open_model(options.model, [paths.engines()])
    parameters = composition.parameter_wire()
    if (asked := links.parameters.read()) is not None:  # the show is under way: what it bends counts, not the file
        bends = frozenset(bend.layer for bend in parameters.unpack(asked[1]).bends)
    else:
        bends = composition.bend_layers(composition.load_mapping(options.mapping))
    live = engine.Engine(engine.choose(options.backend), generator, cache=paths.cache(), bends=bends)
    if live.size != links.picture:
        sizes = " to ".join(f"{w}x{h}" for w, h in (links.picture, live.size))
        raise LivevizError(f"model {options.model}: its pictures went from {sizes} during the show; start it again")
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
