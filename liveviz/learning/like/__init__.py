"""A light generator, taught by a heavier one: the same z, classes, w and knobs, and nearly the same image, for a fraction of
the work. `prune` makes a first one out of the teacher's own weights; `questions` asks for what shows ask for; `trainer`
lets it answer as the teacher does, level by level. `run` keeps all of it, so that a run can be stopped and resumed."""

from liveviz.learning.like.run import DEFAULT_STAGES, LikeOptions
from liveviz.learning.like.trainer import train

__all__ = ["DEFAULT_STAGES", "LikeOptions", "train"]
