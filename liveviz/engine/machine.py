"""What this machine has to draw with, in words for `liveviz doctor`."""

import os
import platform
from dataclasses import dataclass

from liveviz.engine.backends.openvino.device import ISA_VARIABLE, devices

_X86_FEATURES = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512_f",),
    "VNNI": ("avx512_vnni", "avx_vnni"),
    "bf16": ("avx512_bf16", "amx_bf16"),
    "AMX": ("amx_tile",),
}
_ARM_FEATURES = {
    "NEON": ("neon",),
    "dot products": ("dot",),
    "bf16": ("bf16",),
    "int8 matrices": ("i8mm",),
    "SVE": ("sve",),
}


@dataclass(frozen=True)
class ProcessorFacts:
    """name: as it calls itself. cores: that this process may use. has, lacks: of the instructions that make networks fast
    on processors of its kind. cap: what the environment keeps the engine to; empty where to nothing."""

    name: str
    cores: int
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    cap: str

    def __str__(self) -> str:
        words = [f"{self.name}, {self.cores} cores: {', '.join(self.has) or 'none of the instructions that help'}"]
        words += [f"no {', no '.join(self.lacks)}"] if self.has and self.lacks else []
        words += [f"kept to {self.cap} by {ISA_VARIABLE}"] if self.cap else []
        return "; ".join(words)


def processor() -> ProcessorFacts:
    """What torch finds out about the CPU."""
    import torch

    found = torch.cpu.get_capabilities()
    table = _ARM_FEATURES if "neon" in found else _X86_FEATURES
    has = tuple(name for name, keys in table.items() if any(found.get(key) for key in keys))
    name = str(found.get("cpu_name") or platform.processor() or platform.machine()).strip()
    lacks = tuple(name for name in table if name not in has)
    return ProcessorFacts(name, _cores(), has, lacks, os.environ.get(ISA_VARIABLE, ""))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def other_devices() -> list[str]:
    """What OpenVINO sees beside the CPU, like "GPU: Intel(R) Arc(TM) A770 Graphics"."""
    from liveviz.engine.backends.openvino.backend import library

    return [f"{name}: {maker}" for name, maker in devices(library().Core()).items() if name != "CPU"]
