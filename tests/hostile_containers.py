"""Containers made to harm whoever opens them, or made badly: torch's zip and its older row of pickles, and safetensors, each
with words of the one line that must answer it; `hostile_files` has the pickles."""

import io
import json
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from foreign_files import rosinality
from heart import plain_generator, small
from pickle_writer import Do, Persistent, Ref, pickled, rebuilt

from liveviz.models import Generator

HARM = "made to do harm; nothing in it was run"
SYSTEM = Do("posix system", ("touch /tmp/liveviz-was-here",))


def good() -> Generator:
    """The generator that most of them are."""
    return plain_generator(small(16, z_dim=8, w_dim=8), 20)


def _zip(entries: list[tuple[str, bytes]], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # a name twice is what one of them is
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            if change is not None:
                change(info)
            archive.writestr(info, data)
    return file.getvalue()


def checkpoint() -> list[tuple[str, bytes]]:
    """Entries of a good rosinality checkpoint."""
    nodes, data = {}, []
    for n, (name, value) in enumerate(rosinality(good()).items()):
        reference = Persistent(("storage", Ref("torch FloatStorage"), str(n), "cpu", value.size))
        nodes[name] = rebuilt(reference, value.shape)
        data.append((f"x/data/{n}", np.asarray(value, np.float32).tobytes()))
    return [("x/data.pkl", pickled({"g_ema": nodes}, 2)), *data]


def zipped_checkpoint() -> bytes:
    """A good rosinality checkpoint in torch's zip."""
    return _zip(checkpoint())


def _listed(entries: list[tuple[str, bytes, dict]], end: bytes = b"") -> bytes:
    """A zip written byte by byte: whose list of entries may say anything of size, offset and extra field, and the end too."""
    body, listed = b"", b""
    for name, data, lies in entries:
        size, at, extra = lies.get("size", len(data)), lies.get("at", len(body)), lies.get("extra", b"")
        named, raw = struct.pack("<HH", len(name), len(lies.get("inside", b""))), name.encode()
        body += b"PK\x03\x04" + bytes(14) + struct.pack("<II", len(data), len(data)) + named + raw
        body += lies.get("inside", b"") + data
        listed += b"PK\x01\x02" + bytes(16) + struct.pack("<IIHHH", size, size, len(raw), len(extra), 0)
        listed += bytes(8) + struct.pack("<I", at) + raw + extra
    count = min(len(entries), 0xFFFF)
    last = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(body), 0)
    return body + listed + (end or last)


def _overlapping() -> bytes:
    """An entry that lies inside the numbers of another: its header is a part of them."""
    name, *_ = ("x/data/900",)
    inner = b"PK\x03\x04" + bytes(14) + struct.pack("<IIHH", 64, 64, len(name), 0) + name.encode() + bytes(64)
    good = [(name, data, {}) for name, data in checkpoint()]
    start = len(_listed(good, b" ")) - 1 - sum(46 + len(name) for name, _, _ in good)  # where the next local header is
    outer = ("x/data/901", inner, {})
    at = start + 30 + len(outer[0])
    return _listed([*good, outer, (name, bytes(64), {"at": at})])


def _zip64(sizes: bytes) -> bytes:
    """An entry whose sizes are in the extra field of large zips."""
    extra = struct.pack("<HH", 1, len(sizes)) + sizes
    first, *rest = checkpoint()
    return _listed([(*first, {"size": 0xFFFFFFFF, "extra": extra}), *((*entry, {}) for entry in rest)])


def _zip64_end(count: int, size: int, offset: int) -> bytes:
    """A good zip that ends as large ones do, and says of its list whatever it likes."""
    body = zipped_checkpoint()[:-22]
    end = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
    where = b"PK\x06\x07" + struct.pack("<IQI", 0, len(body), 1)
    return body + end + where + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def _tarred() -> bytes:
    """torch's first container, a tar of pickles."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            info = tarfile.TarInfo(name)
            info.size = len(pickled(SYSTEM))
            archive.addfile(info, io.BytesIO(pickled(SYSTEM)))
    return file.getvalue()


def _safetensors(header: str, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header.encode())) + header.encode() + data


def _ours(**changes: Any) -> bytes:
    """A safetensors file of ours without tensors, with other sizes than it may have."""
    sizes = {**small(16).as_dict(), **changes}
    return _safetensors(json.dumps({"__metadata__": {"liveviz.generator": json.dumps(sizes)}}))


def _packed(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_DEFLATED


def _patched(data: bytes, signature: bytes, offset: int, form: str, value: int) -> bytes:
    """The last record of a kind with another number in it."""
    changed, at = bytearray(data), data.rindex(signature)
    struct.pack_into(form, changed, at + offset, value)
    return bytes(changed)


def row() -> list[bytes]:
    """A good rosinality checkpoint in torch's older container: its pickles, then its numbers."""
    table = rosinality(good())
    nodes, data = {}, []
    for n, (name, value) in enumerate(table.items()):
        reference = Persistent(("storage", Ref("torch FloatStorage"), str(n), "cpu", value.size, None))
        nodes[name] = rebuilt(reference, value.shape)
        data.append(struct.pack("<q", value.size) + np.asarray(value, np.float32).tobytes())
    parts = [
        0x1950A86A20F9469CFC6C,
        1001,
        {"little_endian": True},
        {"g_ema": nodes},
        [str(n) for n in range(len(table))],
    ]
    return [pickled(part, 2) for part in parts] + data


def containers() -> dict[str, tuple[bytes, str]]:
    """name: (the file, words of the answer)."""
    zipped, rowed = zipped_checkpoint(), row()
    huge = _patched(zipped, b"PK\x01\x02", 20, "<I", 1 << 31)  # its packed size; the true one follows
    longer = struct.pack("<q", 1 << 40) + rowed[-1][8:]
    return {
        "a zip with packed entries": (_zip(checkpoint(), _packed), "is packed or locked"),
        "a zip bomb": (_zip([("x/data.pkl", bytes(20 << 20))], _packed), "is packed or locked"),
        "a zip with a name twice": (_zip([*checkpoint(), checkpoint()[0]]), "is there twice"),
        "a zip with two pickles": (_zip([*checkpoint(), ("y/data.pkl", b"N.")]), "2 entries data.pkl"),
        "a zip without a pickle": (_zip(checkpoint()[1:]), "0 entries data.pkl"),
        "a zip whose pickle is harmful": (_zip([("x/data.pkl", pickled(SYSTEM, 2)), *checkpoint()[1:]]), HARM),
        "a zip without its numbers": (_zip(checkpoint()[:3]), "has no numbers"),
        "a zip with a storage too short": (_zip([*checkpoint()[:-1], (checkpoint()[-1][0], b"xxxx")]), "bytes for"),
        "a big-endian zip": (_zip([*checkpoint(), ("x/byteorder", b"big")]), "big-endian"),
        "a locked zip": (_patched(zipped, b"PK\x01\x02", 8, "<H", 1), "is packed or locked"),
        "a zip whose entry lies elsewhere": (_patched(zipped, b"PK\x01\x02", 42, "<I", 0), "another one"),
        "a zip whose entry lies behind it": (_patched(zipped, b"PK\x01\x02", 42, "<I", 1 << 31), ""),
        "a zip whose list is forged": (_patched(zipped, b"PK\x05\x06", 12, "<I", 1 << 30), ""),
        "a zip whose entry is forged": (_patched(huge, b"PK\x01\x02", 24, "<I", 1 << 31), "is cut"),
        "a zip of forty thousand entries": (_zip([(f"x/{n:060}", b"") for n in range(40000)]), "no zip that can be read"),
        "a zip with an entry inside another": (_overlapping(), "lie over each other"),
        "a zip with large sizes that lie": (_zip64(struct.pack("<QQ", 1 << 62, 1 << 62)), "is cut"),
        "a zip with large sizes that are cut": (_zip64(b"xxxx"), "no zip that can be read"),
        "a zip with large sizes that are not there": (_zip64(b""), "no zip that can be read"),
        "a large zip with a list of an exabyte": (_zip64_end(10, 1 << 60, 0), "no zip that can be read"),
        "a large zip with a list before the file": (_zip64_end(10, 100, (1 << 64) - 1), ""),
        "a large zip of many entries": (_zip64_end(1 << 60, 100, 0), ""),
        "a tar, as torch wrote first": (_tarred(), "is no generator file"),
        "a header of an exabyte": (struct.pack("<Q", 1 << 60) + b"{}", "header of 1152921504606846976 bytes"),
        "a header of all that there is": (struct.pack("<Q", (1 << 64) - 1) + b"{}", "is no safetensors file"),
        "a header longer than the file": (struct.pack("<Q", 1 << 20) + b"{}", "is cut"),
        "a header half a million deep": (_safetensors('{"a":' + "[" * 500000), "is not JSON"),
        "a header of tables, a hundred thousand deep": (_safetensors('{"a":' * 100000), "is not JSON"),
        "a header with a number of a million digits": (_safetensors('{"a":' + "9" * 1000000 + "}"), "is not JSON"),
        "a header with a name twice": (_safetensors('{"a": 1, "a": 1}'), "a name appears twice"),
        "a header of a list": (_safetensors("{}".replace("{}", "[1]")), ""),
        "a header of many tensors": (_safetensors(json.dumps(dict.fromkeys(map(str, range(60000)), 0))), "holds 60000 tensors"),
        "a header without our sizes": (_safetensors("{}"), "is no generator of this program"),
        "our sizes, too large": (_ours(resolution=1 << 40), "resolution: 1099511627776 is not"),
        "our sizes, no number": (_ours(conv_clamp=float("nan")), "conv_clamp: nan is neither"),
        "our sizes, endless": (_ours(mapping_lr=float("inf")), "mapping_lr: inf is not"),
        "our sizes without weights": (_ours(), "tensor mapping.fc0.weight is missing"),
        "a tensor of an exabyte": (
            _safetensors('{"a":{"dtype":"F32","shape":[1073741824,268435456],"data_offsets":[0,1152921504606846976]}}'),
            "data_offsets [0, 1152921504606846976]",
        ),
        "tensors on top of each other": (
            _safetensors(
                '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
                bytes(4),
            ),
            "starts at byte 0, expected 4",
        ),
        "a row with other keys": (b"".join([*rowed[:4], pickled(["7"], 2), *rowed[5:]]), "other storages"),
        "a row with a storage too long": (b"".join(rowed[:-1]) + longer, "where its tensors have"),
        "a row with bytes behind it": (b"".join(rowed) + b"more", "bytes too many"),
        "a row of another version": (b"".join([rowed[0], pickled(1002, 2), *rowed[2:]]), "version is wrong"),
    }  # fmt: skip
