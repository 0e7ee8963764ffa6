"""What the window's keys are called in mapping files: `key.space`, `key.b`, `key.f5`."""

import glfw

_NAMES = """
    space escape enter tab backspace insert delete right left down up page_up page_down home end apostrophe comma minus
    period slash semicolon equal left_bracket backslash right_bracket grave_accent left_shift left_control left_alt
    left_super right_shift right_control right_alt right_super kp_enter kp_add kp_subtract kp_multiply kp_divide kp_decimal
"""
_LETTERS = range(glfw.KEY_A, glfw.KEY_Z + 1)
_KEYS: dict[int, str] = {getattr(glfw, "KEY_" + name.upper()): name for name in _NAMES.split()}
_KEYS |= {getattr(glfw, f"KEY_F{n}"): f"f{n}" for n in range(1, 25)}
_KEYS |= {getattr(glfw, f"KEY_KP_{n}"): f"kp_{n}" for n in range(10)}
_KEYS |= {code: chr(code).lower() for code in (*range(glfw.KEY_0, glfw.KEY_9 + 1), *_LETTERS)}


def key_name(key: int, scancode: int) -> str | None:
    """The letter printed on the key where it is a Latin one, else the name of its place on a US keyboard, else None."""
    if key in _LETTERS:
        printed = glfw.get_key_name(key, scancode)
        printed = printed.decode("utf-8", "replace") if isinstance(printed, bytes) else printed
        if printed and len(printed) == 1 and printed.isascii() and printed.isalpha():
            return str(printed).lower()
    return _KEYS.get(key)
