"""A signal whose exception a library swallows is not lost."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SWALLOWED = """
import os, signal, sys, weakref
from liveviz.system import interrupts
interrupts.become_exceptions(signal.SIGTERM)
class Thing: pass
thing = Thing()
def callback(_):
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(100): pass
watched = weakref.ref(thing, callback)
try:
    del thing  # the callback's exception is printed and forgotten
    print("went on")
    interrupts.check()
    print("was not told")
except KeyboardInterrupt:
    print("interrupted")
interrupts.check()  # told once
try:
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(100): pass
except KeyboardInterrupt:
    print("as usual")
"""


def test_it_is_told_at_the_next_step_of_the_work() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n") == ["went on", "interrupted", "as usual", ""]
