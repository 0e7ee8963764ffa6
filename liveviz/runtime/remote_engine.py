"""The engine as the stage sees it: parameters out, images back, and never a frame late for one."""

from collections import deque
from dataclasses import replace

import numpy as np

from liveviz.runtime import composition
from liveviz.runtime.image_transport import Receiver
from liveviz.runtime.ipc.links import Links
from liveviz.spec import FetchedImage, ImageFrame, ParameterFrame, StageImage
from liveviz.system.clock import WallClock, now

_MARGIN_S = 0.001
_DARK_RGBA = (10, 8, 16, 255)
# dark images that are drawn again each: drivers compile, and what a frame costs is known before the first one
_WARM_FRAMES = 24


class Turns:
    """Whether engine and stage take turns or work side by side.

    In turns, the stage waits for the image of the very parameters of its frame, and the engine rests while the stage draws:
    the least delay, and each has all cores. Where both do not fit into one frame, they work side by side on whatever is
    newest. Once they do, each slows the other down and it looks as if they never fitted: so turns are tried again, after a second,
    and later and later while that fails.
    State: which of the two; the last frames in turns; frames until the next trial, and how many the next time.
    """

    FRAMES, MISSED, GOOD = 24, 18, 120  # MISSED of FRAMES end it; after GOOD without an end, trials are frequent again
    FIRST, LAST = 30, 900  # frames between trials

    def __init__(self) -> None:
        self.taking = True
        self._missed: deque[bool] = deque(maxlen=self.FRAMES)
        self._good = self._left = 0
        self._pause = self.FIRST

    def step(self, in_time: bool) -> None:
        """One frame: `in_time`, the image of its own parameters came while there was time for it."""
        if not self.taking:
            self._left -= 1
            if self._left <= 0:
                self.taking = True
            return
        self._missed.append(not in_time)
        self._good += 1
        if self._good >= self.GOOD:
            self._pause = self.FIRST
        if sum(self._missed) >= self.MISSED:
            self.taking, self._left = False, self._pause
            self._pause = min(2 * self._pause, self.LAST)
            self._missed.clear()
            self._good = 0


class RemoteEngine:
    """The engine in its own process: parameters out, the newest image back.

    State: the newest image, and when it came; `new`, whether it came for the last frame; `images`, the share of the frames,
    0 to 1, that ask for one of their own; how long drawing takes (mean and spread), in turns and side by side.
    """

    def __init__(self, links: Links, clock: WallClock, images: Receiver) -> None:
        self._links, self._clock, self._images = links, clock, images
        self._wire = composition.parameter_wire()
        width, height = links.image_size
        self._dark = [ImageFrame(np.full((height, width, 4), _DARK_RGBA, np.uint8), -1) for _ in range(2)]
        self._warm = _WARM_FRAMES
        self._newest: StageImage = self._dark[0]
        self._came = 0.0
        self._draws = {True: [0.010, 0.002], False: [0.010, 0.002]}
        self._turns = Turns()
        self._due, self._asked = 0.0, -1
        self._in_turn = True
        self.images = 1.0
        self.new = False

    def take_from(self, images: Receiver) -> None:
        """Get images through another end from now on; one that lay in the GL before is gone."""
        self._images = images
        if isinstance(lost := self._newest, FetchedImage):
            self._newest = replace(self._dark[0], parameters=lost.parameters)

    @property
    def seen(self) -> bool:
        """An image of the generator has come."""
        return self._newest.parameters >= 0

    @property
    def engine_s(self) -> float:
        """Seconds that the newest image took."""
        return self._images.render_s

    def render(self, frame: ParameterFrame) -> StageImage:
        """The image of `frame`, or the newest there is when time is up."""
        self._due = min(self._due + self.images, 2.0)
        found, until = self._images.newest(), self._until()
        if self._turns.taking and (found or self._newest).parameters < self._asked:
            # an image that is late is waited for: were the next one asked for now, it would be late as well
            found = self._wait(found, until)
        there = (found or self._newest).parameters >= self._asked
        if asks := self._due >= 1.0 - 1e-6 and (there or not self._turns.taking):
            self._due -= 1.0
            self._asked = frame.sequence
            self._links.parameters.write(self._wire.pack(frame))
            self._links.parameters_bell.ring()
            found = self._wait(found, until)
        self._in_turn = self._turns.taking and (found or self._newest).parameters >= self._asked
        if self.seen:
            self._turns.step((self._in_turn and asks) or (there and not asks))
        self.new = found is not None
        if found is not None:
            self._newest, self._came = found, now()
        elif not self.seen and self._warm:
            self._warm -= 1
            self._newest = self._dark[self._warm % 2]
        return self._newest

    def _until(self) -> float:
        """How long to wait for an image, in the clock's time."""
        draws, varies = self._draws[self._turns.taking]
        deadline = self._clock.due + self._clock.interval - draws - varies - _MARGIN_S
        if self._turns.taking:
            return deadline
        coming = max(self._came, self._clock.due - self._clock.interval) + self.engine_s
        return deadline if coming < deadline else 0.0

    def _wait(self, found: StageImage | None, until: float) -> StageImage | None:
        """The newest image, once it is that of the parameters asked for last (in turns) or any (side by side)."""
        while True:
            enough = found is not None and (not self._turns.taking or found.parameters >= self._asked)
            if enough or (left := until - now()) <= 0:
                return found
            self._links.images_bell.wait(left)
            found = self._images.newest() or found

    def drew(self, seconds: float) -> None:
        """How long the stage took from the image to the end of the buffer swap."""
        seconds = min(seconds, 0.8 * self._clock.interval)
        draws = self._draws[self._in_turn]
        draws[1] += 0.1 * (abs(seconds - draws[0]) - draws[1])
        draws[0] += 0.1 * (seconds - draws[0])
