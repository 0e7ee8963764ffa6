"""liveviz turns live sound, MIDI and OSC into StyleGAN images in real time."""

__version__ = "0.1.0"
