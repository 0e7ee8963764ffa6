"""sinks are where a show goes besides the screen, one file each: `play --sink NAME[:WHERE]` opens the file of that name.

To add one, copy `_template.py` to `NAME.py` here. Nothing else names it: it is found, its line of help is printed, and
`tests/test_sinks_contract.py` runs it through what `outputs.sink.Sink` promises.
"""

from liveviz.outputs.sink import SinkChoice, SinkFile
from liveviz.spec import LivevizError, UsageError
from liveviz.system import discover


def names() -> list[str]:
    """Every sink there is."""
    return discover.names(__name__)


def load(name: str) -> SinkFile:
    """The file of that name.

    Raises:
        LivevizError: "sink x: ImportError: no module named y"; "sink x: its file has no TAKES ..."
    """
    try:
        module = discover.load(__name__, name)
    except Exception as error:  # a file under construction may raise anything
        raise LivevizError(f"sink {name}: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    if not isinstance(module, SinkFile):
        needed = ("WHERE", "HELP", "TAKES", "check_where", "open_sink")
        missing = [word for word in needed if word not in vars(module)]
        raise LivevizError(f"sink {name}: its file has no {', '.join(missing)}; sinks/_template.py shows a whole one")
    return module


def usages() -> list[str]:
    """`NAME[:WHERE] (what it does)` of every sink."""
    found = []
    for name in names():
        try:
            file = load(name)
        except LivevizError:
            found.append(f"{name} (broken)")
        else:
            found.append(name + (f":{file.WHERE}" if file.WHERE else "") + f" ({file.HELP})")
    return found


def parse(text: str) -> SinkChoice:
    """`NAME[:WHERE]`, checked as far as it can be before the show.

    Raises:
        UsageError: "sink 'x': there is none of that name; there are record:FILE.mp4 (...), still:FILE.png (...)"
        LivevizError, UsageError: as the sink's `check_where`.
    """
    name, _, where = text.partition(":")
    if name not in names():
        raise UsageError(f"sink {text!r:.200}: there is none of that name; there are {', '.join(usages())}")
    file = load(name)
    if bool(where) != bool(file.WHERE):
        raise UsageError(f"sink {text!r:.200}: is written {name}{':' * bool(file.WHERE)}{file.WHERE}")
    file.check_where(where)
    return SinkChoice(name, where)
