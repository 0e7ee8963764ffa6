"""`python -m liveviz` is the `liveviz` command."""

import sys

from liveviz.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
