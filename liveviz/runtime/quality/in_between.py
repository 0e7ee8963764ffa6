"""Mixtures of two neighbouring images, where fewer images come than frames."""


class InBetween:
    """How far the newest image is shown, and how far still the one before it, where fewer images come than frames.

    An image begins to be seen in the first frame after it came, and is seen whole in the last one before the next, so
    that motion is even and nothing waits for the image after it.
    State: frames per image, averaged; frames since the newest one.
    """

    def __init__(self) -> None:
        self._every, self._since = 1.0, 0

    def step(self, new: bool) -> float:
        """The share of the newest image in the next frame, above 0, up to 1; `new`: it has just come."""
        self._since += 1
        if new:
            self._every += 0.2 * (min(self._since, 8) - self._every)
            self._since = 0
        return 1.0 if self._every < 1.1 else min(1.0, (self._since + 1) / self._every)
