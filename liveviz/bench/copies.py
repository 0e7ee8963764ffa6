"""How many images travel between GPU and host: counted by the driver's own tracing, so that "no host copy" is a figure
and not a claim."""

import json
import tempfile
from pathlib import Path
from typing import Any


class Copies:
    """How many images this process copies between GPU and host inside `with`, as the driver's own tracing saw them.

    Args:
        size: bytes of an image: nothing else that a frame needs is exactly as large.
    State: `count`, None where nothing could be traced.
    """

    def __init__(self, size: int, device: str) -> None:
        self._size, self._profiler = size, None
        self.count: int | None = None
        if device == "cuda":
            from torch.profiler import ProfilerActivity, profile

            self._profiler = profile(activities=[ProfilerActivity.CUDA])

    def __enter__(self) -> None:
        if self._profiler is not None:
            self._profiler.__enter__()

    def __exit__(self, *error: Any) -> None:
        if self._profiler is None:
            return
        self._profiler.__exit__(*error)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trace.json"
            self._profiler.export_chrome_trace(str(path))
            self.count = host_copies(json.loads(path.read_text()), self._size)


def host_copies(trace: dict[str, Any], size: int) -> int | None:
    """How many copies of `size` bytes between GPU and host are in a trace of torch's profiler; None where it has no copy
    of any kind, which no frame does without."""
    copies = [e for e in trace.get("traceEvents", []) if e.get("cat") == "gpu_memcpy"]
    across = [e for e in copies if any(way in e.get("name", "") for way in ("HtoD", "DtoH"))]
    return sum(e.get("args", {}).get("bytes") == size for e in across) if copies else None
