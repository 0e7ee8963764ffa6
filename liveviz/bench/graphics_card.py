"""What a report of a GPU says about it: torch, the card, and how much of its memory is taken."""

import torch


def facts(device: str) -> dict[str, str]:
    """torch's version and, on `cuda`, the card in words."""
    found = {"torch": torch.__version__, "gpu": "none"}
    if device == "cuda":
        major, minor = torch.cuda.get_device_capability(0)
        found["gpu"] = f"{torch.cuda.get_device_name(0)}, SM {major}.{minor}, CUDA {torch.version.cuda}"
    return found


def reserved_mb(device: str) -> float:
    """MB of the card's memory that torch holds; 0 on a CPU."""
    return torch.cuda.memory_reserved() / 2**20 if device == "cuda" else 0.0
