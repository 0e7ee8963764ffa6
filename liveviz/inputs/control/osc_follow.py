"""Reads what a running show tells of its control messages: it sends every line as text to whoever asked for it within the
last seconds."""

import contextlib
import socket
from collections.abc import Callable, Iterator

from liveviz.inputs.control import osc_sockets
from liveviz.inputs.control.osc_packet import MAX_PACKET
from liveviz.spec import LivevizError

ASK_S = 1.0
ANSWER_S = 2.0  # a program that has not answered by then is no show


def follow(address: str, host: str, port: int, now: Callable[[], float]) -> Iterator[str]:
    """Every line that the show at `host` and `port` sends; "" a few times a second where there is none.

    Args:
        address: which to ask with, and under which lines come. host: as the show was told to listen.
    Raises:
        LivevizError: nobody answers there.
    """
    numeric = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    family, _, target = osc_sockets.resolve(numeric, port, f"osc: {host!r}", "--osc")
    head = address.encode() + b"\0" * (4 - len(address.encode()) % 4)
    ask, heard = head + b",\0\0\0", False
    with socket.socket(family, socket.SOCK_DGRAM) as asker:
        asker.connect(target)
        asker.settimeout(0.2)
        began = now()
        asked = began - ASK_S
        while True:
            if now() - asked >= ASK_S:
                asked = now()
                with contextlib.suppress(OSError):  # nobody there is said below
                    asker.send(ask)
            try:
                packet = asker.recv(MAX_PACKET)
            except OSError:
                packet = b""
            if packet.startswith(head + b",s\0\0"):
                heard = True
                yield packet[len(head) + 4 :].rstrip(b"\0").decode("utf-8", "replace")
            elif not heard and now() - began > ANSWER_S:
                raise LivevizError(
                    f"osc: port {port} of {host} is in use by a program that is no show of liveviz; "
                    "choose another with --osc HOST:PORT"
                )
            else:
                yield ""
