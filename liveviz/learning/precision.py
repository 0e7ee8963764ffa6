"""The precision that training runs in. It is read from the processor and not measured: a run that was stopped and goes on
must be the same run to the bit, whatever else the machine was doing."""

import os

import torch

CAP_VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""Environment variables that keep torch's convolutions from instructions of the processor."""
_CAPS_WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16 that torch may use; without, it is emulated, many times slower than
    float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if any(os.environ.get(cap, "").upper() in _CAPS_WITHOUT_BFLOAT16 for cap in CAP_VARIABLES):
        return False
    units = torch.cpu.get_capabilities()
    return bool(units.get("avx512_bf16") or units.get("amx_bf16"))


def training_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device has it, else float32."""
    return torch.bfloat16 if has_bfloat16(device) else torch.float32
