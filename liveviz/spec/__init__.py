"""spec is the vocabulary that the rooms share: the frozen frames that travel between them, the registry that declares
every controllable parameter once, the errors that a user may read, and two or three formulas that must be the same
everywhere (smoothing, layer ranges). It imports no other room; every other room imports it."""

from liveviz.spec.addresses import ADDRESSES, Address, Addresses
from liveviz.spec.commands import Command, CommandKind
from liveviz.spec.errors import LivevizError, UsageError
from liveviz.spec.frames import (
    AudioBlock,
    BendSetting,
    Channels,
    ControlMessage,
    Event,
    FetchedImage,
    ImageFrame,
    LatentTerm,
    Output,
    ParameterFrame,
    RowSetting,
    SignalFrame,
    StageImage,
)
from liveviz.spec.layers import LAYER_RANGES, layer_range, ws_range
from liveviz.spec.parameters import CORE_PARAMETERS
from liveviz.spec.registry import Parameter, Registry
from liveviz.spec.show_state import ShowState
from liveviz.spec.smoothing import AttackRelease, approach
from liveviz.spec.stems import SoundChannels, Stems, channels_needed, parse_channels, parse_stems
from liveviz.spec.tempo import Tempo

__all__ = [
    "ADDRESSES",
    "CORE_PARAMETERS",
    "LAYER_RANGES",
    "Address",
    "Addresses",
    "AttackRelease",
    "AudioBlock",
    "BendSetting",
    "Channels",
    "Command",
    "CommandKind",
    "ControlMessage",
    "Event",
    "FetchedImage",
    "ImageFrame",
    "LatentTerm",
    "LivevizError",
    "Output",
    "Parameter",
    "ParameterFrame",
    "Registry",
    "RowSetting",
    "ShowState",
    "SignalFrame",
    "SoundChannels",
    "StageImage",
    "Stems",
    "Tempo",
    "UsageError",
    "approach",
    "channels_needed",
    "layer_range",
    "parse_channels",
    "parse_stems",
    "ws_range",
]
