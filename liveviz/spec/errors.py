"""The errors that a user may read: one clear line each, never a traceback."""


class LivevizError(Exception):
    """Something outside the program is wrong (a file, a device, a port). The command line prints it and exits with 1.

    The message is one line that says what is wrong, with what, and what is allowed or can be done.
    """


class UsageError(LivevizError):
    """An argument has no meaning. The command line prints it and exits with 2."""
