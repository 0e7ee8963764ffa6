"""The MIDI input ports of this machine, through libremidi: ALSA's sequencer and JACK on Linux, CoreMIDI, WinMM.

libremidi was chosen over rtmidi because it has wheels for every Python, tells when a port comes or goes, and is content
where there is no sequencer. Three of its habits shape this file. Its Python callbacks must never raise (the process
would end), so they only append to a queue. The libjack inside its wheel speaks an older protocol than today's servers,
so the system's own libjack is loaded first, with its symbols visible, and takes its place; where there is none, JACK is
left out. And it does not notice when a JACK server ends, so a client of our own, which carries no sound, watches it.
"""

import ctypes
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

log = logging.getLogger("liveviz.inputs")

SURVEY_S = 0.9  # a sequencer or server that does not answer within this is taken as not there
_NO_START_SERVER = 1  # JackNoStartServer: listening to knobs is no reason to start somebody's sound server
_SHUTDOWN_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _JackServer:
    """Whether a JACK server runs, asked with a client that is never activated.

    When a server has ended, everything that belonged to it must be closed before the next is looked for, or libjack
    frees what is still in use.
    State: the client while a server runs, None else.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._jack = library
        self._jack.jack_client_open.restype = ctypes.c_void_p
        self._jack.jack_on_shutdown.argtypes = [ctypes.c_void_p, _SHUTDOWN_CALLBACK, ctypes.c_void_p]
        self._jack.jack_client_close.argtypes = [ctypes.c_void_p]
        self._client: int | None = None
        self._ended = threading.Event()
        self._on_shutdown = _SHUTDOWN_CALLBACK(lambda _: self._ended.set())

    def ended(self) -> bool:
        """True from the end of the server until close()."""
        return self._ended.is_set()

    def meet(self) -> bool:
        """Look for a server where none is known; True where there is one."""
        if self._client is None:
            status = ctypes.c_int()
            self._client = self._jack.jack_client_open(b"liveviz", _NO_START_SERVER, ctypes.byref(status))
            if self._client is not None:
                self._jack.jack_on_shutdown(self._client, self._on_shutdown, None)
        return self._client is not None

    def close(self) -> None:
        """Leave the server."""
        if self._client is not None:
            self._jack.jack_client_close(self._client)
            self._client = None
        self._ended.clear()


def _system_jack() -> ctypes.CDLL | None:
    """The system's libjack, silenced, or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return None
    # libjack writes to stderr whenever no server answers; strlen takes the same argument, does nothing with it, and
    # unlike a Python function may be called from any thread at any time.
    quiet = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
    library.jack_set_error_function(quiet)
    library.jack_set_info_function(quiet)
    return library


def load_libremidi() -> tuple[ModuleType, ctypes.CDLL | None]:
    jack = _system_jack()  # before libremidi is loaded, see above
    import pylibremidi

    return pylibremidi, jack


@dataclass(frozen=True)
class Port:
    """One input port: `name` as users see it, `system` the API it belongs to, `handle` what libremidi opens."""

    name: str
    system: Any
    handle: Any


class PortWatch:
    """The input ports there are, now and as they come and go. All methods from one thread.

    State: one libremidi observer per system that runs. close() must be called before the interpreter ends.
    """

    def __init__(self) -> None:
        self._midi, library = load_libremidi()
        api, there = self._midi.API, self._midi.available_apis()
        self._systems = [a for a in (api.COREMIDI, api.WINDOWS_MM, api.ALSA_SEQ) if a in there]
        self._jack = _JackServer(library) if library is not None and api.JACK_MIDI in there else None
        self._observers: dict[Any, Any] = {}
        self._news: deque[tuple[bool, str]] = deque(maxlen=1024)

    @property
    def reason(self) -> str:
        """Why there is no port, "" where a MIDI system runs."""
        if self._observers:
            return ""
        asked = "no ALSA sequencer and no JACK server" if sys.platform.startswith("linux") else "no MIDI system"
        return f"{asked} on this machine"

    def lost(self) -> Any:
        """The API whose server has ended, or None. The caller closes what it opened there, then calls leave()."""
        return self._midi.API.JACK_MIDI if self._jack is not None and self._jack.ended() else None

    def leave(self) -> None:
        """Forget the server that has ended."""
        self._observers.pop(self._midi.API.JACK_MIDI, None)
        if self._jack is not None:
            self._jack.close()

    def refresh(self) -> None:
        """Meet the MIDI systems that were not there at the last look."""
        for system in self._systems:
            if system not in self._observers:
                self._observe(system)
        jack = self._midi.API.JACK_MIDI
        if self._jack is not None and jack not in self._observers and self._jack.meet():
            self._observe(jack)

    def _observe(self, system: Any) -> None:
        config = self._midi.ObserverConfiguration()
        config.track_hardware = config.track_virtual = config.track_any = True
        news = self._news
        config.input_added = lambda port: news.append((True, port.port_name))
        config.input_removed = lambda port: news.append((False, port.port_name))
        try:
            observer = self._midi.Observer(config, system)
        except RuntimeError as error:
            log.debug("midi: %s does not answer: %s", system, error)
            return
        if observer.get_current_api() == system:
            self._observers[system] = observer

    def news(self) -> list[tuple[bool, str]]:
        """(came or went, libremidi's name of the port) since the last call."""
        for observer in self._observers.values():
            observer.poll()
        news = []
        while self._news:
            news.append(self._news.popleft())
        return news

    def ports(self) -> list[Port]:
        """Every input port there is, each with a name of its own."""
        ports: dict[str, Port] = {}
        for system, observer in self._observers.items():
            for handle in observer.get_input_ports():
                if handle.port_name == "libremidi-observe":
                    continue
                plain = name = _name(handle)
                count = 1
                while name in ports:
                    count += 1
                    name = f"{plain} #{count}"
                ports[name] = Port(name, system, handle)
        return list(ports.values())

    def every(self) -> list[Port]:
        """The ports that "all ports" means: those of the first system, since JACK shows ALSA's once more."""
        ports = self.ports()
        return [port for port in ports if port.system == ports[0].system]

    def open(self, port: Port, take: Callable[[list[int], int], None]) -> Any:
        """Open `port`; its messages go to `take(bytes, time)`, which must not raise, when the result is polled.

        Returns None where the port does not open.
        """
        config = self._midi.InputConfiguration()
        config.on_raw_data = take
        try:
            midi = self._midi.MidiIn(config, port.system)
            failed = bool(midi.open_port(port.handle, "liveviz"))
        except RuntimeError as error:
            log.debug("midi: %s does not open: %s", port.name, error)
            return None
        return None if failed else midi

    def close(self) -> None:
        """Leave every system."""
        self._observers.clear()
        if self._jack is not None:
            self._jack.close()


def _name(handle: Any) -> str:
    port, device = handle.port_name, handle.device_name
    if not device or device in port or ":" in port:
        return str(port or handle.display_name)
    return f"{device}: {port}"


def find(ports: list[Port], name: str) -> Port | None:
    """The port called `name`, whatever its case; else the first that contains it."""
    wanted = name.casefold()
    whole = [port for port in ports if port.name.casefold() == wanted]
    parts = [port for port in ports if wanted in port.name.casefold()]
    return next(iter(whole + parts), None)


def survey() -> tuple[list[Port], str]:
    """(the input ports there are, why there is none or ""). Answers within a second and never raises."""
    found: list[tuple[list[Port], str]] = []

    def look() -> None:
        try:
            watch = PortWatch()
        except ImportError as error:
            found.append(([], f"libremidi does not load: {error}"))
            return
        watch.refresh()
        found.append((watch.ports(), watch.reason))
        watch.close()

    thread = threading.Thread(target=look, name="midi-survey", daemon=True)
    thread.start()
    thread.join(SURVEY_S)
    return found[0] if found else ([], "the MIDI system does not answer")


def midi_ports() -> list[str]:
    """Names of the MIDI input ports, empty where there is none; within a second, never raises."""
    return [port.name for port in survey()[0]]
