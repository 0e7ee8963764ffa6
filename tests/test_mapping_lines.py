"""Line numbers of a TOML text, against lines that were counted by hand or by searching the text for a mark."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveviz.mapping.lines import Lines

TEXT = '''# a comment with [[route]] in it
version = 1
title = """several
lines = [[route]]
"quoted" text"""
"odd key" = 'a # b'

[latent]   # here
base = { seeds = [3, 17], loop_bars = 8 }
chords = [
    { palette = 12, from = "chroma" },
    # between
    { palette = [
        1,
        2,
    ] },
]

[set]
post.feedback.amount = 0.4
"post.colour.hue" = 1979-05-27 07:32:00

[[route]]
from = "rms"
range = [0.0,
         1.0]

[[route]]
# comment
to = 'a"b'   # from = "x"
from = "beat"
[route.extra]
deep.er = true
[[route]]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("version",), 2),
        (("title",), 3),
        (("odd key",), 6),
        (("latent",), 8),
        (("latent", "base"), 9),
        (("latent", "base", "loop_bars"), 9),
        (("latent", "chords"), 10),
        (("latent", "chords", 0, "from"), 11),
        (("latent", "chords", 1), 13),
        (("latent", "chords", 1, "palette", 1), 15),
        (("set",), 19),
        (("set", "post", "feedback", "amount"), 20),
        (("set", "post.colour.hue"), 21),
        (("route", 0), 23),
        (("route", 0, "range", 0), 25),
        (("route", 0, "range", 1), 26),
        (("route", 1), 28),
        (("route", 1, "to"), 30),
        (("route", 1, "from"), 31),
        (("route", 1, "extra", "deep", "er"), 33),
        (("route", 2), 34),
        (("route", 0, "to"), 23),  # not written: the line of its table
        (("nowhere",), 1),
    ],
)
def test_every_key_is_found_on_its_line(path, line):
    assert Lines(TEXT).of(path) == line


@given(
    blocks=st.lists(
        st.sampled_from(["\n", "# [[route]]\n", '[[route]]\nfrom = "a"\n', "[[route]]\n\nrange = [1,\n 2]\n"]),
        max_size=20,
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@settings(derandomize=True, deadline=None, max_examples=80)
def test_the_kth_route_is_where_the_kth_header_is(blocks, newline):
    text = "".join(blocks).replace("\n", newline)
    headers = [i for i, line in enumerate(text.split("\n"), 1) if line.startswith("[[route]]")]
    lines = Lines(text)
    assert [lines.of(("route", k)) for k in range(len(headers))] == headers
