"""Figures of a show: percentiles, and the layout of `--stats` as the design fixes it."""

from collections.abc import Sequence

import numpy as np


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """{"p50", "p95", "p99"} of `values`; zeros where there are none."""
    if not len(values):
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    p50, p95, p99 = np.percentile(np.asarray(values, float), [50, 95, 99])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "p99": round(float(p99), 3)}


def compose(ears: dict, hands: dict, engine: dict, stage: dict) -> dict:
    """The `--stats` object from what the four children said last."""
    applied = stage.get("applied", {})
    none = {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    osc, midi = hands.get("osc", {}), hands.get("midi", {})
    return {
        "frames": stage.get("frames", {"rendered": 0, "presented": 0, "late": 0, "fps": 0.0, "interval_ms": none}),
        "engine": {
            "model": engine.get("model", ""),
            "backend": engine.get("backend", ""),
            "device": engine.get("device", ""),
            "precision": engine.get("precision", ""),
            "pictures": engine.get("pictures", ""),
            "ms": engine.get("ms", none),
        },
        "audio": {
            "source": ears.get("source", ""),
            "sample_rate": ears.get("sample_rate", 0),
            "hops": ears.get("hops", 0),
            "dropped": ears.get("dropped", 0),
            "reconnects": ears.get("reconnects", 0),
        },
        "latency_ms": {"audio_to_frame": stage.get("audio_to_frame", none)},
        "control": {
            "osc": {
                "received": osc.get("received", 0),
                "applied": applied.get("osc", 0),
                "rejected": osc.get("rejected", 0),
                "dropped": osc.get("dropped", 0),
            },
            "midi": {
                "received": midi.get("received", 0),
                "applied": applied.get("midi", 0),
                "rejected": midi.get("rejected", 0),
                "reconnects": midi.get("reconnects", 0),
            },
        },
        "quality": stage.get("quality", {"step": "", "changes": 0, "reason": ""}),
        "start": {"first_frame_s": stage.get("first_frame_s", 0.0)},
        "restarts": stage.get("restarts", {}),
    }
