"""What a performer asks of a show that is no value of a parameter: it travels beside control messages, typed, and nothing of
it is lost to a flood."""

from dataclasses import dataclass
from enum import StrEnum


class CommandKind(StrEnum):
    """What is asked; `name` and `value` are those of Command."""

    MODEL = "model"  # play the generator `name` from the next beat on
    NEXT_MODEL = "next-model"  # the next one; value -1: the one before
    TOGGLE = "toggle"  # turn the parameter `name` (stage.blackout, stage.freeze) over
    REST = "rest"  # take the parameter `name`, or all, back to where the mapping lets it rest
    RECALL = "recall"  # go to the values in `name` (JSON, parameter to value) within `value` seconds
    LEARN = "learn"  # bind the control that moves next to the parameter `name`; empty: forget about it; value 1: beside others
    SCENE = "scene"  # go to the scene `name`, at its place in the music
    NEXT_SCENE = "next-scene"  # go to the next one; value -1: the one before
    STORE_SCENE = "store-scene"  # write what is seen into the mapping file, as the scene `name`
    UNDO = "undo"  # take back the last scene: the one that was gone to, or waits
    MAPPING = "mapping"  # play the show `name` from now on
    NEXT_MAPPING = "next-mapping"  # the next one by name; value -1: the one before
    PANIC = "panic"  # all that hands moved back to rest, no freeze, no blackout
    OVERLAY = "overlay"  # show or hide the performer's figures
    MESSAGES = "messages"  # write the last control messages into the log


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that is asked.

    name: up to 4000 characters. value: finite. time: seconds on the show's clock when it was asked.
    """

    kind: CommandKind
    name: str = ""
    value: float = 0.0
    time: float = 0.0
