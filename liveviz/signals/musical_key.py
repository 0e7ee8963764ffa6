"""Which key the music is in: the slowest of the harmony's voices, for the palette of a whole song."""

from liveviz.signals._tonality import Tonal, key_profiles
from liveviz.signals.chroma import PITCH_CLASSES
from liveviz.spec import Output


class MusicalKey(Tonal):
    """musical_key: tonic of the most likely key, 0 (C) to 11 (B); musical_key.mode: 0 minor, 1 major; musical_key.confidence, 0
    to 1: its probability; musical_key.0 to .11: probability of each tonic, together 1 once a tone was heard. Settles within
    10 to 20 s and follows a change of key as slowly; without tone it stays.

    In a mapping: `[[latent.chords]] from = "musical_key"` gives every key an image; a route from "musical_key" to
    "post.colour.hue" gives it a colour, one from musical_key.mode parts sad from glad. (Not `key`: that is the keyboard.)
    """

    every, weight, change = 0.186, 1.5, 0.004  # seconds between two steps; nats; a second
    profiles = key_profiles()
    outputs = (
        Output("musical_key", high=11.0, help="Tonic of the key, C = 0"),
        Output("musical_key.mode", help="Minor (0) or major (1) key"),
        Output("musical_key.confidence", help="How sure the key is"),
        *(
            Output(f"musical_key.{i}", help=f"Probability that the key is {name}")
            for i, name in enumerate(PITCH_CLASSES)
        ),
    )
