"""ISF headers: what is accepted, and that every mistake is answered with file, line, field and what is allowed."""

import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz import post
from liveviz.post.naming import slug
from liveviz.post.sizes import size_of
from liveviz.spec import LivevizError, Registry

BODY = "\nvoid main() { gl_FragColor = vec4(1.0); }\n"


def shader(header: str, body: str = BODY, name: str = "x.fs") -> post.IsfShader:
    return post.parse(f"/*{header}*/{body}", Path(name))


def test_inputs_are_read_with_range_default_and_help() -> None:
    s = shader(
        json.dumps(
            {
                "DESCRIPTION": "two\n lines",
                "INPUTS": [
                    {"NAME": "inputImage", "TYPE": "image"},
                    {"NAME": "amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
                    {"NAME": "Speed", "TYPE": "float", "MIN": -2, "MAX": 3.5, "DEFAULT": 1, "LABEL": "how fast"},
                    {"NAME": "mode", "TYPE": "long", "VALUES": [1, 4, 9], "LABELS": ["a", "b", "c"], "DEFAULT": 4},
                    {"NAME": "on", "TYPE": "bool", "DEFAULT": True},
                    {"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0.5, 0, 1]},
                    {"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.25, 0.75]},
                ],
            }
        )
    )
    assert s.help == "two lines"
    assert [i.name for i in s.inputs] == ["amount", "Speed", "mode", "on", "tint", "at"]
    by_name = {i.name: i for i in s.inputs}
    assert (by_name["Speed"].low, by_name["Speed"].high, by_name["Speed"].default) == (-2.0, 3.5, (1.0,))
    assert by_name["mode"].values == (1, 4, 9)
    assert by_name["tint"].default == (1.0, 0.5, 0.0, 1.0)
    assert by_name["at"].default == (0.25, 0.75)

    registry = Registry(post.parameters({"x": s}))
    assert registry.names == ("post.x.amount", "post.x.speed", "post.x.mode", "post.x.on")
    assert registry["post.x.mode"].curve == "integer" and registry["post.x.mode"].high == 9
    assert registry["post.x.on"].curve == "toggle" and registry["post.x.on"].default == 1
    assert registry["post.x.speed"].help == "how fast"


def test_a_collection_file_without_amount_is_given_one() -> None:
    s = shader('{"INPUTS": [{"NAME": "level", "TYPE": "float"}]}')
    assert s.inputs[0].name == "amount" and s.inputs[0].implicit and s.inputs[0].default == (0.0,)


def test_a_last_pass_into_a_buffer_is_shown() -> None:
    s = shader('{"PASSES": [{"TARGET": "store", "PERSISTENT": true, "FLOAT": true, "WIDTH": "$WIDTH/2"}]}')
    assert s.targets == ("store",)
    assert s.passes[0].persistent and s.passes[0].float_ and s.passes[0].target == "store"
    assert s.passes[-1].target is None and s.passes[-1].copy_of == "store"


BAD = [
    ("no header", "void main() {}", "line 1", "ISF header"),
    ("not json", '/*{\n "INPUTS": [\n {"NAME": }\n]}*/' + BODY, "line 3", "JSON"),
    ("a list", "/*[1]*/" + BODY, "line 1", "object"),
    ("nan", '/*{\n"INPUTS": [{"NAME": "a", "TYPE": "float",\n"MAX": NaN}]}*/' + BODY, "line 3", "NaN"),
    ("deep", "/*" + "[" * 100000 + "*/" + BODY, "line 1", "header"),
    ("no list", '/*{"INPUTS": {}}*/' + BODY, "INPUTS", "list"),
    ("unknown type", '/*{"INPUTS": [\n\n{"NAME": "a",\n"TYPE": "flaot"}]}*/' + BODY, "line 4", "allowed: float, long"),
    ("image", '/*{"INPUTS": [{"NAME": "mask", "TYPE": "image"}]}*/' + BODY, "mask.TYPE", "inputImage"),
    ("audio", '/*{"INPUTS": [{"NAME": "a", "TYPE": "audioFFT"}]}*/' + BODY, "audioFFT", "allowed"),
    ("name", '/*{"INPUTS": [{"NAME": "a b", "TYPE": "float"}]}*/' + BODY, "a b", "letters"),
    ("builtin name", '/*{"INPUTS": [{"NAME": "TIME", "TYPE": "float"}]}*/' + BODY, "TIME", "no name"),
    ("no name", '/*{"INPUTS": [{"TYPE": "float"}]}*/' + BODY, "INPUTS.NAME", "None"),
    ("twice", '/*{"INPUTS": [{"NAME": "a", "TYPE": "float"},\n{"NAME": "A", "TYPE": "bool"}]}*/' + BODY, "A", "twice"),
    ("empty range", '/*{"INPUTS": [{"NAME": "a", "TYPE": "float",\n"MIN": 2, "MAX": 1}]}*/' + BODY, "line 2", "MIN"),
    ("text", '/*{"INPUTS": [{"NAME": "a", "TYPE": "float", "MAX": "1"}]}*/' + BODY, "a.MAX", "number"),
    ("huge", '/*{"INPUTS": [{"NAME": "a", "TYPE": "float", "MAX": 1e999}]}*/' + BODY, "a.MAX", "number"),
    ("color", '/*{"INPUTS": [{"NAME": "a", "TYPE": "color", "DEFAULT": [1, 2]}]}*/' + BODY, "a.DEFAULT", "list of 4"),
    ("values", '/*{"INPUTS": [{"NAME": "a", "TYPE": "long", "VALUES": [1, 2.5]}]}*/' + BODY, "a.VALUES", "integers"),
    ("amount", '/*{"INPUTS": [{"NAME": "amount", "TYPE": "float", "DEFAULT": 0.5}]}*/' + BODY, "amount", "DEFAULT 0"),
    ("target", '/*{"PASSES": [{"TARGET": "a-b"}]}*/' + BODY, "TARGET", "letters"),
    ("size", '/*{"PASSES": [\n{"TARGET": "b", "WIDTH": "__import__(1)"}]}*/' + BODY, "line 2", "allowed: numbers"),
    ("size name", '/*{"PASSES": [{"TARGET": "b", "WIDTH": "$nope"}]}*/' + BODY, "PASSES.WIDTH", "$nope"),
    ("no main", "/*{}*/\nfloat x;\n", "line 1", "main"),
]


@pytest.mark.parametrize(("text", "first", "second"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_mistake_is_one_line_with_file_line_and_what_is_allowed(text: str, first: str, second: str) -> None:
    with pytest.raises(LivevizError) as caught:
        post.parse(text, Path("folder/bad.fs"))
    message = str(caught.value)
    assert "\n" not in message and message.startswith("folder/bad.fs, line ")
    assert first in message and second in message


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_in_a_header_parse_answers_or_refuses_in_one_line(data: st.DataObject) -> None:
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("float")
    value = st.recursive(leaf, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3))
    keys = ["NAME", "TYPE", "DEFAULT", "MIN", "MAX", "VALUES", "TARGET", "WIDTH", "PERSISTENT"]
    item = st.dictionaries(
        st.sampled_from(keys), value | st.sampled_from(["a", "long", "color", "$WIDTH/0"]), max_size=5
    )
    header = data.draw(
        st.fixed_dictionaries({"INPUTS": st.lists(item, max_size=3), "PASSES": st.lists(item, max_size=2)})
    )
    try:
        assert post.parse(f"/*{json.dumps(header)}*/{BODY}", Path("x.fs")).passes
    except LivevizError as error:
        assert str(error).startswith("x.fs, line ")


@pytest.mark.parametrize(
    ("expression", "pixels"),
    [
        ("$WIDTH", 1280),
        ("$HEIGHT/2.0", 360),
        ("floor($WIDTH*$part)", 320),
        ("-5", 1),
        ("1e9", 16384),
        ("max(3, 7)%4", 3),
    ],
)
def test_sizes(expression: str, pixels: int) -> None:
    assert size_of(expression, 1280, 720, {"part": 0.25}) == pixels


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text("$WIDTHEG()+-*/%.,0123456789 floretcsqm_[]x", max_size=30))
def test_a_size_is_a_number_or_refused(expression: str) -> None:
    try:
        assert 1 <= size_of(expression, 1280, 720, {}) <= 16384
    except ValueError as error:
        assert "is no size" in str(error)


def test_a_bad_file_is_left_out_with_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "good.fs").write_text("/*{}*/" + BODY)
    (tmp_path / "binary.fs").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.fs").write_text("/*{*/" + BODY)
    (tmp_path / "folder.fs").mkdir()
    (tmp_path / "notes.txt").write_text("nothing")
    with caplog.at_level(logging.WARNING):
        found = post.shaders(tmp_path)
    assert list(found) == ["good"]
    assert len(caplog.records) == 3
    assert all("\n" not in r.getMessage() and ".fs" in r.getMessage() for r in caplog.records)


def test_no_folder_is_no_effects(tmp_path: Path) -> None:
    assert post.shaders(tmp_path / "nowhere") == {}


COLLECTION = {  # as people name their files: what it is called
    "Ascii Art.fs": "ascii_art",
    "[HELP] My Effect (v2).fs": "help_my_effect_v2",
    "Größe & Fläche.fs": "grosse_flache",
    "Gro\u0308ße & Fla\u0308che 2.fs": "grosse_flache_2",  # as a Mac's file system writes it
    "søren.fs": "soren",
    "カレイド.fs": "kareido",
    "Жук.fs": "zheuka",
    "가.fs": "ga",
    "Blur 3.0 - fast!.fs": "blur_3_0_fast",
    "100%.fs": "100",
    "!!!.fs": "shader",
    "old-name.fs": "old-name",
    "x" * 200 + ".fs": "x" * 60,
}


def test_any_file_name_is_a_name_that_can_be_typed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in COLLECTION:
        (tmp_path / name).write_text("/*{}*/" + BODY)
    found = post.shaders(tmp_path)
    assert {shader.path.name: name for name, shader in found.items()} == COLLECTION
    assert not caplog.records
    registry = Registry(post.parameters(found))
    assert (
        "post.ascii_art.amount" in registry
        and registry["post.ascii_art.amount"].osc == "/liveviz/post/ascii_art/amount"
    )
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.") for name in registry.names)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_whatever_a_file_is_called(stem: str) -> None:
    name = slug(stem)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9_-]{0,58}[a-z0-9])?", name)
    assert slug(name) == name  # a name names itself


def test_files_with_one_name_are_told_apart_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("Blur (1).fs", "Blur [1].fs", "BLUR 1.fs", "blur_1_2.fs", "._Blur 1.fs", "broken one.fs"):
        (tmp_path / name).write_text("/*{}*/" + BODY if "broken" not in name else "/*{")
    found = post.shaders(tmp_path)
    assert {shader.path.name: name for name, shader in found.items()} == {
        "BLUR 1.fs": "blur_1",
        "Blur (1).fs": "blur_1_3",
        "Blur [1].fs": "blur_1_4",
        "blur_1_2.fs": "blur_1_2",  # its own name is its own
    }
    said = [r.message for r in caplog.records]
    assert len(said) == 3
    assert "effect Blur (1).fs is called blur_1_3: BLUR 1.fs is blur_1" in said and "broken one.fs" in " ".join(said)
    assert list(post.shaders(tmp_path)) == list(found)


@pytest.mark.parametrize(
    ("entry", "taken", "words"),
    [
        ({"TYPE": "float", "DEFAULT": 7}, 1.0, "7 is outside 0 to 1; 1 is taken"),
        ({"TYPE": "float", "MIN": -2, "MAX": -1, "DEFAULT": -3}, -2.0, "-3 is outside -2 to -1"),
        ({"TYPE": "long", "VALUES": [1, 2, 4], "DEFAULT": 9}, 4.0, "9 is outside 1 to 4"),
    ],
)
def test_a_default_outside_its_range_is_clamped_and_said(
    entry: dict, taken: float, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = shader(json.dumps({"INPUTS": [{"NAME": "level", **entry}]}, indent=1), name="odd one.fs")
    level = next(i for i in found.inputs if i.name == "level")
    assert level.default == (taken,) and level.low <= taken <= level.high
    (said,) = [r.message for r in caplog.records]
    assert said.startswith("odd one.fs, line ") and "INPUTS.level.DEFAULT: " in said and words in said
    Registry(post.parameters({"odd_one": found}))
