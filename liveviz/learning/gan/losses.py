"""What the two networks minimise, over the logits of one or several scales, each scale counting alike.

Sources: logistic, Goodfellow et al. 2014; R1, Mescheder et al. 2018 (1801.04406); hinge, Lim & Ye 2017 (1705.02894).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

Logits = Sequence[Tensor]


def logistic_discriminator(real: Logits, made: Logits) -> Tensor:
    """-log D(real) - log(1 - D(made))."""
    return _mean(real, lambda x: F.softplus(-x)) + _mean(made, F.softplus)


def logistic_generator(made: Logits) -> Tensor:
    """-log D(made): does not fade where the discriminator is sure."""
    return _mean(made, lambda x: F.softplus(-x))


def hinge_discriminator(real: Logits, made: Logits) -> Tensor:
    """Real above 1, made below -1."""
    return _mean(real, lambda x: F.relu(1.0 - x)) + _mean(made, lambda x: F.relu(1.0 + x))


def hinge_generator(made: Logits) -> Tensor:
    """Made as high as it goes."""
    return _mean(made, torch.neg)


def r1(images: Tensor, logits: Logits) -> Tensor:
    """Half the squared gradient of the logits by the real images that they are of, mean over images."""
    total = torch.stack([x.sum() for x in logits]).sum()
    (slope,) = torch.autograd.grad(total, images, create_graph=True)
    return 0.5 * slope.square().sum(dim=(1, 2, 3)).mean()


def sign(real: Logits) -> Tensor:
    """Mean sign on real images, -1 to 1: near 1 the discriminator is sure of every one."""
    return _mean(real, torch.sign)


def _mean(logits: Logits, of: Callable[[Tensor], Tensor]) -> Tensor:
    return torch.stack([of(x).mean() for x in logits]).mean()
