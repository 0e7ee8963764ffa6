"""`python -m liveviz` is the `liveviz` command, and where the command starts."""

import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl+C ends the process without a traceback

from liveviz.app.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
