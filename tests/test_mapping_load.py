"""Reading mapping files: what is understood, and that every mistake is answered with its line, its field and a way out."""

import random
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import REGISTRY, SOURCES, program

from liveviz import mapping
from liveviz.mapping.program import Target
from liveviz.spec import Channels, LivevizError, Output

ROUTE = '[[route]]\nfrom = "rms"\nto = "truncation_psi"\n'
PUSH = "[[route]]\nfrom = 'rms'\nto = 'pca.0'\n"
DESIGN = """version = 1
model = "default"

[latent]
base = { seeds = [3, 17, 42, 81], loop_bars = 8 }          # drifts through four pictures, once every 8 bars
chords = { palette = 12, from = "chroma", layers = "fine", release = 0.2 }

[[route]]
from = "onset.kick"
to = "bend.zoom"
layer = 8                     # at the 8x8 layer
range = [0.0, 0.3]
release = 0.25                # seconds

[[route]]
from = "midi.cc.1"
to = "pca.0"
takeover = "pickup"
"""


def test_the_example_of_the_design_means_what_it_says():
    p = mapping.load(DESIGN, REGISTRY, SOURCES, name="shows/example.toml")
    assert (p.name, p.model, p.seed) == ("example", "default", 0)
    assert p.latent.base.seeds == (3, 17, 42, 81)
    assert p.latent.loop_bars == 8
    (chords,) = p.latent.chords
    assert (chords.source, chords.detail, chords.release, chords.palette.count) == ("chroma", (0, 0, 1), 0.2, 12)
    kick, knob = p.routes
    assert (kick.source, kick.kind, kick.target) == ("onset.kick", "event", Target("bend.zoom", 8))
    assert (kick.low, kick.high, kick.release) == (0.0, 0.3, 0.25)
    assert (knob.kind, knob.takeover, knob.low, knob.high) == ("control", "pickup", -3.0, 3.0)
    assert p.bends == (Target("bend.zoom", 8),)


def test_defaults_of_a_route():
    p = program(
        "\n".join(
            f'\n[[route]]\nfrom = "{source}"\nto = "{to}"'
            for source, to in [
                ("rms", "bend.zoom"),
                ("beat", "pca.0"),
                ("midi.cc.7.ch.16", "pca.1"),
                ("/knob", "pca.2"),
                ("midi.note.60", "pca.3"),
            ]
        )
    )
    level, event, cc, osc, note = p.routes
    assert (level.layer, level.release, level.mix, level.curve, level.kind) == (16, 0.0, "set", "linear", "level")
    assert (event.release, event.kind, event.layer) == (0.25, "event", 0)
    assert [r.takeover for r in (cc, osc, note)] == ["pickup", "jump", "jump"]


def test_images_by_number_follow_the_seed_and_never_meet():
    latent = program("\n[latent]\nbase = { seeds = 64 }\ntarget = { seeds = 64 }\nchords = {}").latent
    for seed in (0, 7, 2**32 - 1):
        groups = [latent.base.chosen(seed, 0), latent.target.chosen(seed, 1), latent.chords[0].palette.chosen(seed, 2)]
        images = [p for g in groups for p in g]
        assert len(set(images)) == len(images) == 64 + 64 + 12
        assert all(0 <= s < 2**32 and cls == -1 for s, cls in images)
    assert latent.base.chosen(1, 0) != latent.base.chosen(2, 0)


def test_set_reads_dotted_quoted_and_bend_tables():
    p = program(
        '\n[set]\npost.feedback.amount = 0.4\n"pca.3" = -1\nstage.blackout = true\nbend.zoom = { value = 0.2, layer = 8 }'
    )
    assert p.constants == {
        Target("post.feedback.amount"): 0.4,
        Target("pca.3"): -1.0,
        Target("stage.blackout"): 1.0,
        Target("bend.zoom", 8): 0.2,
    }
    assert p.bends == (Target("bend.zoom", 8),)


def test_a_push_and_a_truncation_may_have_rows_of_their_own():
    body = (
        '\n[[route]]\nfrom="rms"\nto="pca.3"\nlayers=[4, 8]\n[[route]]\nfrom="energy"\nto="pca.3"\nlayers=[0, 2]\n'
        '[[route]]\nfrom="energy"\nto="pca.3"\n[[route]]\nfrom="onset"\nto="truncation_psi"\nlayers=[6, 14]\n'
        "[set]\npca.1 = { value = 0.5, layers = [2, 3] }\ntruncation_psi = 0.9\n"
    )
    p = program(body)
    assert [r.rows for r in p.routes] == [(4, 8), (0, 2), None, (6, 14)]
    assert p.constants == {Target("pca.1", rows=(2, 3)): 0.5, Target("truncation_psi"): 0.9}
    assert p.homes == {"pca.3": Target("pca.3", rows=(4, 8)), "pca.1": Target("pca.1", rows=(2, 3))}
    text = mapping.describe(p, REGISTRY)
    assert "rms -> pca.3 on rows [4, 8]: -3 to 3" in text and "rms@4-7, energy@0-1, energy" in text
    with pytest.raises(LivevizError, match=r"both set pca.3 on rows \[4, 8\];"):
        program(body.replace("[0, 2]", "[4, 8]"))


def test_two_controllers_or_two_layers_may_set_one_parameter():
    p = program(
        '\n[[route]]\nfrom="midi.cc.1"\nto="pca.0"\n[[route]]\nfrom="/a"\nto="pca.0"\n[[route]]\nfrom="rms"\nto="pca.0"\n'
        '[[route]]\nfrom="rms"\nto="bend.zoom"\nlayer=8\n[[route]]\nfrom="energy"\nto="bend.zoom"\nlayer=32\n'
    )
    assert len(p.routes) == 5
    assert p.bends == (Target("bend.zoom", 8), Target("bend.zoom", 32))


def route_on(channels: str) -> mapping.Route:
    return program(f'\n[[route]]\nfrom = "rms"\nto = "bend.zoom"\nlayer = 8\nchannels = {channels}\n').routes[0]


def test_channels_of_a_bend():
    for text, channels in [
        ('"all"', Channels()),
        ("[7, 0, 7, 1023]", Channels((0, 7, 1023))),
        ("{ random = 0.25, seed = 3 }", Channels(share=0.25, seed=3)),
        ("{ random = 1 }", Channels()),
    ]:
        assert route_on(text).target == Target("bend.zoom", 8, channels)
    assert "channels 0, 7:" in mapping.route_text(route_on("[7, 0]"))
    assert "on channels 0, 1, 2, 3, 4, 5, 6, 7 ...:" in mapping.route_text(route_on(str(list(range(20)))))
    assert "25 % of the channels (seed 3)" in mapping.route_text(route_on("{ random = 0.25, seed = 3 }"))
    p = program("\n[set]\nbend.zoom = { value = 0.2, layer = 8, channels = [3] }")
    assert p.bends == (Target("bend.zoom", 8, Channels((3,))),) == (p.homes["bend.zoom"],)


def test_one_op_on_other_channels_is_another_bend():
    p = program(
        "".join(
            f'\n[[route]]\nfrom = "{source}"\nto = "bend.zoom"\nlayer = 8\nchannels = {channels}'
            for source, channels in (("rms", "[0, 1]"), ("energy", "[2, 3]"), ("onset", '"all"'))
        )
    )
    assert len(set(p.bends)) == 3  # no fight: each has channels of its own
    with pytest.raises(LivevizError, match=r"both set bend.zoom at layer 16 on channels 0;"):
        program(2 * '\n[[route]]\nfrom = "rms"\nto = "bend.zoom"\nchannels = [0]')


def test_the_noise_mask_is_a_name():
    assert program("").noise_mask is None
    p = program('\nnoise_mask = "ring.png"')
    assert p.noise_mask == "ring.png" and "ring.png" in mapping.describe(p, REGISTRY)


ON = "version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nchannels = "
MISTAKES = [
    # text, line, field, words that the answer must contain
    (ON + "'some'", 5, "route.channels", ["'some'", '"all"', "random = 0.25"]),
    (ON + "[]", 5, "route.channels", ["[]", "a list of channels"]),
    (ON + "[0, -1]", 5, "route.channels", ["-1", "from 0 to 1023"]),
    (ON + "[1024]", 5, "route.channels", ["1024", "from 0 to 1023"]),
    (ON + "[0.5]", 5, "route.channels", ["0.5", "whole number"]),
    (ON + "{ seed = 3 }", 5, "route.channels.random", ["missing", "random = 0.25"]),
    (ON + "{ random = 1.5 }", 5, "route.channels.random", ["1.5", "0.001 to 1"]),
    (ON + "{ random = nan }", 5, "route.channels.random", ["nan", "0.001 to 1"]),
    (ON + "{ random = 0.5, share = 1 }", 5, "route.channels.share", ["unknown key", "random, seed"]),
    (ON + "{ random = 0.5, seed = -1 }", 5, "route.channels.seed", ["-1", "4294967295"]),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'pca.0'\nchannels = 'all'", 5, "route.channels", ["only a bend"]),
    ("version = 1\nnoise_mask = 3", 2, "noise_mask", ["3", "quotes"]),
    ("title = 'x'", 1, "version", ["missing", "version = 1"]),
    ("version = 2", 1, "version", ["2", "version = 1"]),
    ("version = true", 1, "version", ["True", "version = 1"]),
    ("version = 1\nmodle = 'x'", 2, "modle", ["unknown key", "'model'", "allowed", "route"]),
    ("version = 1\ntitle = 3", 2, "title", ["3", "quotes"]),
    ("version = 1\nseed = -1", 2, "seed", ["-1", "from 0 to 4294967295"]),
    ("version = 1\n\n[set\nx = 1", 3, "TOML", ["Expected"]),
    ("version = 1\nx = [1,\n", 2, "TOML", ["ends too early"]),
    ("version = 1\nversion = 1", 2, "TOML", ["overwrite"]),
    ("version = 1\n[set]\ntruncation_psy = 1", 3, "set.truncation_psy", ["'truncation_psi'", "allowed", "pca.0-15"]),
    ("version = 1\n[set]\ntruncation_psi = 9", 3, "set.truncation_psi", ["9", "0 to 1.5"]),
    ("version = 1\n[set]\ntruncation_psi = nan", 3, "set.truncation_psi", ["nan", "0 to 1.5"]),
    ("version = 1\n[set]\ntruncation_psi = true", 3, "set.truncation_psi", ["True", "not a number"]),
    ("version = 1\n[set]\npca = 3", 3, "set.pca", ["'pca'"]),
    ("version = 1\n[set]\n\npost.feedback.amount = 'much'", 4, "set.post.feedback.amount", ["'much'", "0 to 1"]),
    (
        "version = 1\n[set]\npost.feedback.amount = 0\n'post.feedback.amount' = 1",
        4,
        "set.post.feedback.amount",
        ["twice"],
    ),
    ("version = 1\n[set]\npca.0 = { value = 1, layer = 8 }", 3, "set.pca.0.layer", ["unknown key", "rows"]),
    ("version = 1\n[set]\npca.0 = { value = 1, layers = [2, 2] }", 3, "set.pca.0.layers", ["no row", "[4, 8]"]),
    ("version = 1\n[set]\ntruncation_psi = { value = 1, layers = [2, 4] }", 3, "set.truncation_psi", ["not a number"]),
    ("version = 1\n" + PUSH + "layers = [4]", 5, "route.layers", ["two whole numbers", "0 to 34"]),
    ("version = 1\n" + PUSH + "layers = 'fine'", 5, "route.layers", ["two whole numbers", "[start, end]"]),
    ("version = 1\n" + PUSH + "layers = [8, 4]", 5, "route.layers", ["[8, 4]", "no row"]),
    ("version = 1\n" + PUSH + "layers = [0,\n35]", 6, "route.layers", ["35", "0 to 34"]),
    ("version = 1\n" + PUSH + "layers = [-1, 4]", 5, "route.layers", ["-1", "0 to 34"]),
    ("version = 1\n" + PUSH + "layers = [0.0, 4.0]", 5, "route.layers", ["0.0", "whole number"]),
    ("version = 1\n" + PUSH + "layer = 8", 5, "route.layer", ["only a bend", "rows = [start, end]"]),
    (
        "version = 1\n[[route]]\nfrom='rms'\nto='noise_speed'\nlayers=[0, 4]",
        5,
        "route.layers",
        ["pca.0-15", "truncation_psi"],
    ),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nlayers = [0, 4]", 5, "route.layers", ["layer = 16"]),
    (
        "version = 1\n" + "".join(f"[[route]]\nfrom='rms'\nto='pca.0'\nlayers=[{k}, 34]\n" for k in range(33)),
        133,
        "route.layers",
        ["33 places", "at most 32"],
    ),
    ("version = 1\n[set]\nbend.zoom = { value = 1, layer = 9 }", 3, "set.bend.zoom.layer", ["9", "8, 16"]),
    ("version = 1\nset = 3", 2, "set", ["not a table"]),
    ("version = 1\nroute = 3", 2, "route", ["not a table", "[[route]]"]),
    ("version = 1\n" + ROUTE + "gian = 3", 5, "route.gian", ["unknown key", "gain"]),
    ("version = 1\n[[route]]\nto = 'pca.0'", 2, "route.from", ["missing"]),
    ("version = 1\n[[route]]\nfrom = 'rms'", 2, "route.to", ["missing"]),
    (
        "version = 1\n" + ROUTE + "\n[[route]]\nfrom = 'onset.kik'\nto = 'pca.0'",
        7,
        "route.from",
        ["'onset.kick'", "allowed", "a signal", "/"],
    ),
    ("version = 1\n[[route]]\nfrom = 'midi.cc.128'\nto = 'pca.0'", 3, "route.from", ["midi.cc.0-127"]),
    ("version = 1\n[[route]]\nfrom = 'midi.cc.1.ch.0'\nto = 'pca.0'", 3, "route.from", ["ch.1-16"]),
    ("version = 1\n[[route]]\nfrom = 'midi.cc.01'\nto = 'pca.0'", 3, "route.from", ["midi.cc.0-127"]),
    ("version = 1\n[[route]]\nfrom = ''\nto = 'pca.0'", 3, "route.from", ["allowed"]),
    ("version = 1\n[[route]]\nfrom = 'key.banana'\nto = 'pca.0'", 3, "route.from", ["'key.banana'", "key.NAME"]),
    ("version = 1\n[[route]]\nfrom = 'key.spacebar'\nto = 'pca.0'", 3, "route.from", ["mean 'key.space'"]),
    (
        "version = 1\n[[route]]\nfrom = 'bands.{{{{{{{{{{{{{{{{{{{{{{{'\nto = 'pca.0'",
        3,
        "route.from",
        ["bands.bass, bands.mid"],
    ),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zom'", 4, "route.to", ["'bend.zoom'", "allowed", "pca.0-15"]),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 3", 4, "route.to", ["3", "quotes"]),
    ("version = 1\n" + ROUTE + "layer = 8", 5, "route.layer", ["only a bend"]),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nlayer = 12", 5, "route.layer", ["12", "8, 16"]),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nlayer = 2048", 5, "route.layer", ["2048", "1024"]),
    ("version = 1\n[[route]]\nfrom = 'rms'\nto = 'bend.zoom'\nlayer = 8.0", 5, "route.layer", ["8.0"]),
    ("version = 1\n" + ROUTE + "range = [0, 9]", 5, "route.range", ["9", "0 to 1.5"]),
    ("version = 1\n" + ROUTE + "range = [0,\n1,\n2]", 5, "route.range", ["two numbers"]),
    ("version = 1\n" + ROUTE + "range = [0,\n'x']", 6, "route.range", ["'x'"]),
    ("version = 1\n" + ROUTE + "range = 0.5", 5, "route.range", ["two numbers", "[0, 1.5]"]),
    ("version = 1\n" + ROUTE + "range = [1, 1]", 5, "route.range", ["both ends", "[set]"]),
    ("version = 1\n" + ROUTE + "mix = 'add'\nrange = [0, 2]", 6, "route.range", ["-1.5 to 1.5"]),
    ("version = 1\n" + ROUTE + "mix = 'multiply'\nrange = [-1, 2]", 6, "route.range", ["0 to 10"]),
    ("version = 1\n" + ROUTE + "mix = 'ad'", 5, "route.mix", ["'add'", "multiply"]),
    ("version = 1\n" + ROUTE + "curve = 'cubic'", 5, "route.curve", ["'cubic'", "smooth"]),
    ("version = 1\n" + ROUTE + "attack = -1", 5, "route.attack", ["-1", "0 to 60 seconds"]),
    ("version = 1\n" + ROUTE + "release = 1e400", 5, "route.release", ["inf", "0 to 60 seconds"]),
    ("version = 1\n" + ROUTE + "release = " + "9" * 400, 5, "route.release", ["0 to 60 seconds"]),
    ("version = 1\n" + ROUTE + "threshold = 1", 5, "route.threshold", ["0 to 0.99"]),
    ("version = 1\n" + ROUTE + "takeover = 'pickup'", 5, "route.takeover", ["rms is no knob", "midi.cc"]),
    ("version = 1\n[[route]]\nfrom='midi.note.1'\nto='pca.0'\ntakeover='scale'", 5, "route.takeover", ["no knob"]),
    (
        "version = 1\n[[route]]\nfrom='midi.cc.1'\nto='pca.0'\ntakeover='soft'",
        5,
        "route.takeover",
        ["jump, pickup, scale"],
    ),
    ("version = 1\n[[route]]\nfrom='/a'\nto='pca.0'\nmix='add'\ntakeover='jump'", 6, "route.takeover", ["remove"]),
    (
        "version = 1\n" + ROUTE + "\n[[route]]\nfrom='beat'\nto='truncation_psi'",
        8,
        "route.to",
        ["lines 2 and 6", "truncation_psi", "add"],
    ),
    ("version = 1\nroute = [{from='rms',to='pca.0'},{from='rms',to='pca.0'}]", 2, "route.to", ["lines 2 and 2"]),
    ("version = 1\n[latent]\nbas = {}", 3, "latent.bas", ["'base'"]),
    ("version = 1\n[latent]\nbase = 3", 3, "latent.base", ["not a table"]),
    ("version = 1\n[latent.base]\nseeds = []", 3, "latent.base.seeds", ["0 pictures", "1 to 64"]),
    ("version = 1\n[latent.base]\nseeds = [1,\n2.5]", 4, "latent.base.seeds", ["2.5", "whole number"]),
    ("version = 1\n[latent.base]\nseeds = 65", 3, "latent.base.seeds", ["65", "1 to 64"]),
    ("version = 1\n[latent.base]\nloop_bars = 0", 3, "latent.base.loop_bars", ["0.25 to 1024 bars"]),
    ("version = 1\n[latent.base]\nclasses = [1]", 3, "latent.base.classes", ["a list of 4"]),
    ("version = 1\n[latent.base]\nclasses = true", 3, "latent.base.classes", ["True"]),
    ("version = 1\n[latent.target]\nlayers = 'course'", 3, "latent.target.layers", ["'course'", '"coarse"']),
    ("version = 1\n[latent.target]\nlayers = []", 3, "latent.target.layers", ["allowed"]),
    ("version = 1\n[latent.chords]\npalette = 13", 3, "latent.chords.palette", ["1 to 12"]),
    ("version = 1\n[latent.chords]\nfrom = 'cromа'", 3, "latent.chords.from", ["chroma, bass_chroma"]),
    (
        "version = 1\n[[latent.chords]]\n[[latent.chords]]\n\nlayers = 'fine'",
        5,
        "latent.chords.layers",
        ["fine", "already"],
    ),
    (
        "version = 1\n"
        + "".join(
            f"[[latent.chords]]\nlayers='{r}'\npalette={list(range(k, k + 12))}\n"
            for k, r in ((0, "coarse"), (50, "middle"), (90, "fine"))
        ),
        2,
        "latent.chords",
        ["36 pictures", "29"],
    ),
    (
        "version = 1\n" + "[[route]]\nfrom='beat'\nto='pca.0'\nmix='add'\n" * 1025,
        2 + 4 * 1024,
        "route",
        ["1025", "1024"],
    ),
    (
        "version = 1\n"
        + "".join(
            f"[[route]]\nfrom='rms'\nto='bend.{op}'\nlayer={2**k}\n" for k in range(2, 11) for op in ("zoom", "rotate")
        ),
        2 + 4 * 16,
        "route",
        ["18 bends", "16"],
    ),
    ("version = 1\nx = " + "[\n" * 4000, 1, "file", ["nested"]),
    ("version = 1\nx = " + "[" * 1900, 2, "file", ["32 in one line"]),
    ("version = 1\n" + ("x = {" + "a={" * 30 + "}" * 31 + "\n") * 200, 134, "file", ["4096 in all"]),
    ("version = 1\n# " + "x" * 3000, 2, "file", ["one line", "2000"]),
    ("version = 1\n" + "a." * 500 + "a = 1", 2, "file", ["dots"]),
    ("version = 1\nx = { " + "'a' . b." * 4 + "a = 1 }", 2, "file", ["dots"]),
    ('version = 1\ntitle = "a\\u001b[2Jb"', 2, "title", ["control"]),
    ('version = 1\nmodel = "a\\nb"', 2, "model", ["control"]),
    ("version = 1\n'a\\nb\x7f' = 1", 2, "TOML", ["character"]),
    ('version = 1\n"a\\nb" = 1', 2, r"'a\nb'", ["unknown key"]),
    ("#" * 1000 + "\n" + "# x\n" * 100000, 1, "file", ["256 KiB"]),
]


@pytest.mark.parametrize(
    ("text", "line", "field", "words"), MISTAKES, ids=[f"{m[2]}-{i}" for i, m in enumerate(MISTAKES)]
)
def test_a_mistake_is_answered_with_line_field_and_what_is_allowed(text, line, field, words):
    with pytest.raises(LivevizError) as caught:
        mapping.load(text, REGISTRY, SOURCES, name="my/show.toml")
    said = str(caught.value)
    assert said.startswith(f"my/show.toml:{line}: {field}: "), said
    assert len(said) < 420  # a typo is no reason to print every name there is
    assert "did you mean" not in said.partition("allowed")[2]  # the nearest name comes first: a screen may cut the rest
    assert said.isprintable()
    for word in words:
        assert word in said


def test_only_what_is_not_closed_ends_too_early():
    for text in ("version = 1\nversion = 1", "version = 1\nset = {a = 1, a = 2}", "version = 1\n[set]\n[set]"):
        with pytest.raises(LivevizError, match=r"TOML: (Cannot|Duplicate)") as caught:
            mapping.load(text, REGISTRY, SOURCES, name="x")
        assert "early" not in str(caught.value)


def test_text_may_have_lines_numbers_and_dots():
    dots = "# " + "." * 100 + '\nversion = 1\ndescription = """one\n\ttwo ' + "... " * 50 + '"""'
    assert "one\n\ttwo" in mapping.load(dots, REGISTRY, SOURCES).description


@pytest.mark.parametrize(
    "line",
    ["k{i} = " + "{{b=" * 300 + "1" + "}}" * 300, "k{i} = {{" + "a." * 900 + "a=1}}", "a{i}." + "a." * 15 + "a = 1"],
)
def test_a_deep_file_is_refused_before_it_is_read(line: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("it was read"))
    with pytest.raises(LivevizError, match=r"x:2: file: "):
        mapping.load("version = 1\n" + "\n".join(line.format(i=i) for i in range(60)), REGISTRY, SOURCES, name="x")


def test_chords_need_their_signals():
    few = [Output("rms"), Output("chroma.0")]
    with pytest.raises(LivevizError, match=r"x:3: latent.chords.from: .*chroma.1"):
        mapping.load("version = 1\n[latent]\nchords = { from = 'chroma' }", REGISTRY, few, name="x")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"version = 1\n# caf\xe9", r":2: file: not UTF-8"),
        (b"\xff\xfe" + "version = 1".encode("utf-16-le"), r":1: file: not UTF-8"),
        (b"version = 1\n\x00", r":2: TOML: "),
        (b"# " + b"x" * 300_000, r":1: file: larger than 256 KiB"),
        (b"", r":1: version: is missing"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, raw: bytes, said: str):
    path = tmp_path / "bad.toml"
    path.write_bytes(raw)
    with pytest.raises(LivevizError, match=re.escape(str(path)) + said):
        mapping.load(path, REGISTRY, SOURCES)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DESIGN.replace("\n", "\r\n").encode())
    assert mapping.load(path, REGISTRY, SOURCES).routes == mapping.load(DESIGN, REGISTRY, SOURCES).routes


def test_missing_files_and_folders_are_told(tmp_path: Path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(LivevizError, match="cannot be read"):
            mapping.load(path, REGISTRY, SOURCES)


def test_list_files_takes_the_first_folder_of_two(tmp_path: Path):
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder, names in ((mine, ["b"]), (theirs, ["b", "a"])):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.toml").write_text("")
    (mine / "readme.txt").write_text("")
    found = mapping.list_files([mine, tmp_path / "absent", theirs])
    assert found == {"a": theirs / "a.toml", "b": mine / "b.toml"}
    assert list(found) == ["a", "b"]


def test_describe_names_every_parameter_with_address_and_driver():
    p = mapping.load(DESIGN, REGISTRY, SOURCES, name="example.toml")
    text = mapping.describe(p, REGISTRY)
    for parameter in REGISTRY:
        (row,) = [line for line in text.splitlines() if line.startswith(parameter.name + " ")]
        assert parameter.osc in row.split()
    assert "onset.kick -> bend.zoom at layer 8: 0 to 0.3, release 0.25 s" in text
    assert "midi.cc.1 -> pca.0: -3 to 3, pickup" in text
    rows = {row[0]: row for row in mapping.parameter_rows(p, REGISTRY)}
    assert rows["bend.zoom"][4] == "onset.kick@8"
    assert rows["pca.0"][2:] == ("-3 to 3", "0", "midi.cc.1")
    assert rows["pca.1"][4] == "-"


def _mangle(text: str, at: random.Random) -> str:
    for _ in range(at.randint(1, 4)):
        i, j = sorted(at.randrange(len(text) + 1) for _ in range(2))
        piece = at.choice(
            ["", "[", "]]", '"', "'''", "=", "\n", "{", "}", ".", "nan", "-", "1e999", "\x00", "🎵", text[i:j]]
        )
        text = text[:i] + piece + text[at.choice([i, j]) :]
    return text


@given(st.integers(0, 2**32))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_a_mangled_file_is_understood_or_refused_in_one_line(seed):
    text = _mangle(DESIGN, random.Random(seed))
    try:
        mapping.load(text, REGISTRY, SOURCES, name="m.toml")
    except LivevizError as e:
        assert re.match(r"m\.toml:\d+: ", str(e)), e
        assert str(e).isprintable(), e
        assert int(str(e).split(":")[1]) <= text.count("\n") + 1
    else:
        tomllib.loads(text)


_value = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.sampled_from(["rms", "pca.0", "fine", "x"]),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


KEYS = re.findall(
    r"\S+",
    "from to layer range curve attack mix threshold takeover seeds classes layers palette loop_bars base chords pca.0 "
    "bend.zoom stage.freeze seed title",
)


def _toml(value: object) -> str:
    if value is None:
        return "{}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(_toml(v) for v in value)}]" if isinstance(value, list) else repr(value)


@given(
    table=st.sampled_from(
        ["[[route]]", "[latent.base]", "[latent.target]", "[latent.chords]", "[set]", "[latent]", ""]
    ),
    pairs=st.dictionaries(
        st.sampled_from(KEYS),
        _value,
        max_size=6,
    ),
)
@settings(derandomize=True, deadline=None, max_examples=400)
def test_any_value_under_any_key_is_understood_or_refused_in_one_line(table, pairs):
    text = f"version = 1\n{table}\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in pairs.items())
    try:
        mapping.load(text, REGISTRY, SOURCES, name="m.toml")
    except LivevizError as e:
        assert re.match(r"m\.toml:\d+: [^ ]+: .", str(e)), e
        assert str(e).isprintable(), e


OLD_AND_NEW = """version = 1
[latent]
target = {{ seeds = [1], {detail} = "coarse" }}
[[latent.chords]]
{detail} = ["middle", "fine"]
[set]
pca.1 = {{ value = 0.5, {rows} = [2, 3] }}
[[route]]
from = "rms"
to = "pca.3"
{rows} = [4, 8]
"""


def test_words_of_old_mean_the_same_and_are_told() -> None:
    old, new = (
        mapping.load(OLD_AND_NEW.format(detail=detail, rows=rows), REGISTRY, SOURCES, name="a.toml")
        for detail, rows in (("layers", "layers"), ("detail", "rows"))
    )
    assert old == new and not new.old_words
    notes = [(line, what) for line, what in mapping.notes(old, REGISTRY) if "today" in what]
    assert notes == [
        (11, "layers is called rows today; it goes on working"),
        (7, "layers is called rows today; it goes on working"),
        (3, "layers is called detail today; it goes on working"),
        (5, "layers is called detail today; it goes on working"),
    ]


@pytest.mark.parametrize(("word", "old"), [("rows = [4, 8]", "layers = [4, 8]"), ("rows = [4]", "layers = [4]")])
def test_both_words_at_once_and_mistakes_are_told_where_they_are_written(word: str, old: str) -> None:
    head = 'version = 1\n[[route]]\nfrom = "rms"\nto = "pca.0"\n'
    with pytest.raises(LivevizError, match=r"a:6: route.layers: is the old word for rows, which is there too"):
        mapping.load(f"{head}{word}\n{old}", REGISTRY, SOURCES, name="a")
    if "[4]" in word:
        for line, field in ((word, "rows"), (old, "layers")):
            with pytest.raises(LivevizError, match=rf"a:5: route.{field}: .*two whole numbers"):
                mapping.load(f"{head}{line}", REGISTRY, SOURCES, name="a")
