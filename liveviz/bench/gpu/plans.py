"""Step 5: TensorRT. Is there one, does it build, does this card take a plan (TensorRT for RTX names no Hopper: a plan of
its own choosing, and one for SM 8.0 and others), is its image right, and how fast is it?"""

from pathlib import Path

import numpy as np

from liveviz.bench.compare import Comparison, random_generator
from liveviz.bench.gpu.report import Report
from liveviz.engine import network, registry
from liveviz.engine.backends.tensorrt import plan as tensorrt_plan
from liveviz.models import GeneratorConfig
from liveviz.spec import LivevizError
from liveviz.system.clock import now

TARGET_CARDS = (None, "SM80", "SM86", "SM89", "SM120")
SEARCHED_FOLDERS = ("/usr", "/opt", "/usr/local")


def run(report: Report) -> None:
    """Look, build, load, compare, time."""
    name = tensorrt_plan.module_name()
    libraries = (
        [str(p) for place in SEARCHED_FOLDERS for p in Path(place).glob("**/libnvinfer.so*")][:3]
        if name is None
        else []
    )
    report.say("module", name or f"none; libraries: {', '.join(libraries) or 'none'}")
    if name is None:
        return
    trt = tensorrt_plan.load_module()
    report.say("version", trt.__version__)
    resolution, base, most = (32, 512, 16) if report.small else (256, 16384, 512)
    generator = random_generator(GeneratorConfig(resolution, base, most))
    made = network(generator)
    answers: dict[str, dict[str, float | str]] = {}
    for target in TARGET_CARDS if hasattr(trt, "ComputeCapability") else (None,):
        label, start = target or "its own choice", now()
        try:
            plan = tensorrt_plan.build_plan(trt, made, frozenset(), True, target)
        except LivevizError as error:
            report.say(f"plan for {label}", error, False)
            continue
        built = now() - start
        answers[label] = {"build_s": round(built, 2), "mb": round(len(plan) / 2**20, 1)}
        if report.device != "cuda":
            report.say(f"plan for {label}", f"{len(plan) / 2**20:.1f} MB in {built:.1f} s; not run: no GPU")
            continue
        try:
            start = now()
            tensorrt_plan.PlanNetwork(trt, plan, {}, None)
            answers[label]["load_s"] = round(now() - start, 2)
            report.say(f"plan for {label}", f"{len(plan) / 2**20:.1f} MB, loads in {answers[label]['load_s']} s", True)
        except LivevizError as error:
            answers[label]["refused"] = str(error)
            report.say(f"plan for {label}", str(error)[:150])
    report.keep(version=trt.__version__, plans=answers)
    if report.device == "cuda" and registry.available("tensorrt")[0]:
        _compare(report)


def _compare(report: Report) -> None:
    """The backend as a show opens it: its image, and its speed beside `cuda`."""
    for resolution, base in ((256, 16384), (1024, 32768)):
        generator = random_generator(GeneratorConfig(resolution, base))
        ws = np.random.RandomState(0).standard_normal((1, generator.config.num_ws, 512)).astype(np.float32)
        start = now()
        backend = registry.create("tensorrt", generator)
        opened = now() - start
        truth = registry.create("reference", generator, precision="f32").synthesize(ws)
        error = float(np.abs(backend.synthesize(ws) - truth).max() / np.abs(truth).max())
        backend.close()
        report.say(f"{resolution}²: opened in {opened:.1f} s, relative error", f"{error:.2e}", error <= 2e-2)
        comparison = Comparison(generator, now)
        for name, row in comparison.run(["cuda", "tensorrt"], 300):
            ms = row["ms"]
            report.say(f"{resolution}² {name}", f"{ms['p50']:.3f} / {ms['p95']:.3f} / {ms['p99']:.3f} ms")
            report.keep(**{f"{resolution} {name}": row})
