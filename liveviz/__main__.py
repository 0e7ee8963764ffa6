"""`python -m liveviz` is the `liveviz` command, and where the command starts."""

import os
import sys

for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
    try:
        os.fstat(number)
    except OSError:  # `2>&-`: the next file that is opened would get this number, and what is printed
        os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if getattr(sys, name) is None:
        setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - as long as the process

# NumPy's products are small here; its second thread only spins beside the engine's (22 ms an image on two EPYC cores).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import signal  # noqa: E402

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl+C ends the process without a traceback

from liveviz.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
