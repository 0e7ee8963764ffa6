"""Training by program: the network learns the five maps of pictures that our own programs draw, and its last layers are given
the palettes."""
