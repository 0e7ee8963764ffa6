"""liveviz turns live sound, MIDI and OSC into StyleGAN pictures in real time."""

__version__ = "0.1.0"
