"""Every key of the mapping language, declared once: its tables are checked against these lists, and the reference page in
`docs/` is written from them. Parameters and signals are not here: they are in the registry and in the rooms that make them."""

from liveviz.mapping.curves import CURVES
from liveviz.mapping.encoders import ENCODERS
from liveviz.mapping.program import CHROMA_SIGNALS, DEFAULT_BEND_LAYER, MIXES, TAKEOVERS
from liveviz.spec import LAYER_RANGES
from liveviz.spec.parameters import WS_ROWS

OLD_WORDS = {
    "rows": "layers",
    "detail": "layers",
}  # what `version = 1` files of old call them, and may go on calling them
_SEED_RANGE = "0 to 4294967295"
_DETAIL_CHOICES = f"`all`, `{'`, `'.join(LAYER_RANGES)}`, or a list of them"

# table: key: (what is allowed, what it does and what it is where it is not written)
FILE = {
    "version": ("1", "Of the language. Must be there."),
    "model": (
        "a name of `liveviz model list`, or a path from the mapping's folder",
        "The generator, unless --model says one.",
    ),
    "title": ("text, up to 200 characters", "For lists."),
    "description": ("text, up to 2000 characters", "For lists: what it is good for."),
    "seed": (_SEED_RANGE, "Of noise, and of pictures that are only counted; 0. --seed goes before it."),
    "noise_mask": (
        "a path from the mapping's folder",
        "A picture that holds the generator's noise back where it is dark.",
    ),
    "noise_loop": ("a table", "The noise comes back to where it was; else it never does."),
    "latent": ("a table", "The pictures of the show: `base`, `other`, `target`, `chords`."),
    "modulator": (
        "tables, `[modulator.NAME]`, up to 128",
        "Sources of the show's own: `modulator.NAME` in a route or a formula.",
    ),
    "set": ("a table", "Where parameters rest: `truncation_psi = 0.6`, `bend.zoom = { value = 0.1, layer = 8 }`."),
    "scene": ("tables, `[[scene]]`, up to 256", "Looks under a name, to go to."),
    "route": ("tables, `[[route]]`, up to 1024", "What moves what."),
}
ROUTE = {
    "from": (
        "a signal, `midi...`, `key...`, an OSC address, `modulator.NAME`, or a formula that begins with `=`",
        "Where it comes from: 0 to 1. Must be there.",
    ),
    "to": ("a parameter", "Where it goes. Must be there."),
    "layer": ("4, 8, 16 ... 1024", f"Of a bend: the generator's layer of so many pixels; {DEFAULT_BEND_LAYER}."),
    "channels": (
        '`"all"`, a list like `[0, 7]`, or `{ random = 0.25, seed = 3 }`',
        'Of a bend: the layer\'s channels; `"all"`.',
    ),
    "rows": (
        f"`[start, end]`, 0 to {WS_ROWS}, end-exclusive",
        "Of pushes (`pca.0` ...) and `truncation_psi`: the rows of w+ that it acts on; the parameter's own.",
    ),
    "range": (
        "two numbers, in the parameter's unit; for `multiply`, factors from 0 to 10",
        "Where 0 and 1 of the source go; the first may be the larger. The whole range; for `add` from 0 to the range's end; "
        "for `multiply` from 0 to 1.",
    ),
    "curve": (f"`{'`, `'.join(CURVES)}`", "How the source travels the range; `linear`."),
    "attack": ("0 to 60 seconds", "Time constant of rising; 0."),
    "release": ("0 to 60 seconds", "Time constant of falling; 0, for events 0.25."),
    "mix": (
        f"`{'`, `'.join(MIXES)}`",
        "How it goes with what the parameter has already: takes its place, is added, multiplies it, or the larger of the two "
        "counts; `set`. Of signals, one may `set` a parameter.",
    ),
    "threshold": ("0 to 0.99", "Up to this the source counts as 0, and the rest is stretched to 0 to 1; 0."),
    "gain": ("0 to 64", "Factor of the source, which is held at 1; 1."),
    "gate": ("0 to 0.99", "Below this the source counts as 0; 0."),
    "invert": ("`true` or `false`", "The other way round: 1 where the source is 0; `false`."),
    "steps": ("2 to 256", "Only so many values, evenly spaced; all."),
    "lag": ("0 to 8 seconds", "So much later; 0."),
    "priority": (
        "0 to 9",
        "Of several that `set` one parameter: the highest whose source is above 0 counts; 0.",
    ),
    "takeover": (
        f"`{'`, `'.join(TAKEOVERS)}`",
        "Of a knob that is not where its parameter is: moves it at once, waits until it has come there, or goes its own way "
        "until both are at an end; `pickup` for midi.cc and nrpn, else `jump`.",
    ),
    "encoder": (
        f"`{'`, `'.join(ENCODERS)}`",
        "Of a `midi.cc` without ends: how it says how far it was turned. 127 steps go through the range; `gain` makes them "
        "larger; none.",
    ),
    "port": ("text, up to 50 letters", "Of a `midi` source: only from ports with this in their name; any port."),
}
MODULATOR = {
    "kind": ("the name of a kind", "What it does. Must be there."),
}
SCENE = {
    "name": ("text, up to 60 letters", "For `/liveviz/scene`, the overlay and the page. Must be there."),
    "scope": ("a list of `latents`, `bends`, `effects`, `model`", "What it holds; all."),
    "values": ("a table", 'Where parameters go: `values = { "bend.zoom" = 0.3 }`, names in quotes.'),
    "others": (
        '`"stay"` or `"rest"`',
        'What is in its scope and has no value: stays, or goes to where the file lets it rest; `"stay"`.',
    ),
    "images": (
        "a list of `[seed, class, coarse, middle, fine]`",
        "The images that are mixed and stay, and their weights from 0 to 1; `[]`: drifts again; as it is.",
    ),
    "model": ("a name of `liveviz model list`", "The generator; as it is."),
    "fade": ("0 to 600 seconds", "How long going there takes; 2."),
    "fade_beats": ("0 to 1024 beats", "The same in beats, instead of `fade`."),
    "at": ("`now`, `beat`, `bar`, `4 bars`, `8 bars`, `16 bars`", "Where in the music it begins; `now`."),
    "on": ("`midi...`, `key...` or an OSC address", "What asks for it, when it leaves 0."),
    "section": ("0 to 11", "The part of a song, as `section_label` counts, that asks for it."),
}
SET_BEND = {
    "value": ("a number in the parameter's range", "Where it rests."),
    "layer": ROUTE["layer"],
    "channels": ROUTE["channels"],
}
SET_ROWS = {"value": SET_BEND["value"], "rows": ROUTE["rows"]}
CHANNELS = {
    "random": ("0.001 to 1", "The share of the channels that is taken. Must be there."),
    "seed": (_SEED_RANGE, "Which ones; 0."),
}
NOISE_LOOP = {
    "bars": ("0.25 to 1024 bars", "How long it takes, there and back; 8."),
    "fields": ("1 to 1024", "How many fields of noise it goes through; 8."),
}
LATENT = {
    "base": ("a table", "The pictures that the show drifts through."),
    "target": ("a table", "The pictures that `latent.target` pulls to, each time another one."),
    "other": (
        "a table",
        "The pictures of a second loop, which `latent.other` brings in: two palettes, or two sets of pictures.",
    ),
    "chords": (
        "a table, or up to three for different detail",
        "A palette that follows the harmony, as far as `latent.chords` says.",
    ),
}
_CLASSES_HELP = (
    "a class, or a list with one for each picture; -1 is chosen by seed",
    "Of a generator with classes; by seed.",
)
BASE = {
    "seeds": (
        "a list of 1 to 64 seeds, or how many",
        "Its pictures; where they are counted, the show's seed chooses. 4.",
    ),
    "loop_bars": ("0.25 to 1024 bars", "How long once round takes; 8."),
    "classes": _CLASSES_HELP,
}
TARGET = {
    "seeds": BASE["seeds"],
    "detail": (_DETAIL_CHOICES, "What of the picture is pulled; `all`."),
    "classes": _CLASSES_HELP,
}
OTHER = {
    "seeds": BASE["seeds"],
    "detail": (_DETAIL_CHOICES, "What of the picture they take the place of: `fine` for a palette; `all`."),
    "classes": _CLASSES_HELP,
}
CHORDS = {
    "palette": ("a list of 1 to 12 seeds, or how many", "Its pictures: note n (C is 0) shows picture n. 12."),
    "from": (f"`{'`, `'.join(CHROMA_SIGNALS)}`", "The twelve values that mix it; `chroma`."),
    "detail": (_DETAIL_CHOICES, "What of the picture it gives; `fine`."),
    "attack": ("0 to 60 seconds", "Time constant of rising; 0.05."),
    "release": ("0 to 60 seconds", "Time constant of falling; 0.3."),
    "classes": _CLASSES_HELP,
}
TABLES = {
    "The top of the file": FILE,
    "[[route]]": ROUTE,
    "[[scene]]": SCENE,
    "channels = { ... }": CHANNELS,
    "[set], a bend": SET_BEND,
    "[set], pca.N": SET_ROWS,
    "noise_loop = { ... }": NOISE_LOOP,
    "[latent]": LATENT,
    "[latent] base": BASE,
    "[latent] other": OTHER,
    "[latent] target": TARGET,
    "[latent] chords": CHORDS,
}
