"""Formulas: what they mean, against Python's own arithmetic; and that nothing but numbers can be said in them."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_kit import frame, message, play, program, show

from liveviz.mapping.formula import FUNCTIONS, FormulaError, parse
from liveviz.spec import LivevizError

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0.0 or abs(x) > 1e-6)


def value(text: str, **names: float) -> float:
    formula = parse(text, lambda name: "" if name in names else f"no {name}")
    return formula.value([names[name] for name in formula.names])


@given(a=NUMBERS, b=NUMBERS, c=NUMBERS)
@settings(max_examples=200, deadline=None)
def test_arithmetic_is_that_of_python(a: float, b: float, c: float) -> None:
    names = {"a": a, "b": b, "c": c}
    for text, wanted in (
        ("a + b * c", a + b * c),
        ("a - b - c", a - b - c),
        ("-a * (b - c)", -a * (b - c)),
        ("a / b", a / b if b else 0.0),
        ("a % b", a % b if b else 0.0),
        ("2 * a ^ 2", 2.0 * a**2.0),
        ("a < b and b <= c or not c", float((a < b and b <= c) or not c)),
        ("a == b", float(a == b)),
        ("min(a, b, c) + max(a, b)", min(a, b, c) + max(a, b)),
        ("clip(a, -1, 1)", min(max(a, -1.0), 1.0)),
        ("mix(a, b, 0.25)", a + (b - a) * 0.25),
        ("when(a > b, a, b)", max(a, b)),
        ("abs(a) + floor(b)", abs(a) + math.floor(b)),
        ("fract(a)", a - math.floor(a)),
    ):
        assert value(text, **names) == pytest.approx(wanted, rel=1e-12, abs=1e-12), text


def test_smoothstep_and_sine() -> None:
    assert [value("smoothstep(0.2, 0.6, x)", x=x) for x in (0.0, 0.4, 0.9)] == [0.0, pytest.approx(0.5), 1.0]
    assert value("smoothstep(0.5, 0.5, x)", x=0.6) == 1.0
    assert [value("sin(x)", x=x) for x in (0.0, 0.25, 0.75, 5.25)] == pytest.approx([0.0, 1.0, -1.0, 1.0])


SYMBOLS = st.lists(
    st.sampled_from([*"+-*/%^(),<>", "<=", "==", "and", "or", "not", "a", "b.c", "1", "0", "1e300", ".5", *FUNCTIONS]),
    max_size=40,
).map(" ".join)


@given(text=st.one_of(SYMBOLS, st.text(max_size=60)), x=st.floats(width=64))
@settings(max_examples=1500, deadline=None)
def test_any_text_gives_a_finite_number_or_one_mistake(text: str, x: float) -> None:
    try:
        formula = parse(text, lambda name: "")
    except FormulaError as error:
        assert 1 <= error.column <= len(text) + 1 and "\n" not in error.what
        return
    assert math.isfinite(formula.value([x if math.isfinite(x) else 0.0] * len(formula.names)))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.__class__",
        "(lambda: 1)()",
        "a[0]",
        "'x'.join",
        "open('/etc/passwd')",
        "a := 1",
        "1; 2",
        "{}",
    ],
)
def test_nothing_but_numbers_can_be_said(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text, lambda name: "" if name == "a" else f"no {name}")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("= rms +", ["character 8", "missing"]),
        ("= rsm * 2", ["character 3", "rsm", "rms"]),
        ("= max(rms)", ["character 3", "2 or more"]),
        ("= eval(rms)", ["no function 'eval'", "smoothstep"]),
        ("= rms < energy < 1", ["one comparison"]),
        ("= " + "(" * 60 + "1" + ")" * 60, ["nested deeper than 24"]),
        ("= " + "+".join(["1"] * 150), ["more than 200 operations"]),
        ("modulator.slow", ["no modulator", "declares none"]),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(source: str, words: list[str]) -> None:
    with pytest.raises(LivevizError, match=r"^test\.toml:2: route\.from: ") as caught:
        program(f'\nroute = [{{ from = "{source}", to = "pca.0" }}]')
    for word in words:
        assert word in str(caught.value)


def test_a_formula_hears_signals_events_and_controls() -> None:
    body = """
[[route]]
from = "= clip(0.5 * rms + 0.25 * onset.kick + 0.25 * midi.cc.7, 0, 1)"
to = "pca.0"
range = [0, 1]
"""
    played = show(body)
    assert played.step(frame(1, rms=1.0, onset__kick=3.0), 0.0, 1 / 30)["pca.0"] == pytest.approx(0.5)
    assert played.step(frame(2, 0.1, rms=0.0, onset__kick=4.0), 0.1, 1 / 30)["pca.0"] == pytest.approx(0.25)
    assert played.control(message("midi.cc.7.ch.3", 1.0))  # somebody listens to it, on any channel
    assert not played.control(message("midi.cc.8", 1.0))
    assert played.step(frame(3, 0.2, onset__kick=4.0), 0.2, 1 / 30)["pca.0"] == pytest.approx(0.25)


def test_an_osc_address_in_a_formula_is_listened_to() -> None:
    played = show('\nroute = [{ from = "= \'/fader/1\' * 0.5", to = "pca.0", range = [0, 1] }]')
    assert "/fader/1" in played.listens
    assert played.control(message("/fader/1", 0.8))
    assert played.step(None, 0.0, 1 / 30)["pca.0"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("keys", "rms", "wanted"),
    [
        ("gain = 2.0", 0.3, 0.6),
        ("gain = 4.0", 0.5, 1.0),
        ("gate = 0.4", 0.39, 0.0),
        ("gate = 0.4", 0.41, 0.41),
        ("invert = true", 0.3, 0.7),
        ("steps = 3", 0.32, 0.0),
        ("steps = 3", 0.34, 0.5),
        ("steps = 3", 1.0, 1.0),
        ("threshold = 0.5, invert = true", 0.75, 0.5),
    ],
)
def test_what_a_route_does_to_its_source(keys: str, rms: float, wanted: float) -> None:
    played = show(f'\nroute = [{{ from = "rms", to = "pca.0", range = [0, 1], {keys} }}]')
    assert played.step(frame(1, rms=rms), 0.0, 1 / 30)["pca.0"] == pytest.approx(wanted)
    knob = show(f'\nroute = [{{ from = "midi.cc.1", to = "pca.0", range = [0, 1], takeover = "jump", {keys} }}]')
    knob.control(message("midi.cc.1", rms))
    assert knob.step(None, 0.0, 1 / 30)["pca.0"] == pytest.approx(wanted)


@pytest.mark.parametrize("fps", [30, 60, 120])
def test_lag_is_so_much_later(fps: int) -> None:
    played = show('\nroute = [{ from = "rms", to = "pca.0", range = [0, 1], lag = 0.5 }]')
    frames = play(played, 2.0, fps, lambda t: {"rms": float(t >= 1.0)})
    up = next(f.time for f in frames if f["pca.0"] > 0.5)
    assert up == pytest.approx(1.5, abs=1.01 / fps)


def test_the_highest_priority_that_is_up_sets() -> None:
    body = """
[[route]]
from = "energy"
to = "pca.0"
range = [0, 0.5]
[[route]]
from = "build"
to = "pca.0"
range = [1, 2]
priority = 3
"""
    played = show(body)
    assert played.step(frame(1, energy=1.0), 0.0, 1 / 30)["pca.0"] == pytest.approx(0.5)
    assert played.step(frame(2, energy=1.0, build=0.5), 0.1, 1 / 30)["pca.0"] == pytest.approx(1.5)
    assert played.step(frame(3, energy=1.0), 0.2, 1 / 30)["pca.0"] == pytest.approx(0.5)
    with pytest.raises(LivevizError, match="or a priority"):
        program(body.replace("priority = 3", ""))


def test_a_thousand_routes_fit_into_a_file(tmp_path: Path) -> None:
    one = '[[route]]\nfrom = "rms"\nto = "pca.{}"\nrange = [0, 0.001]\nmix = "add"\n'
    played = show("\n" + "".join(one.format(i % 16) for i in range(1000)))
    values = played.step(frame(1, rms=1.0), 0.0, 1 / 30)
    assert values["pca.0"] == pytest.approx(0.063) and values["pca.15"] == pytest.approx(0.062)
