"""Mixtures of two neighbouring pictures, where fewer pictures come than frames."""


class InBetween:
    """How far the newest picture is shown, and how far still the one before it, where fewer pictures come than frames.

    A picture begins to be seen in the first frame after it came, and is seen whole in the last one before the next, so
    that motion is even and nothing waits for the picture after it.
    State: frames per picture, averaged; frames since the newest one.
    """

    def __init__(self) -> None:
        self._every, self._since = 1.0, 0

    def step(self, new: bool) -> float:
        """The share of the newest picture in the next frame, above 0, up to 1; `new`: it has just come."""
        self._since += 1
        if new:
            self._every += 0.2 * (min(self._since, 8) - self._every)
            self._since = 0
        return 1.0 if self._every < 1.1 else min(1.0, (self._since + 1) / self._every)
