"""Figures of a show: percentiles, and the layout of `--stats` as the design fixes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liveviz.runtime.ipc.links import Statuses


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """{"p50", "p95", "p99"} of `values`; zeros where there are none."""
    if not len(values):
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    p50, p95, p99 = np.percentile(np.asarray(values, float), [50, 95, 99])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "p99": round(float(p99), 3)}


RESTART_KEYS = {"stage": "stage", "engine": "engine", "control": "hands", "audio": "ears"}
"""What `--stats` calls the processes: scripts read it."""


def compose(said: Statuses, restarts: Mapping[str, int]) -> dict[str, Any]:
    """The `--stats` object.

    Args:
        said: what the four processes said last. restarts: how often each was started again, by name.
    """
    audio, control, engine, stage = said.audio, said.control, said.engine, said.stage
    return {
        "frames": dict(stage.frames),
        "engine": {
            "model": engine.model,
            "backend": engine.backend,
            "device": engine.device,
            "precision": engine.precision,
            "pictures": engine.images,
            "ms": dict(engine.ms),
        },
        "audio": {
            "source": audio.source,
            "sample_rate": audio.sample_rate,
            "hops": audio.hops,
            "dropped": audio.dropped,
            "reconnects": audio.reconnects,
        },
        "latency_ms": {"audio_to_frame": dict(stage.audio_to_frame)},
        "control": {
            "osc": {
                "received": control.count("osc", "received"),
                "applied": stage.applied.get("osc", 0),
                "rejected": control.count("osc", "rejected"),
                "dropped": control.count("osc", "dropped"),
            },
            "midi": {
                "received": control.count("midi", "received"),
                "applied": stage.applied.get("midi", 0),
                "rejected": control.count("midi", "rejected"),
                "reconnects": control.count("midi", "reconnects"),
            },
        },
        "quality": dict(stage.quality),
        "start": {"first_frame_s": stage.first_frame_s},
        "restarts": {RESTART_KEYS[name]: count for name, count in restarts.items()},
    }
