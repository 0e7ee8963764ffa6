"""Sound files, streamed: a two-hour set must open as fast as a jingle and take no more memory. libsndfile decodes wav,
flac, mp3 and ogg, FFmpeg the rest, and what libsndfile finds nothing in; what is handed over is made finite and bounded
here, so that no room behind this one has to doubt it."""

import logging
import os
import stat
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from liveviz.inputs.audio.contract import bounded_samples
from liveviz.inputs.audio.decoded import DecodedFile, speakers
from liveviz.spec import LivevizError

LOG = logging.getLogger("liveviz.inputs")
SAMPLE_RATES_HZ = (8_000, 192_000)
MAX_CHANNELS = 64
READ_ERRORS = (soundfile.SoundFileError, OSError)
_UNKNOWN_LENGTH = 1 << 62
# Bytes of a sample, and of what else a file may hold before its head is doubted
_WIDEST_SAMPLE_BYTES, _MAX_HEAD_BYTES = 8, 1 << 16
READABLE_KINDS = "wav, flac, mp3, ogg, m4a, aac, wma, and the sound of mp4, mov, webm"


class _Streamed(soundfile.SoundFile):
    """A SoundFile that is read straight on.

    soundfile seeks after every read of a seekable file; an mp3 decoder forgets its bit reservoir there, and most of the
    sound is gone. `seek` itself still works.
    """

    def seekable(self) -> bool:
        return False


class FileReader:
    """Reads one sound file from start to end.

    Args:
        path: any kind that libsndfile or FFmpeg knows, 8 to 192 kHz.
    Raises:
        LivevizError: missing, not a regular file, no sound file, empty, rate or channels out of range.
    State: position in the file. A file that breaks off or turns unreadable simply ends there, and the log says so;
    whether the file must be opened again before it can begin again.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._name = name = os.fspath(path)
        self._file = _open(name)
        # A name from another system may hold bytes that are no UTF-8: they are shown as "?".
        self.label = Path(name).name.encode("utf-8", "replace").decode("utf-8")
        self.sample_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.speakers = speakers(name) if self.channels > 2 else ()
        frames = self._file.frames
        self.duration: float | None = frames / self.sample_rate if 0 < frames < _UNKNOWN_LENGTH else None
        self._ended = self._lost = self._told = self._begun = False
        self._check()

    def _check(self) -> None:
        """Refuse what cannot be played, with the file closed again."""
        low, high = SAMPLE_RATES_HZ
        problem = None
        if not low <= self.sample_rate <= high:
            problem = f"sample rate {self.sample_rate} Hz is outside {low} to {high} Hz"
        elif self.channels > MAX_CHANNELS:
            problem = f"{self.channels} channels are more than {MAX_CHANNELS}"
        elif not len(self.read(1)):
            problem = "there is no sound in it (empty, or cut off before the first sample)"
        if problem:
            self.close()
            raise LivevizError(f"{self._name}: {problem}")
        self.rewind()

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32 `[n, channels]`, finite, within ±4; n < frames only at the end."""
        if self._ended:
            return np.zeros((0, self.channels), np.float32)
        out = np.empty((frames, self.channels), np.float32)
        n = 0
        try:
            # One read may stop short in the middle of a compressed file: only an empty one is the end.
            while n < frames:
                got = len(self._file.read(dtype="float32", always_2d=True, out=out[n:]))
                if not got:
                    break
                n += got
        except READ_ERRORS as error:
            if not self._told:  # once: a loop meets the same place again and again
                LOG.warning("%s: unreadable from %.1f s on, it ends there (%s)", self._name, self._position(), error)
            self._told = self._lost = True
            n = 0
        self._ended = n < frames
        self._lost |= not n and not self._begun  # nothing at its first sample: it was cut to nothing
        self._begun = True
        return bounded_samples(out[:n])

    def _position(self) -> float:
        try:
            return self._file.tell() / self.sample_rate
        except READ_ERRORS:
            return 0.0

    def rewind(self) -> None:
        """Go on at the first sample, in a file that could not be read opened again; where that fails, it stays ended."""
        self._ended = True
        try:
            if self._lost:
                self._reopen()
            self._file.seek(0)
        except (*READ_ERRORS, LivevizError) as error:
            LOG.debug("%s: cannot begin again (%s)", self._name, error)
            self._lost = True
            return
        self._ended = self._begun = False

    def _reopen(self) -> None:
        """Open the file again; LivevizError where it is not there, or holds another kind of sound than before."""
        found = _open(self._name)
        if (found.samplerate, found.channels) != (self.sample_rate, self.channels):
            found.close()
            raise LivevizError(f"{self._name}: another sample rate or number of channels than before")
        self._file.close()
        self._file, self._lost = found, False

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._ended = True
        self._file.close()


def _open(name: str) -> _Streamed | DecodedFile:
    _check_is_file(name)
    found: _Streamed | None = None
    try:
        found = _Streamed(os.fsencode(name))
        # What the head says is compared with the size: a recorder that crashed left it at nothing, or at the first second.
        enough = os.path.getsize(name) <= found.frames * found.channels * _WIDEST_SAMPLE_BYTES + _MAX_HEAD_BYTES
        if found.frames and enough and not (found.channels > 2 and found.format == "OGG"):  # it has an order of its own
            return found
    except (soundfile.SoundFileError, OSError, TypeError, ValueError):
        pass  # TypeError: a .raw file, whose format only its owner knows
    try:
        decoded = DecodedFile(name)
    except (OSError, ValueError) as error:
        if found is not None:
            return found
        raise LivevizError(f"{name}: not a sound file that liveviz reads ({READABLE_KINDS})") from error
    if found is not None:
        found.close()
    return decoded


def _check_is_file(name: str) -> None:
    """Only a regular file is opened: a pipe or a device would block or never end."""
    try:
        mode = os.stat(name).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise LivevizError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        raise LivevizError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if stat.S_ISDIR(mode):
        raise LivevizError(f"{name}: is a directory, not a sound file")
    if not stat.S_ISREG(mode):
        raise LivevizError(f"{name}: is not a regular file")
    if not os.access(name, os.R_OK):
        raise LivevizError(f"{name}: cannot be read (permission denied)")
    if os.path.getsize(name) == 0:
        raise LivevizError(f"{name}: is empty")
