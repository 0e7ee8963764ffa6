"""Formulas: what a route may write as its source instead of one name, such as `= max(kick, 0.5 * rms) * modulator.slow`.

A small language of numbers: arithmetic, comparison, a fixed list of functions, and names of signals, controls and
modulators. Text is read by a parser of our own into nested functions of one list of numbers. There is no attribute, no
call of anything else, no loop and no text in it, its length and depth are bounded, and every result is finite.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from liveviz.mapping.formula_functions import COMPARISONS, FUNCTIONS, divide, power, remainder

LONGEST_FORMULA_LETTERS = 400
DEEPEST_NESTING = 24
MOST_OPERATIONS = 200

Values = Sequence[float]
Evaluate = Callable[[Values], float]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
    |'(?P<address>/[^'\s]*)'
    |(?P<sign><=|>=|==|!=|[-+*/%^(),<>])
    |(?P<end>$))""",
    re.VERBOSE,
)


class FormulaError(ValueError):
    """What is wrong with a formula. column: 1 is its first character."""

    def __init__(self, column: int, what: str) -> None:
        super().__init__(what)
        self.column, self.what = column, what


@dataclass(frozen=True, slots=True)
class Formula:
    """text: as it was written. names: what it reads, each once. evaluate: one number of the numbers of `names`."""

    text: str
    names: tuple[str, ...]
    evaluate: Evaluate = field(compare=False, repr=False)

    def value(self, values: Values) -> float:
        """The result for `values`, one finite number for each of `names`; 0 where there is no finite one."""
        result = self.evaluate(values)
        return result if -math.inf < result < math.inf else 0.0


_WORDS = ("and", "or", "not")


def parse(text: str, knows: Callable[[str], str]) -> Formula:
    """Read a formula.

    Args:
        text: without the `=` before it.
        knows: what is wrong with a name, empty where it is one that can be read.
    Raises: FormulaError.
    """
    if len(text) > LONGEST_FORMULA_LETTERS:
        raise FormulaError(1, f"{len(text)} characters; at most {LONGEST_FORMULA_LETTERS} are allowed")
    parser = _Parser(text, knows)
    evaluate = parser.whole()
    return Formula(text.strip(), tuple(parser.names), evaluate)


class _Parser:
    """Recursive descent. State: the token that is looked at (`kind`, `word`, `column`), names found, operations counted."""

    def __init__(self, text: str, knows: Callable[[str], str]) -> None:
        self._text, self._knows = text, knows
        self._at = self._depth = self._operations = 0
        self.names: dict[str, int] = {}
        self._next()

    def _next(self) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            at = self._at + len(self._text[self._at :]) - len(self._text[self._at :].lstrip())
            allowed = "numbers, names, 'OSC addresses' in single quotes, + - * / % ^ ( ) , < > and, or, not"
            raise FormulaError(at + 1, f"{self._text[at : at + 8]!a} does not belong here; allowed: {allowed}")
        self.kind = found.lastgroup or "end"
        self.word = found[self.kind]
        self.column = found.start(self.kind) + 1
        self._at = found.end()

    def _is(self, *words: str) -> bool:
        return self.kind in ("sign", "name") and self.word in words

    def _expect(self, word: str) -> None:
        if not self._is(word):
            raise FormulaError(self.column, f"{word!r} is missing before {self.word or 'the end'!a}")
        self._next()

    def _count(self) -> None:
        self._operations += 1
        if self._operations > MOST_OPERATIONS:
            raise FormulaError(self.column, f"more than {MOST_OPERATIONS} operations")

    def whole(self) -> Evaluate:
        """All of the text."""
        made = self._either()
        if self.kind != "end":
            raise FormulaError(self.column, f"{self.word!a} is too much; an operator is missing before it")
        return made

    def _either(self) -> Evaluate:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise FormulaError(self.column, f"nested deeper than {DEEPEST_NESTING}")
        made = self._both()
        while self._is("or"):
            made = self._binary(made, self._both, lambda a, b: float(bool(a) or bool(b)))
        self._depth -= 1
        return made

    def _both(self) -> Evaluate:
        made = self._compared()
        while self._is("and"):
            made = self._binary(made, self._compared, lambda a, b: float(bool(a) and bool(b)))
        return made

    def _compared(self) -> Evaluate:
        made = self._sum()
        if self._is(*COMPARISONS):
            made = self._binary(made, self._sum, COMPARISONS[self.word])
            if self._is(*COMPARISONS):
                raise FormulaError(self.column, "one comparison after the other; write `a < b and b < c`")
        return made

    def _sum(self) -> Evaluate:
        made = self._product()
        while self._is("+", "-"):
            plus = self.word == "+"
            self._count()
            self._next()
            made = _added(made, self._product()) if plus else _subtracted(made, self._product())
        return made

    def _product(self) -> Evaluate:
        made = self._signed()
        while self._is("*", "/", "%"):
            if self.word == "*":
                self._count()
                self._next()
                made = _multiplied(made, self._signed())
            else:
                made = self._binary(made, self._signed, divide if self.word == "/" else remainder)
        return made

    def _signed(self) -> Evaluate:
        if self._is("-", "not"):
            minus = self.word == "-"
            self._count()
            self._next()
            self._depth += 1
            if self._depth > DEEPEST_NESTING:
                raise FormulaError(self.column, f"nested deeper than {DEEPEST_NESTING}")
            inner = self._signed()
            self._depth -= 1
            return (lambda v: -inner(v)) if minus else (lambda v: float(not inner(v)))
        made = self._atom()
        if self._is("^"):
            made = self._binary(made, self._signed, power)
        return made

    def _atom(self) -> Evaluate:
        kind, word, column = self.kind, self.word, self.column
        self._count()
        if kind == "number":
            self._next()
            return _constant(float(word))
        if kind == "address":
            self._next()
            return self._read(word, column)
        if kind == "name" and word not in _WORDS:
            self._next()
            return self._called(word, column) if self._is("(") else self._read(word, column)
        if self._is("("):
            self._next()
            made = self._either()
            self._expect(")")
            return made
        raise FormulaError(column, f"a number, a name or ( is missing before {word or 'the end'!a}")

    def _read(self, name: str, column: int) -> Evaluate:
        if wrong := self._knows(name):
            raise FormulaError(column, wrong)
        place = self.names.setdefault(name, len(self.names))
        return lambda values: values[place]

    def _called(self, name: str, column: int) -> Evaluate:
        if name not in FUNCTIONS:
            raise FormulaError(column, f"no function {name[:40]!a}; allowed: {', '.join(FUNCTIONS)}")
        count, does, _ = FUNCTIONS[name]
        self._next()
        given = [self._either()]
        while self._is(","):
            self._next()
            given.append(self._either())
        self._expect(")")
        if len(given) != count if count > 0 else len(given) < -count:
            takes = f"{count} argument{'s' * (count > 1)}" if count > 0 else f"{-count} or more arguments"
            raise FormulaError(column, f"{name} takes {takes}, not {len(given)}")
        return _applied(does, given)

    def _binary(
        self, left: Evaluate, operand: Callable[[], Evaluate], does: Callable[[float, float], float]
    ) -> Evaluate:
        self._count()
        self._next()
        right = operand()
        return lambda values: does(left(values), right(values))


def _constant(number: float) -> Evaluate:
    return lambda values: number


def _added(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda values: left(values) + right(values)


def _subtracted(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda values: left(values) - right(values)


def _multiplied(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda values: left(values) * right(values)


def _applied(does: Callable[..., float], given: Sequence[Evaluate]) -> Evaluate:
    if len(given) == 1:
        (only,) = given
        return lambda values: does(only(values))
    if len(given) == 2:
        first, second = given
        return lambda values: does(first(values), second(values))
    parts = tuple(given)
    return lambda values: does(*[part(values) for part in parts])
