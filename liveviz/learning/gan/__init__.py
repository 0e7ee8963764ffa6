"""gan teaches a generator somebody's own images: a StyleGAN2 against a discriminator, from a folder of files.

`train` runs it; `run` is what is stored, `generator` and `discriminator` the networks as the papers write them (the
generator's weights are those of our bundles, so an export is a copy), `augment` what lets it learn from few images,
`projected` a discriminator that looks through fixed features, `watch` the figures and the alarms.
"""

from liveviz.learning.gan.run import GanOptions
from liveviz.learning.gan.trainer import GanProgress, train

__all__ = ["GanOptions", "GanProgress", "train"]
