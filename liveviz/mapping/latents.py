"""Which pictures are mixed, and how much of each: the drift through the base loop, the pull to the targets, the
palettes that follow the harmony. Gives the terms of `ParameterFrame.latents`; the engine turns them into w."""

import math
from collections.abc import Sequence

from liveviz.mapping.curves import smooth
from liveviz.mapping.program import BASE_GROUP, CHORDS_GROUP, OTHER_GROUP, TARGET_GROUP, Chords, Latent
from liveviz.spec import LatentTerm
from liveviz.spec.limits import MAX_LATENTS

BEATS_PER_BAR = 4.0
VISIBLE_PULL = 0.02  # a target pulled less than this is gone: the next one may take its place unseen
FAINT_WEIGHT = 1e-6


def strongest(terms: Sequence[LatentTerm], most: int = MAX_LATENTS // 2) -> tuple[LatentTerm, ...]:
    """Those of the largest weights, at most so many, in their order."""
    if len(terms) <= most:
        return tuple(terms)
    kept = sorted(range(len(terms)), key=lambda n: -sum(terms[n].weights))[:most]
    return tuple(terms[n] for n in sorted(kept))


class Palette:
    """One chroma palette in motion. State: smoothed chroma (12 levels), presence (0 in silence, 1 with harmony)."""

    def __init__(self, chords: Chords, seed: int) -> None:
        self.chords = chords
        self.images = chords.palette.chosen(seed, CHORDS_GROUP)
        self.levels = [0.0] * 12
        self.presence = 0.0

    def step(self, chroma: Sequence[float], dt: float) -> None:
        """Follow `chroma` (12 levels, 0-1) for `dt` seconds.

        Presence is followed apart from the levels: their sum would be over 1 in an instant, and the picture would pop.
        """
        rise, fall = (1.0 - math.exp(-dt / t) if t > 0.0 else 1.0 for t in (self.chords.attack, self.chords.release))
        self.levels = [v + (rise if c > v else fall) * (c - v) for v, c in zip(self.levels, chroma, strict=True)]
        there = min(1.0, sum(chroma))
        self.presence += (rise if there > self.presence else fall) * (there - self.presence)


class Latents:
    """The pictures of a show in motion.

    State: position in the base loop (0-1), which target is next, the palettes; the images that a scene holds, None where they
    drift, what they took the place of, and how much of them is seen; `mix`, what was seen last.
    """

    def __init__(self, latent: Latent, seed: int) -> None:
        self._position = 0.0
        self._target, self._seen = 0, False
        self.palettes: list[Palette] = []
        self._held: tuple[LatentTerm, ...] | None = None
        self._before: tuple[LatentTerm, ...] | None = None
        self._seen_of_held, self._fade_seconds = 1.0, 0.0
        self.mix: tuple[LatentTerm, ...] = ()
        self.replace(latent, seed)

    def replace(self, latent: Latent, seed: int) -> None:
        """Go on with other pictures from the same place in the loop and the same harmony."""
        heard = {p.chords.source: p for p in self.palettes}
        self._latent = latent
        self._base = latent.base.chosen(seed, BASE_GROUP)
        self._other = latent.other.chosen(seed, OTHER_GROUP) if latent.other is not None else ()
        self._targets = latent.target.chosen(seed, TARGET_GROUP)
        self.palettes = [Palette(c, seed) for c in latent.chords]
        for palette in self.palettes:
            if before := heard.get(palette.chords.source):
                palette.levels, palette.presence = before.levels, before.presence

    def drift(self, beats: float) -> None:
        """Advance the base loop by `beats`, >= 0."""
        self._position = (self._position + beats / (self._latent.loop_bars * BEATS_PER_BAR)) % 1.0

    def trigger(self, pull: float, struck: bool) -> None:
        """Choose the target: the next one after each release to zero, or with a stroke while the last still rings."""
        if self._seen and (struck or pull < VISIBLE_PULL):
            self._target, self._seen = self._target + 1, False
        self._seen = self._seen or pull >= VISIBLE_PULL

    @property
    def held(self) -> tuple[LatentTerm, ...] | None:
        """The images that a scene holds; None where they drift."""
        return self._held

    def hold(self, images: tuple[LatentTerm, ...] | None, seconds: float) -> None:
        """Go to `images` within `seconds`, and stay there; None: drift again."""
        if images is None and self._held is None:
            return
        self._before = strongest(self.mix) if self._held is not None or self._seen_of_held < 1.0 else None
        self._held = None if images is None else strongest(images)
        self._fade_seconds, self._seen_of_held = seconds, 0.0 if seconds > 0.0 else 1.0

    def fade(self, dt: float) -> None:
        """`dt` seconds go by."""
        if self._seen_of_held < 1.0:
            self._seen_of_held = min(1.0, self._seen_of_held + dt / self._fade_seconds)

    @property
    def morph(self) -> float:
        """How far between two looks it is: 1 half way, 0 at either end."""
        s = self._seen_of_held
        return 4.0 * s * (1.0 - s)

    def shown(self, live: tuple[LatentTerm, ...]) -> tuple[LatentTerm, ...]:
        """The mix that is seen, where `live` would drift: that, what a scene holds, or what is between the two."""
        self.mix = self._between(live)
        return self.mix

    def _between(self, live: tuple[LatentTerm, ...]) -> tuple[LatentTerm, ...]:
        goal = live if self._held is None else self._held
        if self._seen_of_held >= 1.0:
            return goal
        start = live if self._before is None else self._before
        share = smooth(self._seen_of_held)
        mix: dict[tuple[int, int], list[float]] = {}
        for terms, part in ((start, 1.0 - share), (goal, share)):
            totals = [max(sum(t.weights[r] for t in terms), FAINT_WEIGHT) for r in range(3)]
            for term in terms:
                weights = mix.setdefault((term.seed, term.cls), [0.0, 0.0, 0.0])
                for r in range(3):
                    weights[r] += part * term.weights[r] / totals[r]
        found = [LatentTerm(seed, cls, (w[0], w[1], w[2])) for (seed, cls), w in mix.items()]
        return strongest(found, MAX_LATENTS)

    def terms(self, pull: float, chords: float, other: float = 0.0) -> tuple[LatentTerm, ...]:
        """The mix. A palette is there as far as harmony is: not at all in silence, fully when the chroma sums to 1.

        Args:
            pull: latent.target, 0-1. chords: latent.chords, 0-1. other: latent.other, 0-1.
        Returns:
            1 to 32 terms whose weights sum to 1 in every layer range.
        """
        mix: dict[tuple[int, int], list[float]] = {}

        def add(image: tuple[int, int], layers: Sequence[float]) -> None:
            weights = mix.setdefault(image, [0.0, 0.0, 0.0])
            for r in range(3):
                weights[r] += layers[r]

        stay = [1.0 - pull * layer for layer in self._latent.target_detail]
        rest = stay
        for palette in self.palettes:
            total = sum(palette.levels)
            if total <= FAINT_WEIGHT:
                continue
            amount = chords * palette.presence
            share = [s * layer * amount for s, layer in zip(stay, palette.chords.detail, strict=True)]
            rest = [r - s for r, s in zip(rest, share, strict=True)]
            for i, level in enumerate(palette.levels):
                if level > FAINT_WEIGHT:
                    add(palette.images[i % len(palette.images)], [s * level / total for s in share])
        second = [
            max(0.0, r) * other * d if self._other else 0.0
            for r, d in zip(rest, self._latent.other_detail, strict=True)
        ]
        first = [max(0.0, r) - s for r, s in zip(rest, second, strict=True)]
        for images, layers in ((self._base, first), (self._other, second)):
            place = self._position * len(images)
            # halfway between two pictures a generator is at its softest: stay with each, and be quick in between
            near, part = int(place), smooth(smooth(place - int(place)))
            if max(layers) > FAINT_WEIGHT or images is self._base:
                add(images[near % len(images)], [layer * (1.0 - part) for layer in layers])
                add(images[(near + 1) % len(images)], [layer * part for layer in layers])
        target = self._targets[self._target % len(self._targets)]
        add(target, [pull * layer for layer in self._latent.target_detail])
        return tuple(
            LatentTerm(seed, cls, (w[0], w[1], w[2])) for (seed, cls), w in mix.items() if max(w) > FAINT_WEIGHT
        )
