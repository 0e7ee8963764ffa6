"""Step 1: is it right? Every fixture, every bend, replay with changing inputs, and memory, all on the `cuda` backend in
half precision against the float32 reference. The tests marked `gpu` call these same checks."""

import gc
import sys
from pathlib import Path

import numpy as np

from liveviz import bending
from liveviz.bench import graphics_card
from liveviz.bench.compare import random_generator
from liveviz.bench.gpu.report import Report
from liveviz.engine import layers_of, registry
from liveviz.engine.backends.cuda import fused
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.engine.trial_frames import live_frames, random_frames
from liveviz.models import Generator, GeneratorConfig, mapping_of
from liveviz.spec import CORE_PARAMETERS, BendSetting, ParameterFrame

HALF_TOLERANCE = 2e-2  # relative error that half precision may have
TOLERATED_LEVELS = 16  # of 255, 99 % of a bent image within
CHECKOUT_FOLDER = Path(__file__).parents[3]
FIXTURE_FOLDERS = (CHECKOUT_FOLDER / "shared" / "fixtures", CHECKOUT_FOLDER.parent / "shared" / "fixtures")


def run(report: Report) -> None:
    """All of it."""
    kernels(report)
    for path in fixtures():
        error = fixture(path, report.device)
        report.say(f"{path.name}: relative error of f16", f"{error:.2e}", error <= HALF_TOLERANCE)
    if not fixtures():
        report.say("fixtures", "there are none; a generated network instead")
    error = generated(report.device)
    report.say("generated 64², against the float32 reference", f"{error:.2e}", error <= HALF_TOLERANCE)
    worst = bends(report.device)
    for name, levels in worst.items():
        report.say(f"bend {name}: 99 % of the levels within", f"{levels:g} of 255", levels <= TOLERATED_LEVELS)
    report.say("a bend at its identity", *_said(identity(report.device)))
    report.say("replay with changing inputs", *_said(replay(report.device)))
    frames = 50 if report.small else 10_000
    host, device = memory(report.device, frames)
    report.say(f"growth over {frames} frames", f"{host:.1f} MB host, {device:.2f} MB GPU", host < 64 and device < 1)
    report.keep(bends=worst, growth_mb={"host": host, "gpu": device})


def _said(good: bool) -> tuple[str, bool]:
    return ("the same images" if good else "other images"), good


def fixtures() -> list[Path]:
    """Files with known images, where they are."""
    folder = next((f for f in FIXTURE_FOLDERS if f.is_dir()), None)
    return sorted(p for p in folder.glob("*") if p.suffix in (".pkl", ".pt")) if folder else []


def open_cuda(
    generator: Generator, device: str, settings: tuple[BendSetting, ...] = (), precision: str = "f16"
) -> Cuda:
    """The backend with a place for these bends."""
    return Cuda(generator, bending.stages(settings, layers_of(generator.config)), precision, device)


def fixture(path: Path, device: str, precision: str = "f16") -> float:
    """Relative error of the images that come with a file."""
    from liveviz.models.importing import import_file

    generator, _ = import_file(path)
    known = np.load(path.with_suffix(".npz"))
    mapping = mapping_of(generator)
    ws = mapping.ws(mapping(known["z"], known["c"] if generator.config.classes else None), 0.7)
    made = open_cuda(generator, device, precision=precision)
    try:
        return _error(made.synthesize(ws), known["img_psi07"])
    finally:
        made.close()


def _error(value: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(value - truth).max() / np.abs(truth).max())


def _network(resolution: int = 64) -> Generator:
    config = GeneratorConfig(
        resolution, 4096, 64, z_dim=64, w_dim=64, mapping_layers=2, mapping_lr=1.0, conv_clamp=256.0
    )
    return random_generator(config)


def generated(device: str) -> float:
    """Relative error of a random network against the float32 reference."""
    generator = _network()
    ws = np.random.RandomState(0).standard_normal((2, generator.config.num_ws, 64)).astype(np.float32)
    made = open_cuda(generator, device)
    try:
        return _error(made.synthesize(ws), registry.create("reference", generator).synthesize(ws))
    finally:
        made.close()


def bends(device: str) -> dict[str, float]:
    """By op, how far 99 % of the levels of a bent image are at most from the reference's."""
    generator, worst = _network(), {}
    reference = registry.create("reference", generator)
    for name, op in bending.ops().items():
        piece = op.PARAMETER
        amount = piece.identity + 0.3 * (piece.high - piece.identity)
        settings = tuple(BendSetting(name, layer, amount) for layer in (8, 32))
        made = open_cuda(generator, device, settings)
        shown = _frame(bends=settings)
        difference = np.abs(made.render(shown).pixels.astype(int) - reference.render(shown).pixels)
        worst[name] = float(np.percentile(difference, 99))
        made.close()
    return worst


def _frame(**changes: object) -> ParameterFrame:
    values = {p.name: p.default for p in CORE_PARAMETERS}
    plain = next(iter(live_frames(1, 3)))
    fields = {name: getattr(plain, name) for name in ParameterFrame.__slots__} | {"values": values} | changes
    return ParameterFrame(**fields)


def identity(device: str) -> bool:
    """Whether moves that move nothing change no bit."""
    generator = _network()
    moves = ("zoom", "rotate", "translate_x")
    rest = tuple(
        BendSetting(name, layer, bending.ops()[name].PARAMETER.identity) for name in moves for layer in (8, 64)
    )
    plain, bent = open_cuda(generator, device), open_cuda(generator, device, rest)
    same = bool((plain.render(_frame()).pixels == bent.render(_frame(bends=rest)).pixels).all())
    plain.close()
    bent.close()
    return same


def replay(device: str) -> bool:
    """Whether every frame of a captured graph is drawn from its own inputs: there and back again, the same images;
    and no two of different inputs are alike."""
    made = open_cuda(_network(), device, (BendSetting("zoom", 16, 0.1),))
    frames = list(random_frames(8, 1, frozenset({16})))
    there = [made.render(frame).pixels for frame in frames]
    back = [made.render(frame).pixels for frame in reversed(frames)][::-1]
    made.close()
    alike = all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(there, back, strict=True))
    return alike and len({image.tobytes() for image in there}) == len(frames)


def memory(device: str, frames: int) -> tuple[float, float]:
    """MB that the process and the GPU have more after so many frames."""
    made = open_cuda(_network(), device, (BendSetting("zoom", 16, 0.1),))

    def used() -> tuple[float, float]:
        gc.collect()
        if sys.platform == "win32":  # which does not say
            return 0.0, graphics_card.reserved_mb(device)
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return peak, graphics_card.reserved_mb(device)

    for frame in random_frames(50, 0, frozenset({16})):
        made.render(frame)
    before = used()
    for frame in random_frames(frames, 1, frozenset({16})):
        made.render(frame)
    after = used()
    made.close()
    return after[0] - before[0], after[1] - before[1]


def kernels(report: Report) -> None:
    """The Triton kernels against torch, where they are used."""
    if not fused.in_use(report.device):
        report.say("Triton kernels", "not used here; torch does the same")
        return
    for name, error in fused.trial(report.device).items():
        report.say(f"kernel {name}: largest difference from torch", f"{error:.1e}", error < fused.TOLERATED_ERROR)
