"""`liveviz doctor`: looks at every part of this machine that a show needs and says what is missing and how to get it."""

import argparse
import importlib.metadata
import platform
from collections.abc import Callable
from time import perf_counter

from liveviz import engine, models
from liveviz.bench.benchmark import pace
from liveviz.inputs.audio import sources
from liveviz.inputs.control.sources import midi
from liveviz.outputs import handover, window
from liveviz.outputs.headless import Headless
from liveviz.runtime import composition, paths
from liveviz.runtime.quality import steps as quality_steps
from liveviz.spec import LivevizError

MEASURING_SECONDS = 1.0  # that measuring the generators takes, beside opening them


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """One line per part; 1 where a show cannot run."""
    others = _others()
    needed: list[tuple[str, Callable[[], str]]] = [
        (
            "python",
            lambda: f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        ),
        ("mappings", lambda: f"{len([composition.load_mapping(p) for p in paths.mappings().glob('*.toml')])} good"),
        ("shaders", lambda: ", ".join(composition.shaders())),
        ("generator", _generator),
        ("processor", lambda: str(engine.processor())),
        ("engine", _engine),
        ("speed", _speed),
        ("OpenGL", _opengl),
    ]
    wanted: list[tuple[str, Callable[[], str]]] = [
        *(
            [("devices", lambda: f"{', '.join(others)}: seen by OpenVINO, for `--device`; not tested by us")]
            if others
            else []
        ),
        ("cache", lambda: str(paths.cache() or _missing("engines are compiled at every start"))),
        ("hand-over", _handover),
        ("display", _display),
        ("sound in", lambda: _sound(True)),
        ("sound out", lambda: _sound(False)),
        ("MIDI", lambda: ", ".join(midi.midi_ports()) or _missing("no port; plug a controller in")),
        ("video", lambda: f"PyAV {importlib.metadata.version('av')}"),
    ]
    broken = 0
    for required, parts in ((True, needed), (False, wanted)):
        for name, look in parts:
            try:
                print(f"ok       {name:<10} {look()}")
            except (LivevizError, OSError, RuntimeError, ImportError) as error:
                print(f"{'MISSING' if required else 'without':<8} {name:<10} {error}")
                broken += required
    return 1 if broken else 0


def _missing(what: str) -> str:
    raise LivevizError(what)


def _generator() -> str:
    generator = models.open_model("default", paths.model_folders())
    trained = "trained" if generator.card is not None and generator.card.trained else "untrained"
    return f"default, {generator.config.height}², {trained}"


def _engine() -> str:
    usable = [name for name in engine.backends() if engine.available(name)[0]]
    return f"{engine.choose('auto')} (there are: {', '.join(usable)})"


def _speed() -> str:
    """How fast each generator that comes with the program is, and the precision that it runs in."""
    name = engine.choose("auto")
    name = engine.stand_in(name) or name  # what plays at once
    found, shown, precisions = [], [], set[str]()
    shipped = models.list_models([paths.engines()])
    for number, (model, folder) in enumerate(shipped.items()):
        backend = engine.create(name, models.open_model(folder, []), cache=paths.cache())
        try:
            rate = pace(backend, now=perf_counter, seconds=MEASURING_SECONDS / len(shipped))
            found.append(f"{rate:.0f} {'' if number else 'images/s '}of {model}")
            shown.append(f"{quality_steps.in_show(rate):.0f} of {model}")
            precisions.add(backend.precision)
        finally:
            backend.close()
    beside = f"; in a show of 1280x720 whose effects the processor draws, {', '.join(shown)}"
    return f"about {', '.join(found)}, {name} by itself in {' and '.join(sorted(precisions))}{beside}"


def _others() -> list[str]:
    try:
        return engine.other_devices()
    except (ImportError, RuntimeError):  # the engine's line says so
        return []


def _opengl() -> str:
    screen = Headless((64, 64))
    try:
        return str(screen.ctx.info["GL_RENDERER"])
    finally:
        screen.close()


def _handover() -> str:
    screen = Headless((64, 64))
    try:
        shared, why = handover.probe(screen.ctx)
        if shared is None:
            return f"{handover.HostUpload.way} ({why})"
        shared.close()
        shared.driver.close()
        return shared.way
    finally:
        screen.close()


def _display() -> str:
    seen, reason = window.available()
    return ", ".join(window.monitors()) if seen else _missing(f"{reason}; shows run headless")


def _sound(inputs: bool) -> str:
    found, reason = sources.devices()
    names = [d.name for d in found if (d.inputs if inputs else d.outputs) > 0]
    return ", ".join(names[:4]) or _missing(reason or ("no device; the demo plays" if inputs else "no device"))
