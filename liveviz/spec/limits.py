"""How much fits into one ParameterFrame: checked where a mapping file is read, and what the processes of a show make room for."""

MAX_LATENTS = 32  # pictures that a frame mixes
MAX_BENDS = 16  # bends at different places
MAX_ROWS = 32  # places of parameters on rows of w+
MAX_CHANNELS = 1024  # of a layer that a bend may choose from
