"""Everything that liveviz knows about PortAudio in one place. PortAudio lists the devices once, when it is initialised;
it is not safe to enter from two threads; and its calls can hang for ever when a sound server stops answering. So each
call goes through one lock and, where somebody waits for it, through `bounded`. Devices are known by name: numbers change
when something is plugged in."""

import atexit
import ctypes
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from liveviz.spec import LivevizError

LOG = logging.getLogger("liveviz.inputs")
ANSWER_WITHIN = 4.0
T = TypeVar("T")

_LOCK = threading.RLock()
_OPEN_STREAMS: list[
    Any
] = []  # every stream that PortAudio may still call: also keeps abandoned ones from being collected


@dataclass(frozen=True, slots=True)
class Device:
    """One sound device: `inputs` and `outputs` are channels, 0 where it has none; `default_rate` is in Hz."""

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    default_rate: int
    default_input: bool = False
    default_output: bool = False


class NoAnswer(LivevizError):
    """The sound system hangs, and will as long as this process lives: a thread of it is inside."""


def bounded(call: Callable[[], T], seconds: float, what: str) -> T:
    """Run `call` in a thread of its own and wait for it at most `seconds`.

    Raises:
        NoAnswer: "<what> does not answer": the thread is left behind.
        Whatever `call` raises.
    """
    result: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            result.append(call())
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            errors.append(error)

    thread = threading.Thread(target=work, name="liveviz-portaudio", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not result:
        raise NoAnswer(f"{what} does not answer")
    return result[0]


def load() -> ModuleType:
    """The sounddevice module, PortAudio initialised.

    Raises:
        LivevizError: PortAudio is missing or does not start.
    """
    with _LOCK:
        first = "sounddevice" not in sys.modules
        try:
            import sounddevice
        except OSError as error:
            raise LivevizError("PortAudio is missing (Debian, Ubuntu: apt install libportaudio2)") from error
        except Exception as error:  # PortAudioError cannot be named while its module fails
            raise LivevizError(f"PortAudio does not start: {error}") from error
        if first:
            _hush()
            _leave_without_asking(sounddevice)
        return sounddevice


def _hush() -> None:
    """Keep ALSA from writing its own error lines to the user's terminal: liveviz says it in one.

    ALSA takes a C function to print with. labs() of libc has no effect whatever it is given, needs no interpreter and
    stays valid while the process ends.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        nothing = ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p)
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(nothing)
    except (OSError, AttributeError) as error:
        LOG.debug("ALSA keeps its own error lines: %s", error)


def _leave_without_asking(sounddevice: ModuleType) -> None:
    """Let the program end even where a sound server hangs: PortAudio is neither asked to clean up, which would wait for the
    server, nor unloaded under a thread that is still inside it, which would crash. Streams are closed by their owners.
    """
    handler = getattr(sounddevice, "_exit_handler", None)
    if handler is not None:
        atexit.unregister(handler)
    try:
        ctypes.CDLL(getattr(sounddevice, "_libname", "portaudio"))  # ctypes never unloads
    except OSError as error:
        LOG.debug("PortAudio is not held: %s", error)


def refresh() -> None:
    """Let PortAudio list the devices again; skipped while any stream is open, since it would close them all."""
    sd = load()
    with _LOCK:
        if _OPEN_STREAMS:
            return
        try:
            sd._terminate()
            sd._initialize()
        except sd.PortAudioError as error:
            raise LivevizError(f"PortAudio does not start: {error}") from error


def list_devices() -> list[Device]:
    """Every device that PortAudio has listed.

    Raises:
        LivevizError: PortAudio is missing or broken (NoAnswer: it hangs).
    """

    def ask() -> list[Device]:
        sd = load()
        with _LOCK:
            try:
                apis = [api["name"] for api in sd.query_hostapis()]
                found = list(sd.query_devices())
            except sd.PortAudioError as error:
                raise LivevizError(f"PortAudio cannot list the sound devices: {error}") from error
            default_in, default_out = sd.default.device
        return [
            Device(
                index=d["index"],
                name=str(d["name"]),
                host_api=apis[d["hostapi"]],
                inputs=d["max_input_channels"],
                outputs=d["max_output_channels"],
                default_rate=round(d["default_samplerate"]),
                default_input=d["index"] == default_in and d["max_input_channels"] > 0,
                default_output=d["index"] == default_out and d["max_output_channels"] > 0,
            )
            for d in found
        ]

    return bounded(ask, ANSWER_WITHIN, "the sound system")


def find_input(name: str) -> Device:
    """The input device of that name: the whole name first, else any part of it; upper or lower case.

    Raises:
        LivevizError: there is none; names those there are.
    """
    inputs = [d for d in list_devices() if d.inputs > 0]
    if (device := _named(name, inputs)) is not None:
        return device
    if not inputs:
        raise LivevizError(f"{name}: no such file, and there is no sound input on this machine")
    names = ", ".join(dict.fromkeys(d.name for d in inputs))
    raise LivevizError(f"{name}: no such file or sound input; inputs there are: {names}")


def find_output(name: str | None) -> Device:
    """The output device of that name, as in `find_input`; None for the system's default.

    Raises:
        LivevizError: there is none; names those there are.
    """
    outputs = [d for d in list_devices() if d.outputs > 0]
    if name is None:
        outputs = [d for d in outputs if d.default_output] or outputs[:1]
    if not outputs:
        raise LivevizError("there is no sound output on this machine")
    device = _named(name, outputs) if name is not None else outputs[0]
    if device is None:
        names = ", ".join(dict.fromkeys(d.name for d in outputs))
        raise LivevizError(f"output {name!r:.80}: no such sound output; there are: {names}")
    return device


def _named(name: str, devices: list[Device]) -> Device | None:
    """The device called so: the whole name first, else any part of it; upper or lower case."""
    wanted = name.strip().lower()
    for fits in (
        lambda d: d.name.lower() == wanted,
        lambda d: f"{d.name}, {d.host_api}".lower() == wanted,
        lambda d: bool(wanted) and wanted in d.name.lower(),
    ):
        for device in devices:
            if fits(device):
                return device
    return None


def default_input() -> Device:
    """The system's default input.

    Raises:
        LivevizError: there is none.
    """
    for device in list_devices():
        if device.default_input:
            return device
    raise LivevizError("there is no sound input on this machine")


def open_stream(kind: str, what: str, **settings: Any) -> Any:
    """Open (not start) an `InputStream` or `OutputStream` of sounddevice.

    Raises:
        LivevizError: it cannot be opened; `what` names it.
    """
    sd = load()
    with _LOCK:
        try:
            stream = getattr(sd, kind)(**settings)
        except (sd.PortAudioError, ValueError) as error:
            reason = str(error).partition(": ")[2] or str(error)
            raise LivevizError(f"{what} cannot be opened ({reason})") from error
        _OPEN_STREAMS.append(stream)
        return stream


def start_stream(stream: Any, what: str) -> None:
    """Start it; LivevizError where it does not."""
    sd = load()
    with _LOCK:
        try:
            stream.start()
        except sd.PortAudioError as error:
            raise LivevizError(f"{what} does not start ({error})") from error


def close_stream(stream: Any) -> None:
    """Abort and close it. May never return (see `bounded`)."""
    sd = load()
    with _LOCK:
        try:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
        except sd.PortAudioError as error:
            LOG.debug("closing a stream: %s", error)
        _OPEN_STREAMS.remove(stream)


class BlockTimes:
    """When the last sample of each block was captured, or is heard, on the show's clock.

    PortAudio says how far the block is from now; drivers get that wrong (a PulseAudio monitor claims half a second for
    the first second), and callbacks come in pairs. So what is implausible is replaced, and the rest follows the count of
    samples with a slow correction (a first-order loop, 1/16 per block): jitter goes, drift is followed.

    Args:
        now: the show's clock.
        low, high: plausible offsets from now, seconds.
        fallback: the offset to use in place of an implausible one.
    State: time of the last block.
    """

    GAIN = 1 / 16
    JUMP = 0.05

    def __init__(self, now: Callable[[], float], low: float, high: float, fallback: float) -> None:
        self._now, self._low, self._high, self._fallback = now, low, high, fallback
        self._time = float("-inf")

    def step(self, offset: float, seconds: float) -> float:
        """Time of the end of the next block, which lasts `seconds` and is `offset` seconds from now."""
        if not self._low <= offset <= self._high:
            offset = self._fallback
        measured = self._now() + offset
        expected = self._time + seconds
        error = measured - expected
        self._time = expected + self.GAIN * error if abs(error) < self.JUMP else max(measured, self._time)
        return self._time
