"""Training by program: the network learns the five maps of images that our own programs draw, and its last layers are given
the palettes."""
