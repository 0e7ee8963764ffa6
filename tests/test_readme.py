"""The documents tell the truth: their commands parse, their shows load, their links lead somewhere, and the rooms, the keys and
the files that they name are there."""

import re
import shlex
from pathlib import Path

import pytest
from walls import MAY_IMPORT

from liveviz import mapping, signals
from liveviz.cli.main import COMMANDS, make_parser
from liveviz.runtime import composition, key_commands, message_account

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
TAUGHT = ("README.md", "CONTRIBUTING.md", *(name for name in PAGES if name.startswith("docs/")))
BLOCKS = [
    (name, kind, block)
    for name in TAUGHT
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", PAGES[name], re.S | re.M)
]
SHELL = [(name, line.split("#")[0].strip()) for name, kind, block in BLOCKS if not kind for line in block.splitlines()]
LINES = sorted({(name, line) for name, line in SHELL if line.startswith("liveviz ")})
SHOWS = [(name, block) for name, kind, block in BLOCKS if kind == "toml"]
LONGEST, MOST = 120, 120  # letters of a line, lines of the README


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(README.splitlines()) <= MOST
    assert [line for line in README.splitlines() if len(line) > LONGEST] == []


def test_every_page_is_linked_from_the_readme() -> None:
    assert [name for name in PAGES if name != "README.md" and f"]({name})" not in README] == []


def test_there_are_examples_of_every_command() -> None:
    assert {line.split()[1] for _, line in LINES} == set(COMMANDS)


@pytest.mark.parametrize(("page", "line"), LINES)
def test_commands_parse(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    make_parser(words[0]).parse_args(words)


@pytest.mark.parametrize("page", TAUGHT)
def test_commands_in_the_text_exist(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", PAGES[page], flags=re.S | re.M)
    assert {line.split()[0] for line in re.findall(r"`liveviz ([a-z][^`]*)`", text)} <= set(COMMANDS)
    declared = "".join(path.read_text() for path in (ROOT / "liveviz/cli").rglob("*.py"))
    assert [option for option in re.findall(r"`(--(?!help)[a-z-]+)", text) if f'"{option}"' not in declared] == []


def test_targets_of_make_exist(root: Path) -> None:
    makefile = (root / "Makefile").read_text()
    lines = [line for _, line in SHELL if line.startswith("make ")]
    lines += re.findall(r"`(make [a-z]+)", "".join(PAGES.values()))
    assert lines and [line for line in lines if f"\n{line.split()[1]}:" not in makefile] == []


@pytest.mark.parametrize(("page", "text"), SHOWS)
def test_shows_load(page: str, text: str) -> None:
    directions = composition.models.direction_names("wide", composition.paths.model_folders())
    outputs = signals.outputs()
    program = mapping.load(text, composition.registry(), outputs, name=page, directions=lambda named: directions)
    assert not program.old_words
    assert page != "README.md" or len(program.routes) == 2


def headings(text: str) -> set[str]:
    """What links can name of a page."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    slugs = (re.sub(r"[^\w\s-]", "", title.lower()) for title in re.findall(r"^#+ (.+)$", plain, re.M))
    return {slug.strip().replace(" ", "-") for slug in slugs}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        path, _, place = target.partition("#")
        found = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert found.is_file(), target
        assert not place or place in headings(found.read_text()), target


def test_rooms_are_the_rooms() -> None:
    """By name, in an order in which each imports only what is above it, with what it may import."""
    table = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", PAGES["docs/architecture.md"].split("\n## ")[1], re.M)
    above: set[str] = set()
    for room, words in table:
        but = set(words.removeprefix("all above but ").split(", ")) if "but" in words else set()
        allowed = above - but if words.startswith("all above") else set(words.split(", ")) - {"nothing"}
        assert allowed == MAY_IMPORT[room], room
        above.add(room)
    assert above == set(MAY_IMPORT)


@pytest.mark.parametrize("page", [name for name in PAGES if name not in ("BENCHMARKS.md", "CHANGELOG.md")])
def test_files_that_are_named_are_there(page: str) -> None:
    own = set(re.findall(r"^`([\w./]+)`:$", PAGES[page], re.M))  # of a recipe: they are not there yet
    named = set(re.findall(r"`([\w/.]+/[\w.]+\.(?:py|fs|md|safetensors))`", PAGES[page])) - own
    assert [
        name for name in sorted(named) if not ((ROOT / name).is_file() or (ROOT / "liveviz" / name).is_file())
    ] == []


def test_the_signals_of_the_page_are_the_signals() -> None:
    page = PAGES["docs/shows.md"]
    section = page[page.index("\n## Signals") : page.index("\n## Bends")]
    families = {output.name.partition(".")[0] for output in signals.outputs()}
    assert [name for name in sorted(families) if not re.search(rf"`{name}\b", section)] == []


def test_the_bends_of_the_page_are_the_bends() -> None:
    page = PAGES["docs/shows.md"]
    section = page[page.index("\n## Bends") : page.index("\n## Knobs")]
    names = {name.removeprefix("bend.") for name in composition.parts().registry.names if name.startswith("bend.")}
    assert [name for name in sorted(names) if f"`{name}`" not in section and f"`bend.{name}" not in section
            and f"`_{name.partition('_')[2]}`" not in section] == []  # fmt: skip


def test_addresses_that_answer_are_on_the_page() -> None:
    page = PAGES["docs/control.md"]
    assert [address for address in message_account.ASKED_ADDRESSES if f'{address} "?"' not in page] == []


def test_shipped_shows_and_generators_are_on_their_pages(root: Path) -> None:
    for path in (root / "mappings").glob("*.toml"):
        assert f"| `{path.stem}` |" in PAGES["docs/shows.md"]
    for path in (root / "engines").iterdir():
        assert f"| `{path.name}` |" in PAGES["docs/generators.md"]


def test_keys_are_the_window_s(root: Path) -> None:
    window = (root / "liveviz/outputs/window.py").read_text()
    table = README[README.index("\n## Keys") : README.index("\n## More")]
    rows = re.findall(r"^\| ([\w, ]+) \| \w", table, re.M)
    keys = {key.lower().replace(" ", "_") for row in rows for key in row.split(", ")}
    assert keys == {"esc", "f", "l"} | {key.removeprefix("key.") for key in key_commands.KEY_COMMANDS}
    assert all(f'"{key}"' in window for key in ("escape", "f"))
