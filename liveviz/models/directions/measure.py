"""How directions are told apart and how far they may go, by what they do to images: which layers each moves, how much
of the image, and at how many sigmas it breaks. Knobs come first that move much, of every kind: structure (coarse
layers), detail (middle) and colour (fine), so that sixteen of them are not sixteen ways of turning a head."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from liveviz.models import families
from liveviz.models.directions.file import DIRECTION_KINDS, UNMEASURED_RANGE, USUAL_SIGMA, Directions, row_kinds
from liveviz.models.directions.find import COMPONENT_COUNT, SAMPLE_COUNT, Cloud, cloud, principal, reaches, seen, sefa
from liveviz.models.directions.visible_change import Ordinary, Synthesize, Views, changed, distance, look
from liveviz.models.generator import Generator
from liveviz.spec import LivevizError

BASE_COUNT = 8  # images that directions are tried on, of as many classes as there are
ORDINARY_COUNT = 48  # images that say what is ordinary
SHOW_PSI = 0.7  # as a show draws them
PROBE_SIGMAS = 1.5  # sigmas of the first try
STEP_SIGMAS, MOST_SIGMAS = 1.5, 9.0  # sigmas
JUMP_RATIO = 3.0  # times as much change in one step as in the usual one: it pops
STILL_CHANGE = 0.02  # of ±1: too little change to speak of a jump
LEAST_SIGMAS = 0.5  # sigmas that a range has at least
TOGETHER_RATIO = 0.5  # of the strongest range's effect: a neighbour that does as much belongs to the same thing
WEAK_RATIO = 0.02  # of the strongest direction's effect: not worth a knob
BROKEN_SHARE = 0.25  # of the images may be over the edge at a range's end
PROBED_DIRECTIONS = 24  # directions a kind, for those that are then turned
TRIED_BASES = 4  # of the bases, to find a range
MOVES_WORK_SHARE = 0.4  # of the work is to find out what each moves

Array = NDArray[np.float32]
Shown = Callable[[float], None]


@dataclass(frozen=True)
class Choice:
    """A candidate for a knob.

    source: number of the direction that it is, of which it may be one of several candidates.
    vector: float32 `[w_dim]`, one sigma of it.
    kind: index into DIRECTION_KINDS. start, end: the rows of ws that it moves, end not among them.
    effect: how far it changes an image: one sigma of it, or once it is measured, from one end of its range to the other.
    low, high: its range in sigmas. share: of the image that changes between them.
    """

    source: int
    vector: Array
    kind: int
    start: int
    end: int
    effect: float
    low: float = -USUAL_SIGMA
    high: float = USUAL_SIGMA
    share: float = UNMEASURED_RANGE


class Measure:
    """Tries directions on a generator's images.

    Args:
        synthesize: ws `[n, num_ws, w_dim]` to raw images `[n, C, H, W]` about ±1.
        shown: told how far the work is, 0 to 1.
    State: the images at rest.
    """

    def __init__(self, generator: Generator, synthesize: Synthesize, shown: Shown) -> None:
        config = generator.config
        self._generator, self._synthesize, self._shown = generator, synthesize, shown
        self._spans = spans(generator)
        mapping = families.of(config).mapping(generator)
        ordinary = mapping.ws(np.stack([mapping.w(seed) for seed in range(ORDINARY_COUNT)]), SHOW_PSI)
        self._ordinary = Ordinary.of(self._views(ordinary))
        self._shown(0.0)
        classes = [n * config.classes // BASE_COUNT for n in range(BASE_COUNT)]
        self._bases = mapping.ws(np.stack([mapping.w(1000 + n, cls) for n, cls in enumerate(classes)]), SHOW_PSI)
        self._tried = np.arange(0, BASE_COUNT, BASE_COUNT // TRIED_BASES)
        self._rest = self._views(self._bases)

    def choose(self, directions: Directions, found: Cloud, count: int) -> Directions:
        """The `count` most useful of some directions, each on the layers where it does most, measured."""
        sigmas = directions.components * directions.std[:, None]
        moves = self._moves([sigmas] * len(DIRECTION_KINDS))
        return self._measured(chosen(sigmas, moves, self._spans), found, directions.method, count)

    def turn(self, found: Cloud, count: int) -> Directions:
        """The `count` directions that change the image most, of every kind, measured."""
        sigmas = [seen(self._generator, found, start, end, PROBED_DIRECTIONS) for start, end in self._spans]
        return self._measured(turned(sigmas, self._moves(sigmas), self._spans), found, "effect", count)

    def _measured(self, choices: list[Choice], found: Cloud, method: str, count: int) -> Directions:
        measured = []
        for n, choice in enumerate(best := in_turns(choices, count)):
            measured.append(self._limits(choice, found))
            self._shown(MOVES_WORK_SHARE + (1.0 - MOVES_WORK_SHARE) * (n + 1) / len(best))
        order = in_turns(measured, count)
        if not order:
            raise LivevizError(f"model {self._generator.name}: nothing that w does changes its images")
        vectors = np.stack([c.vector for c in order])  # [k, w_dim]
        std = np.linalg.norm(vectors, axis=1)
        return Directions(
            vectors / std[:, None],
            std,
            np.array([(c.low, c.high) for c in order], np.float32),
            np.array([(c.start, c.end) for c in order]),
            np.array([c.share for c in order], np.float32),
            method,
            self._generator.fingerprint,
        )

    def _views(self, ws: Array) -> Views:
        """Look at the images of ws, a few at a time, so that large ones fit."""
        seen = [look(self._synthesize(ws[n : n + 4])) for n in range(0, len(ws), 4)]
        return Views(*(np.concatenate([getattr(v, f.name) for v in seen]) for f in fields(Views)))

    def _moves(self, sigmas: list[Array]) -> list[Array]:
        """What one sigma of each direction does: float32 `[bases, k, features]` of `[k, w_dim]`, kind by kind.

        A direction is tried upwards on every other image and downwards on the rest.
        """
        step = PROBE_SIGMAS * np.where(np.arange(BASE_COUNT) % 2, -1.0, 1.0).astype(np.float32)  # [bases]
        moves = []
        for kind, ((start, end), vectors) in enumerate(zip(self._spans, sigmas, strict=True)):
            change = np.zeros((BASE_COUNT, len(vectors), self._rest.features.shape[1]), np.float32)
            for n, vector in enumerate(vectors if end > start else ()):
                ws = self._bases.copy()
                ws[:, start:end] += (step[:, None] * vector)[:, None]
                change[:, n] = (self._views(ws).features - self._rest.features) / step[:, None]
                self._shown(MOVES_WORK_SHARE * (kind + (n + 1) / len(vectors)) / len(DIRECTION_KINDS))
            moves.append(change)
        return moves

    def _limits(self, choice: Choice, found: Cloud) -> Choice:
        """The choice with its range, its share, and its effect between the ends."""
        low, high = (
            sign * self._walk(choice, sign, min(max(sign * float(reach), LEAST_SIGMAS), MOST_SIGMAS))
            for sign, reach in zip((-1.0, 1.0), reaches(choice.vector[None], found)[0], strict=True)
        )
        ends = self._pushed(choice, low), self._pushed(choice, high)
        share, effect = float(changed(*ends).mean()), float(distance(*ends).mean())
        return replace(choice, low=low, high=high, share=share, effect=effect)

    def _pushed(self, choice: Choice, sigmas: float) -> Views:
        """The images that ranges are found on, pushed along a direction."""
        ws = self._bases[self._tried]
        ws[:, choice.start : choice.end] += np.float32(sigmas) * choice.vector
        return self._views(ws)

    def _walk(self, choice: Choice, sign: float, far: float) -> float:
        """How far one can go one way, in sigmas, at most `far`.

        The images break one by one, where their strain passes 1; the limit is where more than BROKEN_SHARE of them
        have.
        """
        rest = last = self._rest.part(self._tried)
        before = np.zeros(len(self._tried), np.float32)
        broken = np.full(len(self._tried), np.inf)
        usual: list[Array] = []
        at = 0.0
        while at < far:
            step = min(STEP_SIGMAS, far - at)
            view = self._pushed(choice, sign * (at + step))
            strain = self._ordinary.strain(view, rest)
            change = distance(view, last) / step  # [tried]
            if usual:
                strain = np.maximum(
                    strain, change * step / np.maximum(JUMP_RATIO * step * np.median(usual, axis=0), STILL_CHANGE)
                )
            usual.append(change)
            crossing = at + step * np.clip((1.0 - before) / np.maximum(strain - before, 1e-6), 0.0, 1.0)
            broken = np.where((strain > 1.0) & np.isinf(broken), crossing, broken)
            if np.isfinite(broken).mean() > BROKEN_SHARE:
                break
            at, last, before = at + step, view, strain
        return max(float(np.quantile(np.minimum(broken, far), BROKEN_SHARE)), LEAST_SIGMAS)


def find_directions(
    generator: Generator,
    synthesize: Synthesize,
    shown: Shown,
    method: str = "pca",
    samples: int = SAMPLE_COUNT,
    components: int = COMPONENT_COUNT,
    seed: int = 0,
) -> Directions:
    """The directions of a generator, measured on its images, the most useful first.

    Args:
        synthesize: ws `[n, num_ws, w_dim]` to raw images `[n, C, H, W]` about ±1.
        shown: told how far the work is, 0 to 1.
        method: pca, sefa, or effect: for each kind of layer, what its styles hear most of, turned to where the image
            changes most, which keeps structure, detail and colour apart.
        samples, seed: of w. components: how many, at most.
    Raises: ValueError for too few samples, as `cloud`; LivevizError where the images never change.
    """
    found = cloud(generator, samples, seed, lambda: shown(0.0))
    measure = Measure(generator, synthesize, shown)
    if method == "effect":
        return measure.turn(found, components)
    plain = sefa if method == "sefa" else principal
    return measure.choose(plain(generator, found, components), found, components)


def spans(generator: Generator) -> list[tuple[int, int]]:
    """(start, end) of the rows of ws of each kind; the same twice where there are none."""
    ranges = row_kinds(generator.config)
    return [(bisect_left(ranges, kind), bisect_right(ranges, kind)) for kind in range(len(DIRECTION_KINDS))]


def _effect(change: Array) -> Array:
    """Change per sigma `[k]`, root mean square over the images, of `[images, k, features]`."""
    return np.asarray(np.sqrt(np.square(change, dtype=np.float64).sum(axis=2).mean(axis=0)))


def chosen(sigmas: Array, moves: list[Array], rows: list[tuple[int, int]]) -> list[Choice]:
    """Each direction on the layers where it does most, and on the neighbours that do as much; each in every kind.

    `in_turns` keeps each of them once.
    """
    effects = np.stack([_effect(change) for change in moves])  # [kinds, k]
    choices = []
    for n, vector in enumerate(sigmas):
        for kind, effect in enumerate(effects[:, n]):
            if effect > 0.0:
                first = last = kind
                while first > 0 and effects[first - 1, n] >= TOGETHER_RATIO * effect:
                    first -= 1
                while last < len(DIRECTION_KINDS) - 1 and effects[last + 1, n] >= TOGETHER_RATIO * effect:
                    last += 1
                choices.append(Choice(n, vector, kind, rows[first][0], rows[last][1], float(effect)))
    return choices


def turned(sigmas: list[Array], moves: list[Array], rows: list[tuple[int, int]]) -> list[Choice]:
    """For each kind, the directions of one sigma that change the image most there: principal components of its change.

    Within the sphere of one sigma they are orthogonal; in w they need not be.
    """
    choices: list[Choice] = []
    for kind, (vectors, change) in enumerate(zip(sigmas, moves, strict=True)):
        gram = np.einsum("bif,bjf->ij", change, change, dtype=np.float64) / len(change)
        values, mixes = np.linalg.eigh(gram)
        for value, mix in zip(values[::-1], mixes.T[::-1], strict=True):
            if value > 0.0:
                vector = mix @ vectors
                vector *= np.sign(vector[np.abs(vector).argmax()])
                choices.append(
                    Choice(len(choices), vector.astype(np.float32), kind, *rows[kind], float(np.sqrt(value)))
                )
    return choices


def in_turns(choices: Sequence[Choice], count: int) -> list[Choice]:
    """Up to `count` of them, each source once: always that whose effect, divided by how many of its kind there are with
    it, is the largest, so that every kind has its part (d'Hondt). Those of no effect to speak of are left out."""
    weak = WEAK_RATIO * max((choice.effect for choice in choices), default=0.0)
    left = [choice for choice in choices if choice.effect > 0.0 and choice.effect >= weak]
    taken: list[Choice] = []
    have = [1] * len(DIRECTION_KINDS)
    while left and len(taken) < count:
        best = max(left, key=lambda choice: choice.effect / have[choice.kind])
        taken.append(best)
        have[best.kind] += 1
        left = [choice for choice in left if choice.source != best.source]
    return taken
