"""Two channels out of any number, for what is heard in the room and what is recorded. Channels whose speakers are known are
folded as for a stereo set; those of a mixing desk are what the stems say; others go in pairs. Stems of a mix are added,
as the desk does, and where that is too loud it is turned down for a moment rather than cut off."""

import numpy as np
from numpy.typing import NDArray

from liveviz.spec import SoundChannels, Stems

_HALF_POWER = float(np.sqrt(0.5))
_RECOVERY_S = 0.5
_LEFT_NAMES, _RIGHT_NAMES = ("FL", "SL", "BL", "FLC", "WL"), ("FR", "SR", "BR", "FRC", "WR")


class Downmix:
    """Mono stays on both sides and stereo as it is, sample by sample.

    Args:
        channels: of the blocks. speakers: what each is for, as FFmpeg names them (FL, FR, FC, LFE, ...); () if unknown.
        listened: the channels that were asked for, () for all. stems: by name, as they were asked for.
    State: how far it is turned down.
    """

    def __init__(
        self, channels: int, speakers: tuple[str, ...] = (), listened: SoundChannels = (), stems: Stems = ()
    ) -> None:
        self.weights = np.zeros((channels, 2), np.float32)
        known = speakers if len(speakers) == channels and not (stems or listened) else ()
        for channel, name in enumerate(known):
            self.weights[channel] = _speaker(name)
        groups = [listened or range(channels), *(members for _, members in stems)]
        for members in groups if not known else ():
            for place, channel in enumerate(members):
                if channel < channels:
                    self.weights[channel] = _pair(place, len(members))
        self._plain = channels <= 2
        self._gain = 1.0

    def step(self, samples: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """`samples` float32 `[n, channels]`, which last so long, as `[n, 2]`, within ±1 where there were more than two."""
        if self._plain:
            return samples if samples.shape[1] == 2 else np.repeat(samples, 2, axis=1)
        mixed = samples @ self.weights
        peak = float(np.abs(mixed).max(initial=0.0))
        before = self._gain
        self._gain = min(1.0, 1.0 + (before - 1.0) * float(np.exp(-seconds / _RECOVERY_S)))
        if peak * self._gain > 1.0:
            self._gain = 1.0 / peak
        ramp = np.linspace(before, self._gain, len(mixed), dtype=np.float32)[:, None]
        return np.clip(mixed * ramp, -1.0, 1.0)


def _pair(place: int, count: int) -> tuple[float, float]:
    """Left and right of a channel among `count` of unknown speakers: pairs, and an odd last one in the middle."""
    if place == count - 1 and count % 2:
        return (1.0, 1.0) if count == 1 else (_HALF_POWER, _HALF_POWER)
    return (1.0, 0.0) if place % 2 == 0 else (0.0, 1.0)


def _speaker(name: str) -> tuple[float, float]:
    """Left and right of one speaker: ITU-R BS.775; the low effects channel is left out, as everybody does."""
    if name in ("FL", "FR"):
        return (1.0, 0.0) if name == "FL" else (0.0, 1.0)
    if name in _LEFT_NAMES or name in _RIGHT_NAMES:
        return (_HALF_POWER, 0.0) if name in _LEFT_NAMES else (0.0, _HALF_POWER)
    if name == "FC":
        return _HALF_POWER, _HALF_POWER
    return (0.0, 0.0) if name.startswith("LFE") else (0.5, 0.5)
