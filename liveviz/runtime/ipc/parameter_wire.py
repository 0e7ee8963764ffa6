"""How a ParameterFrame lies in its mailbox: one record of a fixed layout, which the parent of a show makes once and hands to
all its children."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import BendSetting, Channels, LatentTerm, ParameterFrame, RowSetting
from liveviz.spec.limits import MAX_BENDS, MAX_CHANNELS, MAX_LATENTS, MAX_ROWS

LATENT_DTYPE = np.dtype([("seed", "<i8"), ("cls", "<i8"), ("weights", "<f8", 3)])
BEND_DTYPE = np.dtype(
    [
        ("op", "<i4"),  # its place among the names of all bends
        ("layer", "<i4"),
        ("amount", "<f8"),
        ("share", "<f8"),
        ("seed", "<i8"),
        ("chosen", "u1", MAX_CHANNELS // 8),  # one bit a channel; none is set where a share is drawn
    ]
)
ROW_DTYPE = np.dtype([("parameter", "<i4"), ("start", "<i4"), ("end", "<i8"), ("amount", "<f8")])


def layout(parameters: int) -> np.dtype[Any]:
    """The record of a ParameterFrame with so many parameters."""
    return np.dtype(
        [
            ("sequence", "<i8"),
            ("time", "<f8"),
            ("noise_phase", "<f8"),
            ("seed", "<i8"),
            ("beats", "<f8"),
            ("morph", "<f8"),
            ("signal_time", "<f8"),
            ("signal_sequence", "<i8"),
            ("latent_count", "<i4"),
            ("bend_count", "<i4"),
            ("row_count", "<i8"),
            ("values", "<f8", (parameters,)),
            ("latents", LATENT_DTYPE, MAX_LATENTS),
            ("bends", BEND_DTYPE, MAX_BENDS),
            ("rows", ROW_DTYPE, MAX_ROWS),
        ]
    )


class ParameterWire:
    """ParameterFrame to a record and back.

    Args:
        names: of all registered parameters, in the registry's order.
        ops: names of all bends, in a fixed order.
    """

    def __init__(self, names: Sequence[str], ops: Sequence[str]) -> None:
        self._names, self._ops = tuple(names), tuple(ops)
        self._op_places = {op: i for i, op in enumerate(ops)}
        self._places = {name: i for i, name in enumerate(names)}
        self._layout = layout(len(self._names))
        self.bytes = self._layout.itemsize

    def pack(self, frame: ParameterFrame) -> NDArray[np.uint8]:
        """uint8 `[bytes]`.

        Raises: ValueError where more is in it than `spec.limits` allow; who makes frames keeps to them.
        """
        content = np.zeros(self.bytes, np.uint8)
        record = content.view(self._layout)[0]
        parts = (
            ("latent", frame.latents, MAX_LATENTS),
            ("bend", frame.bends, MAX_BENDS),
            ("row", frame.rows, MAX_ROWS),
        )
        for what, found, most in parts:
            if len(found) > most:
                raise ValueError(f"parameters: {len(found)} {what}s in one frame; at most {most}")
            record[f"{what}_count"] = len(found)
        for field in ("sequence", "time", "noise_phase", "seed", "beats", "morph", "signal_time", "signal_sequence"):
            record[field] = getattr(frame, field)
        record["values"] = [frame.values[name] for name in self._names]
        for place, term in enumerate(frame.latents):
            record["latents"][place] = (term.seed, term.cls, term.weights)
        for place, bend in enumerate(frame.bends):
            channels = bend.channels
            chosen = np.zeros(MAX_CHANNELS, np.uint8)
            chosen[list(channels.chosen)] = 1
            bits = np.packbits(chosen, bitorder="little")
            op = self._op_places[bend.op]
            record["bends"][place] = (op, bend.layer, bend.amount, channels.share, channels.seed, bits)
        for place, row in enumerate(frame.rows):
            record["rows"][place] = (self._places[row.parameter], row.start, row.end, row.amount)
        return content

    def unpack(self, content: NDArray[np.uint8]) -> ParameterFrame:
        """The inverse of pack."""
        record = content.view(self._layout)[0]
        latents = record["latents"][: record["latent_count"]].tolist()
        rows = record["rows"][: record["row_count"]].tolist()
        return ParameterFrame(
            sequence=int(record["sequence"]),
            time=float(record["time"]),
            values=dict(zip(self._names, record["values"].tolist(), strict=True)),
            latents=tuple(LatentTerm(seed, cls, tuple(weights)) for seed, cls, weights in latents),
            bends=tuple(self._bend(bend) for bend in record["bends"][: record["bend_count"]]),
            noise_phase=float(record["noise_phase"]),
            seed=int(record["seed"]),
            beats=float(record["beats"]),
            morph=float(record["morph"]),
            signal_time=float(record["signal_time"]),
            signal_sequence=int(record["signal_sequence"]),
            rows=tuple(RowSetting(self._names[name], start, end, amount) for name, start, end, amount in rows),
        )

    def _bend(self, bend: Any) -> BendSetting:
        chosen = (
            np.flatnonzero(np.unpackbits(bend["chosen"], bitorder="little")).tolist() if bend["chosen"].any() else ()
        )
        channels = Channels(tuple(chosen), float(bend["share"]), int(bend["seed"]))
        return BendSetting(self._ops[int(bend["op"])], int(bend["layer"]), float(bend["amount"]), channels)
