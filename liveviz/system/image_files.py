"""What Pillow raises at image files that are cut or forged: whoever opens one catches all of it."""

import struct

from PIL import Image

BAD_IMAGE = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    AttributeError,
    struct.error,
    Image.DecompressionBombError,
)
