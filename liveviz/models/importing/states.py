"""Networks that were saved as a table of tensors (a *state dict*), wherever in a checkpoint it lies: bare, under `g_ema`, `G`
or `ema`, behind `module.` (torch's parallel wrappers), inside Lightning's or accelerate's own tables. A generator of ours is
known by one tensor that only it has; what stands before that tensor's name is left off.

Of several, the averaged one (EMA) is taken: it is what such programs draw with.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from liveviz.models import families
from liveviz.models.importing.modules import as_module, tensors, walk
from liveviz.models.importing.names import Call
from liveviz.models.importing.source import Source
from liveviz.models.importing.state import State

MAX_TABLES = 4096
MAX_DEPTH = 8
MAX_LISTED = 64  # networks in a list


def _anchors() -> list[tuple[str, str, str]]:
    """(family, kind, tensor that only it has) of every network that can be told in a table of tensors."""
    return [
        (name, kind, anchor) for name, family in families.every().items() for kind, anchor in family.anchors.items()
    ]


def looked_for() -> str:
    """What a file would have to hold, in words."""
    *first, last = [f"{anchor} ({kind})" for _, kind, anchor in _anchors()]
    return f"a module G_ema or G, or tensors named {', '.join(first)} or {last}, behind any prefix"


def is_one(names: Iterable[str]) -> bool:
    """Whether tensors of these names are such a network, behind whatever prefix."""
    given = list(names)
    return any(name == anchor or name.endswith("." + anchor) for _, _, anchor in _anchors() for name in given)


def best(source: Source, value: object) -> State | None:
    """The network to play of those in a file's value; None where there is none of ours."""
    return min(_states(source, value), key=lambda state: state.rank, default=None)


def _states(source: Source, value: object) -> Iterator[State]:
    """Every network, outer tables first."""
    todo: deque[tuple[str, object, tuple[Mapping[str, object], ...]]] = deque([("", value, ())])
    opened: set[int] = set()  # by identity: a table may be there under two names, or hold itself
    for _ in range(MAX_TABLES):
        if not todo:
            return
        where, node, around = todo.popleft()
        module = as_module(node)
        if module is not None:
            table: object = tensors(source, walk(source, module))
        else:
            table = node.state if isinstance(node, Call) else node
        if isinstance(table, list | tuple):
            table = {str(n): item for n, item in enumerate(table[:MAX_LISTED])}
        if not isinstance(table, dict):
            continue
        yield from _here(where, table, around)
        if module is None and len(around) < MAX_DEPTH and (which := object.__hash__(node)) not in opened:
            opened.add(which)
            for name, inner in table.items():
                if isinstance(inner, dict | list | tuple | Call):
                    todo.append((f"{where}.{name}" if where else name, inner, (table, *around)))


def _here(where: str, table: Mapping[str, object], around: tuple[Mapping[str, object], ...]) -> Iterator[State]:
    anchors = _anchors()
    for name in table:
        for family, kind, anchor in anchors:
            if name == anchor or name.endswith("." + anchor):
                prefix = name.removesuffix(anchor)
                nodes = {n.removeprefix(prefix): node for n, node in table.items() if n.startswith(prefix)}
                path = ".".join(part for part in (where, prefix.rstrip(".")) if part)
                yield State(path, family, kind, nodes, (table, *around))
