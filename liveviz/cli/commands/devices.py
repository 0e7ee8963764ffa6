"""`liveviz devices`: what can be heard, played and seen on."""

import argparse

from liveviz.inputs.audio import sources
from liveviz.inputs.control.sources import midi
from liveviz.outputs import monitors, window


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """List audio devices, MIDI ports and monitors."""
    found, reason = sources.devices()
    for heading, inputs in (("Audio inputs", True), ("Audio outputs", False)):
        rows = [d for d in found if (d.inputs if inputs else d.outputs) > 0]
        print(heading)
        for d in rows:
            channels = d.inputs if inputs else d.outputs
            print(f"  {d.name}  ({channels} channels, {d.default_rate} Hz, {d.host_api})")
        if not rows:
            print(f"  none{f' ({reason})' if reason else ''}")
    print("MIDI inputs")
    ports = midi.midi_ports()
    print("\n".join(f"  {name}" for name in ports) or "  none")
    print("Monitors")
    seen, reason = window.available()
    print("\n".join(f"  {monitor}" for monitor in monitors.monitors()) if seen else f"  none ({reason})")
    if seen:
        print("  F takes the one that the window is on, at first the primary; --fullscreen takes a number or a name")
    return 0
