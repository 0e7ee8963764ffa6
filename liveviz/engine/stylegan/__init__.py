"""How engines draw StyleGAN2 and StyleGAN3: the network as constants and styles (`rewrite`), and what of a ParameterFrame it
listens to: latents, noise, view, and bends that fold into the styles."""
