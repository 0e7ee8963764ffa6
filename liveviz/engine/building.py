"""What everything that swaps machines during a show has in common: a machine is built in the background while another one
draws, it draws a little before it is seen, and what it replaced is closed between two images. A machine is a backend, for
`Engine`, or a whole engine, for who swaps generators or draws them with less."""

import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from liveviz.spec import ParameterFrame
from liveviz.system.threads import stand_back, step_up


class Machine(Protocol):
    """What is built, drawn with, and closed."""

    def render(self, frame: ParameterFrame) -> Any:
        """The image of `frame`."""

    def close(self) -> None:
        """Give everything back."""


Built = TypeVar("Built", bound=Machine)


class Workshop(Generic[Built]):
    """Builds in the background, one thing at a time, and closes what plays no more.

    Args:
        thread: name of the thread that builds.
        background: whether that thread takes only time that nobody else wants.
    State: the thread; the machines that wait to be closed, in the order in which they were retired. `closed`: `close`
        was called, and whatever is still being built is not wanted any more.
    """

    def __init__(self, thread: str, background: bool = True) -> None:
        self._name, self._background = thread, background
        self._thread: threading.Thread | None = None
        self._retired: list[Built] = []
        self.closed = False

    @property
    def busy(self) -> bool:
        """Whether something is being built, for which `close` would wait."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, build: Callable[..., None], *args: object) -> None:
        """Call `build(*args)` in the background; to be called only while nothing is being built. `build` may retire
        machines and must not raise."""
        self._thread = threading.Thread(target=self._work, args=(build, args), name=self._name, daemon=True)
        self._thread.start()

    def _work(self, build: Callable[..., None], args: tuple[object, ...]) -> None:
        if self._background:
            stand_back(entirely=True)
        build(*args)

    def hurry(self) -> None:
        """What is being built is not left to time that nobody wants any longer."""
        if self._thread is not None and self._thread.native_id is not None:
            step_up(self._thread.native_id, process=False)

    def retire(self, *machines: Built) -> None:
        """These play no more: `rest` and `close` close them."""
        self._retired += machines

    def rest(self, ready: Callable[[Built], bool] = lambda one: True) -> bool:
        """Close one that was retired and is `ready` to be; False where there is none. To be called between two images:
        it takes as long as drawing one."""
        found = next((one for one in self._retired if ready(one)), None)
        if found is None:
            return False
        self._retired.remove(found)
        found.close()
        return True

    def finish(self) -> None:
        """Say that nothing is wanted any more, and wait for what is being built; it may retire what it has built."""
        self.closed = True
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Finish, and close all that was retired."""
        self.finish()
        while self.rest():
            pass


def warm(machine: Machine, frame: ParameterFrame | None, images: int = 1) -> None:
    """Draw that many images of the frame that plays, if there is one, which nobody sees: the first image of any
    machine takes ten times as long as the others."""
    if frame is not None:
        for _ in range(images):
            machine.render(frame)


def reason(error: BaseException) -> str:
    """Why something could not be built, in one line: the first of what the error says, or its kind."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
