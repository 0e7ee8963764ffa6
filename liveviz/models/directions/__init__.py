"""Directions of a generator, which knobs push images along: the file of them, how they are found (PCA, closed form), and how
far each may go, measured on images."""
