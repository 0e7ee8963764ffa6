"""The UDP sockets that OSC listens on. What a user writes is one address; it may mean two sockets, because `localhost` and
"every address" are each of IPv4 and of IPv6, and senders choose either."""

import contextlib
import errno
import socket
import sys

from liveviz.spec import LivevizError

RECEIVE_BUFFER = 4 << 20  # bytes asked for; the system may grant less

_LOOPBACK_HOSTS = ("127.0.0.1", "::1")
_ANY_HOSTS = ("0.0.0.0", "::")
_SO_RCVBUFFORCE = 33
_WSAEADDRINUSE = 10048
_WSAEADDRNOTAVAIL = 10049
_NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, _WSAEADDRNOTAVAIL, 10047)
_CHOOSE_ANOTHER = "choose another with --osc HOST:PORT"


def listen(host: str, port: int) -> list[socket.socket]:
    """UDP sockets that hear `host` and `port` and do not block, all at one port.

    Args:
        host: a numeric address of this machine; `localhost` for its loopback, IPv4 and IPv6; `0.0.0.0` for every IPv4
            address; `::` or `*` for every address.
        port: 0 for any free one.
    Raises:
        LivevizError: the port is taken, or `host` is no address of this machine.
    """
    if not 0 <= port <= 65535:
        raise LivevizError(f"osc: port {port} is not between 0 and 65535; choose with --osc HOST:PORT")
    numeric = _LOOPBACK_HOSTS if host == "localhost" else _ANY_HOSTS if host in ("*", "::") else (host,)
    found: list[socket.socket] = []
    try:
        for n, one in enumerate(numeric):
            try:
                found.append(_bound(one, found[0].getsockname()[1] if found else port, host))
            except OSError as error:
                if n > 0 and error.errno in _NO_IPV6:  # a machine without IPv6 is heard by IPv4
                    continue
                raise LivevizError(_why(error, host, port)) from error
    except LivevizError:
        for one_socket in found:
            one_socket.close()
        raise
    return found


def _bound(numeric: str, port: int, host: str) -> socket.socket:
    family, _, address = resolve(numeric, port, f"osc: {host!r}", "--osc")
    listener = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # who may, has all of it, whatever the system's limit is
                listener.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)
        listener.bind(address)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def resolve(host: str, port: int, what: str, option: str) -> tuple[int, int, tuple]:
    """(family, kind, socket address) of a numeric `host`, or `localhost`; LivevizError about `what` and `option` else."""
    numeric = "127.0.0.1" if host == "localhost" else host
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            numeric, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
    except (OSError, UnicodeError) as error:
        raise LivevizError(f"{what} is not a numeric address; choose with {option} HOST:PORT") from error
    return family, kind, address


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno in (errno.EADDRINUSE, _WSAEADDRINUSE, errno.EACCES) and port >= 1024:
        return f"osc: port {port} of {host} is in use by another program; {_CHOOSE_ANOTHER}"
    if error.errno == errno.EACCES:
        return f"osc: port {port} needs the administrator's rights; {_CHOOSE_ANOTHER} from 1024 up"
    if error.errno in (errno.EADDRNOTAVAIL, _WSAEADDRNOTAVAIL):
        return f"osc: {host} is not an address of this machine; choose 127.0.0.1 or 0.0.0.0 with --osc HOST:PORT"
    if error.errno in _NO_IPV6:
        return f"osc: {host} is an IPv6 address, and this machine has no IPv6; {_CHOOSE_ANOTHER}"
    return f"osc: cannot listen on {host}:{port}: {error.strerror}; {_CHOOSE_ANOTHER}"
