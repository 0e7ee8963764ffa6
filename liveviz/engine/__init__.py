"""engine makes one picture of a generator from one ParameterFrame: `ParameterFrame` in, `ImageFrame` out.

A backend is one file here that has `RANK` (which one `auto` takes; 0 = only when asked for), `available()` and
`open_backend(...)`; its file name is its name, and nothing else needs an edit. It may name a `STAND_IN` that plays
until it is ready, and say that it `COMPILES` something worth keeping. `create` opens one; `Engine` wraps one for a
show: when a bend comes that the backend was not built for, it builds another beside the show and swaps it in; it
finds the directions of a generator that has none beside the show too (`finding`); `Crossfade` goes from one engine to
another. A backend on a GPU can leave its pictures there (`DeviceImage`; `copies` counts those that it does not). What
backends share: `latents` (frame to ws), `noise` (fields from a seed and a phase), `rewrite` (the generator as
constants, and styles), `operations` (what the network is written in, once), `folding` (bends that go into the styles),
`backend` (the contract). `bench_compare` measures them side by side. Nothing here loads torch or openvino before a
backend that needs it is opened."""

from liveviz.engine.backend import Backend
from liveviz.engine.bench import bench, live_frames, pace
from liveviz.engine.crossfade import Crossfade, can_mix_weights, mix, mix_weights, of_one_family
from liveviz.engine.device_image import DeviceImage
from liveviz.engine.folding import layers_of
from liveviz.engine.machine import other_devices, processor
from liveviz.engine.registry import available, backends, choose, compiles, create, stand_in
from liveviz.engine.roofline import products
from liveviz.engine.show import Engine

__all__ = [
    "Backend",
    "Crossfade",
    "DeviceImage",
    "Engine",
    "available",
    "backends",
    "bench",
    "can_mix_weights",
    "choose",
    "compiles",
    "create",
    "layers_of",
    "live_frames",
    "mix",
    "mix_weights",
    "of_one_family",
    "other_devices",
    "pace",
    "processor",
    "products",
    "stand_in",
]
