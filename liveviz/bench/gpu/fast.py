"""Step 2: how fast? The eager reference, the reference in a CUDA graph, and `cuda`, at the sizes that people have; what
a bend costs; and beside all of it the roofline of this very card."""

from liveviz import bending
from liveviz.bench.benchmark import bench, bench_on_device
from liveviz.bench.compare import GRAPH_NAME, Comparison, random_generator
from liveviz.bench.gpu.report import Report
from liveviz.engine import layers_of, registry
from liveviz.engine.backends.cuda.backend import Cuda
from liveviz.models import GeneratorConfig
from liveviz.spec import BendSetting
from liveviz.system.clock import now

SIZES_PIXELS = ((256, 16384), (512, 32768), (1024, 32768))
GOAL_RATIOS = {256: 20.0, 1024: 8.0}  # times the eager reference
GRAPH_GOAL, P99_GOAL = 3.0, 1.5
BENT_LAYER = 64  # the layer whose bend is timed


def run(report: Report) -> None:
    """Every size; then the bends."""
    found = {}
    for resolution, base in ((32, 512),) if report.small else SIZES_PIXELS:
        generator = random_generator(GeneratorConfig(resolution, base, 32 if report.small else 512))
        comparison = Comparison(generator, now)
        wanted = ["reference", GRAPH_NAME, "cuda"] if report.device == "cuda" else ["reference"]
        rows = {}
        for name, row in comparison.run(wanted, 10 if report.small else 300):
            rows[name], ms = row, row["ms"]
            share = 100.0 * row["roofline_ms"] / ms["p50"]
            report.say(
                f"{resolution}² (base {base}) {name} {row['precision']}",
                f"{ms['p50']:.3f} / {ms['p95']:.3f} / {ms['p99']:.3f} ms, {row['ratio']:.1f}x, {share:.0f} % of roofline",
            )
        found[str(resolution)] = {"backends": rows, **comparison.facts()}
        if "cuda" in rows:
            fast = rows["cuda"]["ms"]
            if resolution in GOAL_RATIOS:
                report.say(
                    f"goal {GOAL_RATIOS[resolution]:g}x eager",
                    f"{rows['cuda']['ratio']:.1f}x",
                    rows["cuda"]["ratio"] >= GOAL_RATIOS[resolution],
                )
            captured = rows[GRAPH_NAME]["ms"]["p50"] / fast["p50"]
            report.say(f"goal {GRAPH_GOAL:g}x the captured reference", f"{captured:.1f}x", captured >= GRAPH_GOAL)
            report.say(
                f"goal p99 at most {P99_GOAL:g}x p50",
                f"{fast['p99'] / fast['p50']:.2f}x",
                fast["p99"] <= P99_GOAL * fast["p50"],
            )
        report.keep(sizes=found)
    bend_costs(report)


def bend_costs(report: Report) -> None:
    """What a gain, which folds, and a zoom, which reads and writes a layer, cost a frame."""
    resolution = 64 if report.small else 512
    generator = random_generator(
        GeneratorConfig(resolution, 4096 if report.small else 32768, 32 if report.small else 512)
    )
    times = {}
    for name in ("", "gain", "zoom"):
        settings = (BendSetting(name, BENT_LAYER, 0.3),) if name else ()
        stages = bending.stages(settings, layers_of(generator.config))
        if report.device == "cuda":
            from liveviz.bench.cuda import TimedBackend

            backend = registry.create("cuda", generator, bends=stages)
            assert isinstance(backend, Cuda)
            times[name] = bench_on_device(TimedBackend(backend), frames=300)["gpu_ms"]["p50"]
        else:
            backend = Cuda(generator, stages, "f32", "cpu")
            times[name] = bench(backend, now=now, frames=10)["ms"]["p50"]
        backend.close()
    for name in ("gain", "zoom"):
        report.say(
            f"{resolution}²: a {name} at {BENT_LAYER}² costs", f"{1e3 * (times[name] - times['']):.0f} us a frame"
        )
    report.keep(bend_us={name: round(1e3 * (times[name] - times[""]), 1) for name in ("gain", "zoom")})
