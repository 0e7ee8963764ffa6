"""What the keys of the window are called: a mapping file may name them, a window gives them out."""

_PLACE_NAMES = """
space escape enter tab backspace insert delete right left down up page_up page_down home end apostrophe comma minus
period slash semicolon equal left_bracket backslash right_bracket grave_accent left_shift left_control left_alt
left_super right_shift right_control right_alt right_super kp_enter kp_add kp_subtract kp_multiply kp_divide kp_decimal
"""
PLACE_KEYS = tuple(_PLACE_NAMES.split())  # by their names in GLFW, for a US keyboard
FUNCTION_KEYS = tuple(f"f{n}" for n in range(1, 25))
PAD_DIGITS = tuple(f"kp_{n}" for n in range(10))
PRINTED_KEYS = tuple("0123456789abcdefghijklmnopqrstuvwxyz")
KEYS = (*PLACE_KEYS, *FUNCTION_KEYS, *PAD_DIGITS, *PRINTED_KEYS)
