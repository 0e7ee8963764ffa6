"""Processes that do a share of a long piece of work: the same program started again, which ends with the first one
however that ends, because each holds a pipe whose other end closes with it."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from liveviz.spec import LivevizError


class Workers:
    """`count - 1` processes `liveviz WORDS --rank N --place FILE`, from entering this to leaving it.

    place: a file in a new folder, where all of them meet.
    """

    def __init__(self, count: int, words: Sequence[str]) -> None:
        self._count, self._words = count, words
        self._running: list[subprocess.Popen[bytes]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="liveviz-", ignore_cleanup_errors=True)
        self.place = Path(self._folder.name) / "meeting"

    def __enter__(self) -> "Workers":
        start = [sys.executable, "-m", "liveviz", *self._words, "--place", str(self.place), "--rank"]
        for rank in range(1, self._count):
            self._running.append(subprocess.Popen([*start, str(rank)], stdin=subprocess.PIPE))
        return self

    def check(self) -> None:
        """LivevizError where one of them has ended."""
        for worker in self._running:
            if (code := worker.poll()) is not None:
                raise LivevizError(f"a worker ended (exit code {code}); the run can be resumed")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._running:
            worker.kill()
            worker.wait()
            if worker.stdin is not None:
                worker.stdin.close()
        self._folder.cleanup()


def follow_parent() -> None:
    """End this process as soon as the one that started it is gone."""

    def wait() -> None:
        while os.read(0, 1024):  # not sys.stdin: whoever waits in it holds a lock that the interpreter wants to end
            pass
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
