"""The `tensorrt` backend: everything that needs no GPU (building plans does not), and, marked gpu, the rest. TensorRT
for RTX is used where it is installed; the cache of plans needs neither."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foreign_files import FIXTURES
from heart import frame, plain_generator, relative_error, small
from waiting import wait_until

from liveviz import bending, engine, models
from liveviz.engine import engine as show
from liveviz.engine import layers_of, registry
from liveviz.engine.backends.tensorrt import backend as tensorrt
from liveviz.engine.backends.tensorrt import plan as tensorrt_plan
from liveviz.engine.stylegan.rewrite import rewrite
from liveviz.models import Generator
from liveviz.models.importing import import_file
from liveviz.spec import BendSetting, LivevizError
from liveviz.system.cache import Cache

FILES = sorted(p for p in FIXTURES.glob("*") if p.suffix in (".pkl", ".pt"))
installed = pytest.mark.skipif(
    not (tensorrt_plan.module_name() or "").startswith("tensorrt_rtx"), reason="TensorRT for RTX is not installed"
)


def build(generator: Generator, bends: tuple[BendSetting, ...] = (), half: bool = True, to: str | None = None) -> bytes:
    topology = bending.stages(bends, layers_of(generator.config))
    return tensorrt_plan.build_plan(tensorrt_plan.load_module(), rewrite(generator), topology, half, to)


@installed
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_fixture_builds_without_a_gpu(path: Path) -> None:
    generator, _ = import_file(path)
    plan = build(generator)
    weights = sum(conv.weight.size for conv in rewrite(generator).convs)
    assert len(plan) > 2 * weights  # half precision


@installed
@pytest.mark.parametrize("architecture", ["stylegan2-orig", "stylegan2-resnet"])
def test_the_other_architectures_build(architecture: str) -> None:
    assert build(plain_generator(small(32, architecture=architecture)))


@installed
def test_every_bend_builds_at_once() -> None:
    """The topology with every op that has nodes, moves on all and on some channels, in both precisions."""
    generator = plain_generator(small(32))
    names = [name for name in bending.ops() if bending.kind(name) in ("nodes", "warp", "drift")]
    bends = tuple(BendSetting(name, layer, 0.3) for name in names for layer in (8, 32))
    for half in (True, False):
        assert build(generator, bends, half)


@installed
def test_a_1024_network_builds_for_the_cards_that_people_have() -> None:
    generator = models.new(models.GeneratorConfig(1024, 32768, 512, z_dim=64, w_dim=64, mapping_layers=1))
    made = rewrite(generator)
    trt = tensorrt_plan.load_module()
    sizes = [len(tensorrt_plan.build_plan(trt, made, frozenset(), True, to)) for to in (None, "SM120")]
    assert all(size > 2 * sum(conv.weight.size for conv in made.convs) for size in sizes)


@installed
def test_what_tensorrt_refuses_is_one_line_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(o, *_):  # type: ignore[no-untyped-def]
        a, b = (o.input(name, (1, 4, 8, 8), dtype) for name, dtype in (("a", o.trt.float16), ("b", o.trt.float32)))
        o.output(o.network.add_elementwise(a, b, o.trt.ElementWiseOperation.SUM).get_output(0), "y")

    monkeypatch.setattr(tensorrt_plan.tensorrt_graph, "Graph", mixed)
    with pytest.raises(LivevizError, match=r"backend tensorrt: cannot build this generator: .*type") as error:
        build(plain_generator(small(16)))
    assert "\n" not in str(error.value)


@installed
def test_a_plan_is_built_for_the_card_where_it_is_known() -> None:
    trt = tensorrt_plan.load_module()
    assert tensorrt_plan.capability_of(trt, 8, 9) == "SM89" and tensorrt_plan.capability_of(trt, 12, 0) == "SM120"
    assert (
        tensorrt_plan.capability_of(trt, 9, 0) is None
    )  # Hopper: what the library builds by itself, for later cards too


class Library:
    __name__, __version__ = "tensorrt_rtx", "1.7.1"


def about(**changes: object) -> dict[str, object]:
    words: dict = {
        "trt": Library,
        "generator": plain_generator(small(16), 1),
        "topology": frozenset(),
        "precision": "f16",
        "gpu": ("RTX 4090", (8, 9)),
        "capability": "SM89",
    }
    return tensorrt.facts(**{**words, **changes})


def test_whatever_makes_a_plan_stale_changes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = Cache(tmp_path, "plans")

    class Newer(Library):
        __version__ = "1.8.0"

    found = [
        about(),
        about(trt=Newer),
        about(generator=plain_generator(small(16), 2)),
        about(topology=frozenset({bending.BendSlot(8, "*move")})),
        about(precision="f32"),
        about(gpu=("RTX 4080", (8, 9))),
        about(gpu=("RTX 4090", (8, 6))),
        about(capability=None),
    ]
    monkeypatch.setattr(tensorrt, "driver_version", lambda: "580.65.06")
    found.append(about())
    monkeypatch.setattr(tensorrt.platform, "system", lambda: "Windows")
    found.append(about())
    monkeypatch.setattr(tensorrt.tensorrt_graph, "__file__", tensorrt.cuda.__file__)  # the program's own sources
    found.append(about())
    assert len({plans.path(facts) for facts in found}) == len(found)
    assert plans.path(about()) == plans.path(about())


def test_without_a_gpu_the_answer_is_one_line() -> None:
    if engine.available("tensorrt")[0]:
        pytest.skip("there is an NVIDIA GPU here")
    with pytest.raises(LivevizError, match="backend tensorrt: does not run here: ") as error:
        engine.create("tensorrt", plain_generator(small(16)))
    assert "\n" not in str(error.value)


def test_cuda_plays_while_a_plan_is_built(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """With openvino in the place of cuda, and reference in that of tensorrt, which this machine has."""
    import threading

    go, real, plain = threading.Event(), show.create, plain_generator(small(16))
    generator = replace(plain, directions=models.pca(plain, 64, 2))
    fails = False

    def slow(name, *args, **kwargs):  # type: ignore[no-untyped-def]
        if name == "reference":
            assert go.wait(60)
            if fails:
                raise LivevizError("backend reference: no")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(show, "create", slow)
    monkeypatch.setattr(show, "stand_in", lambda name: "openvino")
    made = engine.Engine("reference", generator, threads=1)
    assert made.name == "openvino" and made.render(frame()).pixels.any()
    go.set()
    wait_until(lambda: made.render(frame()) and made.name == "reference", 60.0, "the reference has taken over")
    made.close()
    fails = True
    made = engine.Engine("reference", generator, threads=1, wait=True)  # offline nothing plays meanwhile
    assert made.name == "openvino" and "backend reference: no; openvino plays instead" in caplog.text
    made.close()


def test_only_what_takes_long_has_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "available", lambda name: (True, "so says the test"))
    assert {name: registry.stand_in(name) for name in engine.backends()} == {
        "cuda": None,
        "openvino": None,
        "reference": None,
        "tensorrt": "cuda",
        "testcard": None,
    }
    monkeypatch.setattr(registry, "available", lambda name: (False, "so says the test"))
    assert registry.stand_in("tensorrt") is None


@pytest.mark.gpu
@installed
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_fixture_on_the_card(path: Path, tmp_path: Path) -> None:
    generator = replace(import_file(path)[0], directions=None)
    known = np.load(path.with_suffix(".npz"))
    mapping = models.MappingNetwork(generator)
    ws = mapping.ws(mapping(known["z"], known["c"] if generator.config.classes else None), 0.7)
    for _ in range(2):  # built, then from the cache
        made = engine.create("tensorrt", generator, cache=tmp_path)
        assert relative_error(made.synthesize(ws), known["img_psi07"]) < 2e-2
        truth = engine.create("reference", generator).render(frame()).pixels.astype(int)
        assert np.percentile(np.abs(made.render(frame()).pixels.astype(int) - truth), 99) <= 8
        made.close()
