"""The files that hold a StyleGAN: one file here per origin says how its names become ours. `stylegan2` and `stylegan3` read
pickles (what they share is in `nvidia`, StyleGAN-XL's classes in `stylegan_xl`), `tensorflow` those of its era; `rosinality`
and `tables` networks that were saved as tables of tensors, which `ANCHOR_TENSORS` are known by."""

from liveviz.models.family import Read
from liveviz.models.importing.opened import Opened
from liveviz.models.importing.state import State
from liveviz.models.stylegan.readers import rosinality, stylegan2, stylegan3, stylegan_xl, tables, tensorflow
from liveviz.models.stylegan.readers.nvidia import Pickle

ANCHOR_TENSORS = {"rosinality": "input.input", "StyleGAN2": "synthesis.b4.const", "StyleGAN3": "synthesis.input.freqs"}
PLAYABLE = (
    "a StyleGAN2 or StyleGAN3 pickle (.pkl), a TensorFlow-era StyleGAN2 pickle, a checkpoint (.pt, .ckpt, .safetensors) with "
    "the tensors of a StyleGAN2, StyleGAN3 or rosinality's StyleGAN2 in it"
)


def read_pickle(opened: Opened) -> Read | None:
    """As `Family.read_pickle`."""
    if networks := tensorflow.networks(opened.value):
        return "TensorFlow-era StyleGAN2", *tensorflow.convert(opened.source, opened.arrays, networks)
    if opened.root is None:
        return None
    pickle = Pickle(opened.source, opened.arrays, opened.root)
    if stylegan3.recognises(pickle):
        return "StyleGAN3" + stylegan_xl.note(pickle), *stylegan3.convert(pickle)
    if stylegan2.recognises(pickle):
        return "StyleGAN2" + stylegan_xl.note(pickle), *stylegan2.convert(pickle)
    return None


def read_state(opened: Opened, state: State) -> Read:
    """As `Family.read_state`."""
    source, arrays = opened.source, opened.arrays
    if state.kind == "rosinality":
        return f"StyleGAN2 by rosinality{state.note}", *rosinality.convert(source, arrays, state)
    if state.kind == "StyleGAN2":
        return f"StyleGAN2{state.note}", *tables.convert2(source, arrays, state.nodes)
    return f"StyleGAN3{state.note}", *tables.convert3(source, arrays, state.nodes)
