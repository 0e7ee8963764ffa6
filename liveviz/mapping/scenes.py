"""Scenes: a look of the show under a name, gone to by a hand, a note, or a part of the song, at once or on the bar. What is gone
to is values of parameters, images that stay, and a generator; what it takes its place from can be had back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from liveviz.mapping.beats import Beats
from liveviz.mapping.controls import Controls
from liveviz.mapping.latents import Latents, strongest
from liveviz.mapping.program import Program, Scene
from liveviz.spec import ControlMessage, LatentTerm
from liveviz.spec.addresses import without_channel

SCOPES: dict[str, tuple[str, ...]] = {
    "latents": ("latent.", "truncation_", "pca.", "noise_", "view."),
    "bends": ("bend.",),
    "effects": ("post.",),
}
"""Which parameters belong to what a scene holds, by what they begin with. `stage.` belongs to the machine, not to a scene."""
MODEL_SCOPE = "model"
QUANTA: dict[str, float] = {"now": 0.0, "beat": 1.0, "bar": 4.0, "4 bars": 16.0, "8 bars": 32.0, "16 bars": 64.0}
"""When an action lands: beats between two such places, 0 for at once."""
MOST_UNDONE = 32
UNDO_SECONDS = 0.25
SECTION_SIGNAL = "section_label"
SECTIONS = 12
LABEL_THRESHOLD = 0.5
MOST_STORED_IMAGES = 12
SEEDS = 2**32


def in_scope(name: str, scope: Sequence[str]) -> bool:
    """Whether a parameter, as a snapshot writes it, belongs to one of `scope`."""
    return any(name.startswith(SCOPES[part]) for part in scope if part in SCOPES)


@dataclass(frozen=True, slots=True)
class Look:
    """What there was before a scene: values by name, images that stayed (None: they drifted), the scene's name."""

    values: Mapping[str, float]
    images: tuple[LatentTerm, ...] | None
    name: str


class Scenes:
    """The scenes of a show: which one was gone to, and which one waits for its place in the music.

    Args:
        controls, latents, beats: of the performer.
    State: `current`, the name of the last one; `armed`, the one that waits, and `lands`, at which count of beats; what can be
    undone; `early`, seconds by which what is done is seen later; `model`, the generator that a scene asked for, for whoever
    takes it.
    """

    def __init__(self, controls: Controls, latents: Latents, beats: Beats) -> None:
        self._controls, self._latents, self._beats = controls, latents, beats
        self._program: Program
        self._label: int | None = None
        self._down: set[str] = set()
        self._undo: list[Look] = []
        self._bar_starts = 0.0
        self._triggers: dict[str, Scene] = {}
        self._sections: dict[int, Scene] = {}
        self.current = self.model = ""
        self.armed: Scene | None = None
        self.lands = self.early = 0.0

    def install(self, program: Program) -> None:
        """Take the scenes of a program; one that waits and is not there any more is forgotten."""
        self._program = program
        self._triggers = {scene.on: scene for scene in program.scenes if scene.on}
        self._sections = {scene.section: scene for scene in program.scenes if scene.section is not None}
        self.armed = self._find(self.armed.name) if self.armed is not None else None

    @property
    def names(self) -> tuple[str, ...]:
        """Of all scenes, in the order of the file."""
        return tuple(scene.name for scene in self._program.scenes)

    @property
    def addresses(self) -> frozenset[str]:
        """The controls that ask for scenes."""
        return frozenset(self._triggers)

    def _find(self, name: str) -> Scene | None:
        return next((scene for scene in self._program.scenes if scene.name == name), None)

    @property
    def wait(self) -> float:
        """Beats until the scene that waits lands; 0 where none does."""
        return 0.0 if self.armed is None else self.lands - self._beats.count

    def go(self, name: str) -> None:
        """Go to the scene of that name, at its place in the music; ValueError, with those there are, for another."""
        found = self._find(name)
        if found is None:
            there = f"there are {', '.join(self.names):.200}" if self.names else "this show has none"
            raise ValueError(f"no scene {name!r:.40}; {there}")
        self._ask(found)

    def turn(self, step: int) -> None:
        """Go to the scene so many behind the current one, round the list; ValueError where there is none."""
        names = self.names
        if not names:
            raise ValueError("this show has no scenes")
        waiting = self.armed.name if self.armed is not None else self.current
        at = names.index(waiting) + step if waiting in names else (0 if step > 0 else -1)
        self._ask(self._program.scenes[at % len(names)])

    def control(self, message: ControlMessage) -> bool:
        """A control moved; whether a scene listens to it. It is asked for where its control leaves 0."""
        address = message.address
        if not self._triggers or not isinstance(address, str):
            return False
        any_channel = without_channel(address)
        found = self._triggers.get(address) or self._triggers.get(any_channel)
        if found is None:
            return False
        was, on = address in self._down, message.value > 0.0
        (self._down.add if on else self._down.discard)(address)
        one_shot = any_channel.startswith("midi.program.")  # nobody says when it ends
        if on and (one_shot or not was):
            self._ask(found)
        return True

    def step(self, labels: Sequence[float], bar_starts: float) -> None:
        """One frame: a part of the song may ask for a scene, and one that waits may be due.

        Args:
            labels: `section_label.0` ... now, empty in silence. bar_starts: a count of beats at which a bar begins.
        """
        self._bar_starts = bar_starts
        label = next((n for n, value in enumerate(labels) if value > LABEL_THRESHOLD), None)
        if label is not None and label != self._label:
            self._label = label
            if label in self._sections:
                self._ask(self._sections[label])
        if (scene := self.armed) is not None:
            wait_s = (self.lands - self._beats.count) * 60.0 / self._beats.bpm
            if wait_s <= self.early:
                self._land(scene)

    def _ask(self, scene: Scene) -> None:
        """Let a scene wait for its place, which may be now."""
        quantum, count = QUANTA[scene.at], self._beats.count
        if not quantum:
            self._land(scene)
            return
        early = self.early * self._beats.bpm / 60.0  # beats: what is nearer than that is too late for this place
        since = (count + early - self._bar_starts) % quantum
        self.armed, self.lands = scene, count + early + quantum - since

    def _land(self, scene: Scene) -> None:
        """Begin to go there."""
        snapshot, rests = self._controls.snapshot(), self._controls.rests()
        values = dict(scene.values)
        if scene.others_rest:
            values = {n: v for n, v in rests.items() if in_scope(n, scene.scope) and snapshot.get(n) != v} | values
        seconds = scene.fade * 60.0 / self._beats.bpm if scene.fade_in_beats else scene.fade
        images = scene.images if "latents" in scene.scope else None
        before = {name: value for name, value in snapshot.items() if in_scope(name, scene.scope)}
        self._undo = [*self._undo, Look(before, self._latents.held, self.current)][-MOST_UNDONE:]
        self._controls.recall(values, seconds)
        if images is not None:
            self._latents.hold(images or None, seconds)
        self.model = scene.model or self.model
        self.current, self.armed = scene.name, None

    def undo(self) -> None:
        """Go back to what there was before the last scene, at once; ValueError where nothing is left to undo."""
        if self.armed is not None:
            self.armed = None
            return
        if not self._undo:
            raise ValueError("there is nothing to undo")
        look = self._undo.pop()
        self._controls.recall(look.values, UNDO_SECONDS)
        self._latents.hold(look.images, UNDO_SECONDS)
        self.current = look.name

    def state(self) -> dict[str, Any]:
        """Where the show stands, as data that JSON can hold: what hands and scenes moved, images that stay, the scene."""
        rests = self._controls.rests()
        values = {n: v for n, v in self._controls.snapshot().items() if v != rests.get(n)}
        held = self._latents.held
        images = None if held is None else [[t.seed, t.cls, *t.weights] for t in held]
        return {"values": values, "images": images, "scene": self.current}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where `state` says, at once; what is not well formed in it is left out."""
        values, images, name = state.get("values"), state.get("images"), state.get("scene")
        if isinstance(values, dict):
            self._controls.recall({n: v for n, v in values.items() if isinstance(n, str)}, 0.0)
        if isinstance(images, list):
            self._latents.hold(tuple(_term(image) for image in images if _is_term(image)) or None, 0.0)
        if isinstance(name, str) and self._find(name) is not None:
            self.current = name

    def take_model(self) -> str:
        """The generator that a scene asked for since the last call; empty where none did."""
        name, self.model = self.model, ""
        return name

    def capture(self, name: str) -> Scene:
        """The show as it is, as a scene of that name, with the ways of the one that has it already."""
        found = self._find(name)
        scope = found.scope if found is not None else tuple(SCOPES)
        rests = self._controls.rests()
        snapshot = {n: round(v, 6) for n, v in self._controls.snapshot().items() if in_scope(n, scope)}
        values = {n: v for n, v in snapshot.items() if abs(v - rests.get(n, math.inf)) > 1e-6}
        images = strongest(self._latents.mix, MOST_STORED_IMAGES) if "latents" in scope else None
        kept = None if images is None else tuple(LatentTerm(t.seed, t.cls, _rounded(t.weights)) for t in images)
        made = found if found is not None else Scene(name, scope)
        return replace(made, scope=scope, values=values, images=kept, others_rest=True)


def _is_term(image: object) -> bool:
    if not isinstance(image, list) or len(image) != 5 or not all(isinstance(n, int | float) for n in image):
        return False
    return all(abs(n) < SEEDS for n in image) and min(image[2:]) >= 0.0


def _term(image: Sequence[float]) -> LatentTerm:
    return LatentTerm(int(image[0]) % SEEDS, int(image[1]), (float(image[2]), float(image[3]), float(image[4])))


def _rounded(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    a, b, c = (min(max(round(w, 4), 0.0), 1.0) for w in weights)
    return a, b, c
