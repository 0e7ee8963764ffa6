"""What the window's keys are called in mapping files: `key.space`, `key.b`, `key.f5`."""

import glfw

from liveviz.spec.keys import FUNCTION_KEYS, PAD_DIGITS, PLACE_KEYS, PRINTED_KEYS

_LETTER_CODES = range(glfw.KEY_A, glfw.KEY_Z + 1)
_KEY_NAMES: dict[int, str] = {
    getattr(glfw, "KEY_" + name.upper()): name for name in (*PLACE_KEYS, *FUNCTION_KEYS, *PAD_DIGITS, *PRINTED_KEYS)
}


def key_name(key: int, scancode: int) -> str | None:
    """The letter printed on the key where it is a Latin one, else the name of its place on a US keyboard, else None."""
    if key in _LETTER_CODES:
        printed = glfw.get_key_name(key, scancode)
        printed = printed.decode("utf-8", "replace") if isinstance(printed, bytes) else printed
        if printed and len(printed) == 1 and printed.isascii() and printed.isalpha():
            return str(printed).lower()
    return _KEY_NAMES.get(key)
