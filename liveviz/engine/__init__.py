"""engine makes one image of a generator from one ParameterFrame: `ParameterFrame` in, `ImageFrame` out.

A backend is one file of `backends/`, or a folder there with a `backend.py`; `backend.py` of this room is the contract, and
`registry.py` finds and opens them. `create` opens one; `Engine` wraps one for a show: when a bend comes that the backend was
not built for, it builds another in the background and swaps it in; it finds the directions of a generator that has none in
the background too (`directions_finder`); `Crossfade` goes from one engine to another; `building` builds, warms and closes
whatever is swapped. A backend on a GPU can leave its images there (`DeviceImage`).

What backends share: `operations` (what a network is written in, once), `latents` and `noise` of a frame. Every family of
generators has a folder here with a `family.py`, the other half of that in `models`: its network as constants, its graph in
those operations, and what of a frame it listens to (`family` is the contract, `_template/` one to copy). `cost` counts what
an image takes, `trial_frames` are frames without a show. Nothing here loads torch or openvino before a backend that needs
it is opened."""

from liveviz.engine.backend import Backend
from liveviz.engine.cost import products
from liveviz.engine.crossfade import Crossfade, can_mix_weights, mix, mix_weights, of_one_family
from liveviz.engine.device_image import DeviceImage
from liveviz.engine.engine import Engine
from liveviz.engine.families import layers_of, network
from liveviz.engine.machine import other_devices, processor
from liveviz.engine.registry import available, backends, choose, compiles, create, stand_in
from liveviz.engine.trial_frames import live_frames

__all__ = [
    "Backend",
    "Crossfade",
    "DeviceImage",
    "Engine",
    "available",
    "backends",
    "can_mix_weights",
    "choose",
    "compiles",
    "create",
    "layers_of",
    "live_frames",
    "mix",
    "mix_weights",
    "network",
    "of_one_family",
    "other_devices",
    "processor",
    "products",
    "stand_in",
]
