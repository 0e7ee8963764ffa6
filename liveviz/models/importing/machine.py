"""The symbolic pickle machine. A pickle is a program; this machine follows it without ever doing what it says: a name
stays a name, a call stays a note that something was to be called, and of Python's own things only numbers, text, bytes,
tuples, lists and dicts are made. No name that a file holds is imported, looked up or called, here or anywhere after.

What it costs is bounded before it is spent: opcodes and text by the file's budget; long bytes stay in the file; keys
of dicts are text alone, since numbers and nested tuples can be made to collide or to take for ever to hash.

Source: the opcodes as Python's pickletools documents them, protocols 2 to 5.
"""

import pickletools
import struct
from collections.abc import Callable
from typing import Any

from liveviz.models.importing.names import MAX_NAME, Call, Global, Persistent, called, is_harmful
from liveviz.models.importing.source import FilePart, shown
from liveviz.spec import LivevizError

INLINE_BYTES = 128  # bytes; what is longer stays in the file
MAX_TEXT_ITEM = 1 << 20
MAX_WHOLE = 16  # bytes of a whole number
PICKLE_PROTOCOLS = range(2, 6)

_CONSTANT_OPCODES: dict[bytes, Any] = {b"N": None, b"\x88": True, b"\x89": False, b")": ()}
_NUMBER_OPCODES = {b"J": "<i", b"K": "<B", b"M": "<H", b"G": ">d"}
_LENGTH_OPCODES = {  # opcode: how its length is written, what it is
    b"\x8c": ("<B", "text"),
    b"X": ("<I", "text"),
    b"\x8d": ("<Q", "text"),
    b"C": ("<B", "bytes"),
    b"B": ("<I", "bytes"),
    b"\x8e": ("<Q", "bytes"),
    b"\x96": ("<Q", "bytes"),
    b"\x8a": ("<B", "whole"),
    b"\x8b": ("<i", "whole"),
}
_OPCODE_NAMES = {op.code.encode("latin1"): op.name for op in pickletools.opcodes}


class Machine:
    """Follows the pickles of one part, one after the other.

    position: where the next pickle begins in the file.
    references: what was met beside the pickle; LivevizError where `persistent` does not allow any.
    """

    def __init__(self, part: FilePart, persistent: bool = False) -> None:
        self.part = part
        self.position = part.start
        self.references: list[Persistent] = []
        self._persistent = persistent
        self._read = part.source.file.read
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks under the marks
        self._memo: dict[int, Any] = {}
        self._actions: dict[bytes, Callable[[], None]] = {
            b"\x80": self._proto,
            b"\x95": lambda: self._skip(8),
            b"(": self._mark,
            b"0": self._pop,
            b"1": self._pop_mark,
            b"2": lambda: self._stack.append(self._stack[-1]),
            b"}": lambda: self._stack.append({}),
            b"]": lambda: self._stack.append([]),
            b"\x8f": lambda: self._stack.append(Call("builtins.set", ())),
            b"t": lambda: self._push(tuple(self._since_mark())),
            b"l": lambda: self._push(self._since_mark()),
            b"\x91": lambda: self._push(Call("builtins.frozenset", (self._since_mark(),))),
            b"\x85": lambda: self._tuple(1),
            b"\x86": lambda: self._tuple(2),
            b"\x87": lambda: self._tuple(3),
            b"\x94": lambda: self._put(len(self._memo)),
            b"q": lambda: self._put(self._number("<B")),
            b"r": lambda: self._put(self._number("<I")),
            b"h": lambda: self._stack.append(self._memo[self._number("<B")]),
            b"j": lambda: self._stack.append(self._memo[self._number("<I")]),
            b"c": self._global,
            b"\x93": self._stack_global,
            b"R": self._reduce,
            b"\x81": self._reduce,
            b"\x92": self._new_with_keywords,
            b"b": self._build,
            b"s": lambda: self._set([self._stack.pop(-2), self._stack.pop()]),
            b"u": lambda: self._set(self._since_mark()),
            b"d": self._dict,
            b"a": lambda: self._extend([self._stack.pop()]),
            b"e": lambda: self._extend(self._since_mark()),
            b"\x90": lambda: self._extend(self._since_mark()),
            b"Q": self._reference,
        }

    def load(self) -> Any:
        """The value of the next pickle; LivevizError in one line for anything that is not one."""
        file = self.part.source.file
        file.seek(self.position)
        try:
            self._follow()
        except (IndexError, KeyError) as error:
            raise self._fail("its pickle uses its stack or memo before it is filled") from error
        except (struct.error, UnicodeDecodeError) as error:
            raise self._fail("its pickle has an argument that is cut or is no text") from error
        finally:
            below, stack = self._below, self._stack
            self._stack, self._below, self._memo = [], [], {}
        self.position = file.tell()
        if self.position > self.part.end:
            raise self._fail(f"it goes on past byte {self.part.end}, where it should end")
        if below or len(stack) != 1:
            raise self._fail("its pickle stops with its stack not done")
        return stack[0]

    def _fail(self, what: str) -> LivevizError:
        return self.part.source.fail(f"cannot be read: {what}")

    def _follow(self) -> None:
        read, actions, budget = self._read, self._actions, self.part.source.budget
        while (code := read(1)) != b".":
            budget.opcodes -= 1
            if budget.opcodes < 0:
                raise self._fail("its pickle has too many opcodes")
            if code in actions:
                actions[code]()
            elif code in _CONSTANT_OPCODES:
                self._stack.append(_CONSTANT_OPCODES[code])
            elif code in _NUMBER_OPCODES:
                self._stack.append(self._number(_NUMBER_OPCODES[code]))
            elif code in _LENGTH_OPCODES:
                form, kind = _LENGTH_OPCODES[code]
                self._stack.append(getattr(self, f"_{kind}")(self._number(form)))
            elif code == b"":
                raise self._fail("it is cut: its pickle does not end")
            else:
                raise self._fail(
                    f"its pickle has the opcode {_OPCODE_NAMES.get(code, code.hex())}, which no generator needs"
                )

    # Arguments

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._read(struct.calcsize(form)))[0]

    def _text(self, length: int) -> str:
        budget = self.part.source.budget
        budget.text -= length
        if length > MAX_TEXT_ITEM or budget.text < 0:
            raise self._fail("its pickle holds too much text")
        data = self._read(length)
        if len(data) != length:
            raise self._fail("it is cut inside a text")
        return data.decode("utf-8")

    def _bytes(self, length: int) -> bytes | FilePart:
        file = self.part.source.file
        part = self.part.part(file.tell() - self.part.start, length)
        if length <= INLINE_BYTES:
            return self._read(length)
        file.seek(part.end)
        return part

    def _whole(self, length: int) -> int:
        if not 0 <= length <= MAX_WHOLE:
            raise self._fail(f"its pickle has a whole number of {length} bytes; {MAX_WHOLE} are allowed")
        return int.from_bytes(self._read(length), "little", signed=True)

    def _proto(self) -> None:
        if (protocol := self._number("<B")) not in PICKLE_PROTOCOLS:
            raise self._fail(f"it is a pickle of protocol {protocol}; 2 to 5 can be read")

    def _skip(self, length: int) -> None:
        self._read(length)

    # Stack and memo

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _pop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def _pop_mark(self) -> None:
        self._since_mark()

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) != count:
            raise IndexError
        self._stack[-count:] = [items]

    # Names and calls, none of which is made

    def _global(self) -> None:
        words = []
        for _ in range(2):
            line = self._read_line()
            words.append(line.decode("utf-8"))
        self._named(*words)

    def _read_line(self) -> bytes:
        line = self.part.source.file.readline(MAX_NAME)
        if not line.endswith(b"\n"):
            raise self._fail("its pickle has a name that does not end")
        return line[:-1]

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str) or len(name) + len(module) > MAX_NAME:
            raise self._fail("its pickle has a name that is no short text")
        self._named(module, name)

    def _named(self, module: str, name: str) -> None:
        whole = f"{module}.{name}"
        if is_harmful(whole):
            raise self._fail(f"it names {shown(whole)}: it was made to do harm; nothing in it was run")
        self._stack.append(Global(whole))

    def _reduce(self) -> None:
        args, target = self._stack.pop(), self._stack.pop()
        if not isinstance(args, tuple):
            raise self._fail(f"its pickle calls something with {shown(args)}, not with a tuple")
        if isinstance(target, Global):
            self._stack.append(called(target.name, args))
        elif isinstance(target, Call):  # a class that dill wrote out; it stays a note like all others
            self._stack.append(Call(f"({target.name})", args))
        else:
            raise self._fail(f"its pickle calls {shown(target)}, which is no name")

    def _new_with_keywords(self) -> None:
        self._stack.pop()
        self._reduce()

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, Call):
            target.state = state
        elif not isinstance(target, dict):  # a dict has attributes too (torch's _metadata): nobody needs them
            raise self._fail(f"its pickle gives a state to {shown(target)}")

    def _reference(self) -> None:
        key = self._stack.pop()
        if not self._persistent or not isinstance(key, tuple):
            raise self._fail("its pickle refers to something beside it")
        reference = Persistent(key)
        self.references.append(reference)
        self._stack.append(reference)

    # Dicts and lists

    def _dict(self) -> None:
        items = self._since_mark()
        self._stack.append({})
        self._set(items)

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if len(items) % 2:
            raise self._fail("its pickle has a key without a value")
        if isinstance(target, dict):
            target.update((key, value) for key, value in zip(items[::2], items[1::2], strict=True) if type(key) is str)
        elif not isinstance(target, Call):
            raise self._fail(f"its pickle puts an item into {shown(target)}")

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Call):
            raise self._fail(f"its pickle appends to {shown(target)}")
