"""What the steps find: rows of a table, facts for the file, and where the files go."""

import json
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liveviz.bench import graphics_card
from liveviz.system.clock import now
from liveviz.system.cuda_driver import driver_version
from liveviz.system.files import write_whole


@dataclass
class Report:
    """What one run found.

    folder: where files go. small: sizes for a test on a CPU. device: cuda or cpu.
    rows: (step, what, value, verdict: ok, BAD, or nothing where it is a figure).
    """

    folder: Path
    device: str
    small: bool
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    step: str = ""
    failed: int = 0

    def say(self, what: str, value: object, good: bool | None = None) -> None:
        """One row, printed at once."""
        verdict = "" if good is None else "ok" if good else "BAD"
        self.failed += verdict == "BAD"
        self.rows.append((self.step, what, str(value), verdict))
        print(f"{self.step:<9} {what:<54} {value!s:<44} {verdict}", flush=True)

    def keep(self, **facts: Any) -> None:
        """Into the JSON file, under the step's name."""
        self.facts.setdefault(self.step, {}).update(facts)

    def run(self, name: str, work: Callable[["Report"], None]) -> None:
        """One step. Whatever goes wrong in it is a row, and the next step has its turn."""
        self.step, start = name, now()
        try:
            work(self)
        except KeyboardInterrupt:
            raise
        except Exception as error:  # noqa: BLE001 - time on a GPU is rare: no step may cost the others
            lines = str(error).strip().splitlines() or [""]
            self.say(f"{type(error).__name__}", lines[0][:200], good=False)
        self.keep(seconds=round(now() - start, 1))
        self.write()

    def write(self) -> None:
        """The file as it stands: a run that is cut off has left what it found."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"machine": machine(self.device), "rows": self.rows, **self.facts}
        write_whole(self.folder / "gpu.json", json.dumps(content, indent=1).encode())


def machine(device: str) -> dict[str, str]:
    """GPU, driver and versions, in words."""
    import numpy

    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "numpy": numpy.__version__,
        "triton": _version("triton"),
        "tensorrt": next((v for n in ("tensorrt_rtx", "tensorrt_rtx_bindings", "tensorrt") if (v := _version(n))), ""),
        "driver": driver_version(),
        **graphics_card.facts(device),
    }


def _version(module: str) -> str:
    import importlib
    import importlib.util

    if module in sys.modules or importlib.util.find_spec(module) is not None:
        try:
            return str(getattr(importlib.import_module(module), "__version__", "there"))
        except (ImportError, OSError) as error:
            return f"does not load: {error}"
    return ""
