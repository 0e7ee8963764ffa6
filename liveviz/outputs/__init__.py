"""outputs is where images leave: the screen that the stage draws on, and the sinks that get every frame besides.

There are two kinds. A *screen* (`window.Window`, `headless.Headless`) owns the GL context that everything is drawn with, is
polled for keys, waits for the buffer swap, and may vanish with its display and come back: a show has exactly one, and the
stage's time is its time. A *sink* (`sink.Sink`, one file each in `sinks/`) takes presented frames and brings them somewhere:
there may be many, none may hold the image up, and one that fails costs itself alone. That is why a window is no sink: it
would break each of these promises. (A second window that only shows the frame's texture could be one.)

`sink` says what a sink is and has what most are made of, a thread behind a bounded queue; `sinks/_template.py` is one to copy.
`recorder.Recorder` and `still.write_png` write files for sinks and for `render`, `overlay.Overlay` makes the texture with the
figures, `monitors.monitors` says where a window can go, `handover` brings the generator's images into textures. Nothing here
is imported until it is used, because GL, GLFW and the codecs each cost start-up time.
"""

__all__ = ["handover", "headless", "monitors", "overlay", "recorder", "sink", "still", "window"]
