"""Several processes that train one network: each takes its share of every batch, and gradients are averaged.

On a CPU that other programs use too, two processes of one thread each get far more done than two threads, which wait
for each other after every operation. All draw the same random numbers, so a checkpoint does not know how many they are.
"""

import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor
from torch import distributed as dist

from liveviz.spec import LivevizError

LONGEST_PAUSE = timedelta(hours=24)  # one of them may be paused


class Together:
    """`rank` of `count` processes that meet at the file `place` (new for every run); one alone needs no place.

    check: called while waiting for the others; what it raises ends the wait.
    """

    def __init__(
        self, rank: int = 0, count: int = 1, place: Path | None = None, check: Callable[[], None] = lambda: None
    ) -> None:
        self.rank, self.count = rank, count
        if count == 1:
            return
        if os.name == "posix":  # they talk over the loopback, whatever the machine is called
            loopback = next(name for _, name in socket.if_nameindex() if name.startswith("lo"))
            os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
        store = dist.FileStore(str(place), count)
        store.add("here", 1)
        while store.add("here", 0) < count:
            check()
            time.sleep(0.1)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=LONGEST_PAUSE)

    def share(self, batch: int) -> slice:
        """Which part of a batch is ours."""
        return slice(self.rank, batch, self.count)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over all processes; LivevizError where one of them is gone."""
        if self.count == 1:
            return
        flat = torch.cat([t.flatten() for t in tensors])
        try:
            dist.all_reduce(flat)
        except RuntimeError as error:
            raise LivevizError("a process that trained with this one has ended") from error
        flat /= self.count
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def close(self) -> None:
        """Leave."""
        if self.count > 1:
            dist.destroy_process_group()
