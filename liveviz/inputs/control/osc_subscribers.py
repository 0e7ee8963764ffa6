"""Who is sent signals by OSC. A subscription is one small packet that makes this machine send many, so it is given only where
nobody can be harmed by it: to the one who asks or to this machine, in the local network alone, for a minute, to few."""

import fnmatch
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from liveviz.inputs.control.osc_arguments import as_number
from liveviz.inputs.control.osc_packet import Message

SUBSCRIBE_ADDRESS = "/liveviz/subscribe"  # host, port, pattern; port and pattern; pattern; or nothing
UNSUBSCRIBE_ADDRESS = "/liveviz/unsubscribe"  # the same
SUBSCRIBED_ADDRESS = "/liveviz/subscribed"  # says so to who is sent something from now on
DEFAULT_PATTERN = "/liveviz/signal/*"
MAX_SUBSCRIBERS = 8
EXPIRES_S = 60.0
LOWEST_PORT, HIGHEST_PORT = 1024, 65535

_LOCAL_HOSTS = {"localhost": "127.0.0.1"}
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(slots=True)
class Subscriber:
    """One who is told: where to send (numeric host, port), what (`pattern`, and the addresses that match), until when."""

    to: tuple[str, int]
    pattern: str
    addresses: frozenset[str]
    until: float


class Subscribers:
    """At most MAX_SUBSCRIBERS.

    Args:
        addresses: everything that may be sent. opened: the show listens to other machines, so that one of the local network
            may name another. own_port: where the show listens; it is never sent anything there.
    State: the subscribers; `serial` grows whenever they change.
    """

    def __init__(self, addresses: Iterable[str], opened: bool, own_port: int) -> None:
        self._addresses, self._opened, self._own_port = tuple(addresses), opened, own_port
        self._known: dict[tuple[str, int], Subscriber] = {}
        self.serial = 0

    def __len__(self) -> int:
        return len(self._known)

    def take(self, message: Message, sender: tuple, now: float) -> tuple[Subscriber | None, str]:
        """Do what a message at SUBSCRIBE_ADDRESS or UNSUBSCRIBE_ADDRESS asks for.

        Args:
            sender: (host, port, ...) where it came from.
        Returns:
            the subscriber that is new or renewed, or None; and what was done, or why not, in a few words.
        """
        words = [word for word in message.words if as_number(word) is None]
        pattern = next((word for word in words if word.startswith("/")), DEFAULT_PATTERN)
        host = next((word for word in words if not word.startswith("/")), str(sender[0]))
        port = float(message.numbers[0] if message.numbers else sender[1])
        if not (port.is_integer() and LOWEST_PORT <= port <= HIGHEST_PORT):
            return None, f"port {port:g} is not between {LOWEST_PORT} and {HIGHEST_PORT}"
        to = (_LOCAL_HOSTS.get(host, host), int(port))
        if message.address == UNSUBSCRIBE_ADDRESS:
            gone = self._known.pop(to, None)
            self.serial += gone is not None
            return None, f"{to[0]}:{to[1]} is not told any more" if gone else "was not subscribed"
        if why := self._refused(to, str(sender[0])):
            return None, why
        known = self._known.get(to)
        if known is not None and known.pattern == pattern:
            known.until = now + EXPIRES_S
            return known, f"renewed for {EXPIRES_S:g} s"
        self.live(now)
        if known is None and len(self._known) >= MAX_SUBSCRIBERS:
            return None, f"{MAX_SUBSCRIBERS} are subscribed already"
        found = frozenset(fnmatch.filter(self._addresses, pattern))
        if not found:
            return None, f"nothing is called {pattern!r}"
        self._known[to] = Subscriber(to, pattern, found, now + EXPIRES_S)
        self.serial += 1
        return self._known[to], f"{to[0]}:{to[1]} is told {len(found)} values for {EXPIRES_S:g} s"

    def live(self, now: float) -> list[Subscriber]:
        """Those whose time is not up; the others are forgotten."""
        for to, one in list(self._known.items()):
            if now >= one.until:
                del self._known[to]
                self.serial += 1
        return list(self._known.values())

    def _refused(self, to: tuple[str, int], sender: str) -> str:
        """Why nothing is sent there; empty where it is."""
        target, asker = _parsed(to[0]), _parsed(sender)
        if target is None or asker is None:
            return f"{to[0]!r:.60} is no numeric address"
        if target.is_multicast or target.is_unspecified or target == ipaddress.IPv4Address("255.255.255.255"):
            return f"{to[0]} is no single machine"
        if target.is_loopback and to[1] == self._own_port:
            return "that is this show itself"
        if not (_near(target) and _near(asker)):
            return "only machines of the local network are told"
        if target == asker or (target.is_loopback and asker.is_loopback):
            return ""
        if target.is_loopback or not self._opened:
            return f"{to[0]} is not the address that asks; only that one is told"
        return ""


def _parsed(host: str) -> _Ip | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _near(address: _Ip) -> bool:
    """This machine, or a network that routers keep to themselves: a sender's address that is forged leads no farther."""
    return address.is_loopback or address.is_private or address.is_link_local
