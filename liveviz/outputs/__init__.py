"""outputs is where pictures leave: the window, the context without a window, the recorder, the overlay, single pictures.

`window.Window` and `headless.Headless` own the GL context that post draws with, and show its texture with
`present(texture, overlay)`; `monitors.monitors` says where a window can go; `overlay.Overlay` makes the texture with the
figures; `recorder.Recorder` and `still.write_png` take pixels that were read back. A sink never makes the picture wait: the
live recorder has its own thread and a bounded queue, and counts what it drops. To add an output, add a file here and a test of
it; nothing here is imported until it is used, because GL, GLFW and the codecs each cost start-up time.
"""

__all__ = ["handover", "headless", "monitors", "overlay", "recorder", "still", "window"]
