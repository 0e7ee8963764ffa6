"""hearing teaches the live analyser its beat network: a small recurrent network (`network`) that is shown what the analyser sees of
songs whose truth is known (`songs`), each under other conditions (`vary`), and learns to name beats, first beats and
drums (`trainer`). `compose` writes such songs, over the grooves of `patterns`, and `render` plays them. What the analyser
sees comes in as a function, because this room knows nothing of signals; the app hands it over.
"""

from liveviz.learning.hearing.network import HearingNetwork
from liveviz.learning.hearing.render import write_songs
from liveviz.learning.hearing.songs import Lesson, Task, lesson, song_files
from liveviz.learning.hearing.trainer import HearingOptions, train_hearing
from liveviz.learning.hearing.vary import vary

__all__ = [
    "HearingNetwork",
    "HearingOptions",
    "Lesson",
    "Task",
    "lesson",
    "song_files",
    "train_hearing",
    "vary",
    "write_songs",
]
