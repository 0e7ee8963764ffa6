"""Which chord sounds, as a musician would name it: for images that belong to chords and must not flicker with every passing
note, as chroma does."""

from liveviz.signals._tonality import Tonal, chord_profiles
from liveviz.signals.chroma import PITCH_CLASSES
from liveviz.spec import Output


class Chord(Tonal):
    """chord: root of the most likely major or minor triad, 0 (C) to 11 (B); chord.mode: 0 minor, 1 major; chord.confidence, 0
    to 1: its probability; chord.0 to chord.11: probability of each root, together 1 once a tone was heard. Settles about 0.3
    s after a change; without tone it stays and confidence fades in seconds.

    In a mapping: `[[latent.chords]] from = "chord"` gives every root an image; a route from "chord" to "post.colour.hue"
    gives it a colour; chord.mode bends major and minor apart.
    """

    every, weight, change = 0.0464, 80.0, 0.6  # seconds between two steps; nats; a second
    profiles = chord_profiles()
    outputs = (
        Output("chord", high=11.0, help="Root of the chord, C = 0"),
        Output("chord.mode", help="Minor (0) or major (1) chord"),
        Output("chord.confidence", help="How sure the chord is"),
        *(
            Output(f"chord.{i}", help=f"Probability that the chord's root is {name}")
            for i, name in enumerate(PITCH_CLASSES)
        ),
    )
