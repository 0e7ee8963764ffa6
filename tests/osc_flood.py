"""Floods a UDP port with OSC as a broken patch would: run as `python osc_flood.py PORT SECONDS GOOD MALFORMED ADDRESS...`; it
prints, as JSON, how many it sent a second and the last value of each address. It paces by the clock, not by sleeping."""

import json
import random
import socket
import struct
import sys
import time

from waiting import pace


def padded(text: str) -> bytes:
    """`text` as an OSC string."""
    raw = text.encode()
    return raw + b"\0" * (4 - len(raw) % 4)


def main(port: int, seconds: float, good: int, malformed: int, addresses: list[str]) -> None:
    """Send `good` messages and `malformed` packets a second, round the addresses; the last one of each is a good one."""
    rng = random.Random(5)
    heads = [padded(address) + b",f\0\0" for address in addresses]
    garbage = [heads[0][:-3], b"#bundle\0" + struct.pack(">Qi", 1, -4), b"\xff" * 40, b"/x\0\0,q\0\0", b"\0" * 64]
    last = [0.0] * len(heads)
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", port))
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            due = int(elapsed * (good + malformed))
            if due - sent < 20:
                pace(0.0005)
                continue
            while sent < due:
                place = sent % len(heads)
                if malformed and sent % ((good + malformed) // malformed) == 0:
                    one.send(garbage[sent % len(garbage)])
                else:
                    last[place] = rng.random()
                    one.send(heads[place] + struct.pack(">f", last[place]))
                sent += 1
        print(json.dumps({"rate": sent / (time.monotonic() - began), "last": dict(zip(addresses, last, strict=True))}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
