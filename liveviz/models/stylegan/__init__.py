"""StyleGAN2 and StyleGAN3: config, layers, mapping network, the reference network as the papers have it, and how a generator
is widened, reduced and made new."""
