"""OSCQuery: a web server at which programs find every address of a show, a WebSocket by which they follow values (LISTEN), and
mDNS by which they find the server. It runs on a thread of its own, and is there only where it was asked for."""

import asyncio
import contextlib
import http
import json
import logging
import re
import socket
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from liveviz.inputs.control.osc_packet import MAX_PACKET, padded
from liveviz.inputs.control.oscquery_tree import ATTRIBUTES, EXTENSIONS, Tree, Value
from liveviz.spec import LivevizError

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

NAME = "liveviz"
MAX_CLIENTS = 16
MAX_LISTENED = 1024  # addresses that one client follows
PERIOD_S = 1.0 / 60.0
SEND_S = 2.0  # a client that takes nothing for so long has gone
CLOSE_S = 2.0
_MOST_PATH = 300  # letters
_START_S = 5.0
_ANY_HOSTS = ("*", "0.0.0.0", "::")
# Pages of strangers in a browser may not play the show
_HERE_PATTERN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")

log = logging.getLogger("liveviz.inputs")


class OscQueryServer:
    """The web server.

    Args:
        host, port: where it listens, port 0 for any free one; `*` and `0.0.0.0` are every address.
        tree: what it tells. osc: (host, port) where OSC is heard. forward: takes an OSC packet that came by WebSocket; does not
            wait.
        announce: whether mDNS is told.
    Raises:
        LivevizError: the port is taken, or it is no address of this machine.
    State: the thread; `port`, the one really used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tree: Tree,
        osc: tuple[str, int],
        forward: Callable[[bytes], None],
        announce: bool = True,
    ) -> None:
        self._host, self.port, self._tree, self._osc, self._forward = host, port, tree, osc, forward
        self._announce = announce
        self._clients = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._started, self._error = threading.Event(), ""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="oscquery", daemon=True)
        self._thread.start()
        self._started.wait(_START_S)
        if self._error:
            raise LivevizError(self._error)

    def close(self) -> None:
        """Stop, within CLOSE_S seconds; may be called twice."""
        if self._loop is not None and self._ended is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(CLOSE_S)

    async def _run(self) -> None:
        from websockets.asyncio.server import serve  # only where it was asked for

        logging.getLogger("websockets").setLevel(logging.CRITICAL)  # what clients do wrong is theirs
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await serve(
                self._serve,
                None if self._host == "*" else self._host,
                self.port,
                process_request=self._page,
                origins=[None, _HERE_PATTERN],
                max_size=MAX_PACKET,
                close_timeout=0.5,
                compression=None,
            )
        except OSError as error:
            self._error = (
                f"oscquery: cannot listen on {self._host}:{self.port}: {error.strerror or error}; "
                "choose another with --oscquery HOST:PORT"
            )
            self._started.set()
            return
        self.port = next(iter(server.sockets)).getsockname()[1]
        self._started.set()
        told = asyncio.create_task(self._tell_mdns()) if self._announce else None
        await self._ended.wait()
        server.close()
        if told is not None:
            told.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await told
        await server.wait_closed()

    def _page(self, connection: "ServerConnection", request: "Request") -> "Response | None":
        """The answer to a request that wants no WebSocket."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            full = self._clients >= MAX_CLIENTS
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many\n") if full else None
        where = urlsplit(request.path[:_MOST_PATH])
        path, query = unquote(where.path).rstrip("/") or "/", where.query.partition("&")[0]
        found: dict[str, Any] | None
        if query == "HOST_INFO":
            found = self._host_info()
        elif query and query not in ATTRIBUTES:
            return connection.respond(http.HTTPStatus.BAD_REQUEST, f"no attribute; there are {', '.join(ATTRIBUTES)}\n")
        else:
            found = self._tree.attribute(path, query) if query else self._tree.node(path)
        if found is None:
            return connection.respond(http.HTTPStatus.NOT_FOUND, "nothing has this address\n")
        if not found:
            return connection.respond(http.HTTPStatus.NO_CONTENT, "")
        response = connection.respond(http.HTTPStatus.OK, json.dumps(found))
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        response.headers["Cache-Control"] = "no-cache"
        return response

    def _host_info(self) -> dict[str, Any]:
        host, port = self._osc
        found = {
            "NAME": NAME,
            "EXTENSIONS": EXTENSIONS,
            "OSC_PORT": port,
            "OSC_TRANSPORT": "UDP",
            "WS_PORT": self.port,
        }
        numeric = {"localhost": "127.0.0.1"}.get(host, host)
        return found if host in _ANY_HOSTS else found | {"OSC_IP": numeric}

    async def _serve(self, connection: "ServerConnection") -> None:
        """One client, until it goes."""
        from websockets.exceptions import ConnectionClosed

        listened: dict[str, Value] = {}
        self._clients += 1
        sender = asyncio.create_task(self._send(connection, listened))
        try:
            async for content in connection:
                if isinstance(content, bytes):
                    self._forward(content)
                else:
                    self._command(content, listened)
        except ConnectionClosed:
            pass
        finally:
            self._clients -= 1
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed, TimeoutError):
                await sender

    def _command(self, text: str, listened: dict[str, Value]) -> None:
        """LISTEN and IGNORE; whatever else it says is let go."""
        try:
            asked = json.loads(text)
            command, path = asked["COMMAND"], asked["DATA"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if command == "IGNORE" and isinstance(path, str):
            listened.pop(path, None)
        elif (
            command == "LISTEN"
            and isinstance(path, str)
            and len(listened) < MAX_LISTENED
            and path in self._tree.entries
        ):
            listened[path] = None

    async def _send(self, connection: "ServerConnection", listened: dict[str, Value]) -> None:
        """What has changed of what it follows."""
        try:
            while True:
                await asyncio.sleep(PERIOD_S)
                for path in list(listened):
                    value = self._tree.value(path)
                    if path in listened and value is not None and value != listened[path]:
                        listened[path] = value
                        await asyncio.wait_for(connection.send(_packet(path, value)), SEND_S)
        except TimeoutError:
            await connection.close()

    async def _tell_mdns(self) -> None:
        """Be found until the end; a network without mDNS is one line in the log."""
        from zeroconf import InterfaceChoice, IPVersion
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

        host = {"localhost": "127.0.0.1"}.get(self._host, self._host)
        anywhere = host in _ANY_HOSTS
        network: AsyncZeroconf | None = None
        try:
            network = AsyncZeroconf(
                interfaces=InterfaceChoice.All if anywhere else [host],
                ip_version=IPVersion.V6Only if ":" in host and not anywhere else IPVersion.V4Only,
            )
            addresses = _own_addresses() if anywhere else [host]
            for kind, port in (("_oscjson._tcp", self.port), ("_osc._udp", self._osc[1])):
                info = AsyncServiceInfo(
                    f"{kind}.local.",
                    f"{NAME}-{self.port}.{kind}.local.",
                    port=port,
                    parsed_addresses=addresses,
                    server=f"{NAME}-{self.port}.local.",
                )
                await network.async_register_service(info)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the network is like, the show goes on
            log.warning("oscquery: is not announced by mDNS: %s: %s", type(error).__name__, error)
        finally:
            if network is not None:
                await network.async_unregister_all_services()
                await network.async_close()


def _own_addresses() -> list[str]:
    """The IPv4 addresses of this machine, its loopback only where there is nothing else."""
    import ifaddr

    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    return [ip for ip in found if not ip.startswith("127.")] or ["127.0.0.1"]


def _packet(address: str, value: Value) -> bytes:
    """A value as an OSC message."""
    head = padded(address)
    if isinstance(value, bool):
        return head + (b",T\0\0" if value else b",F\0\0")
    if isinstance(value, str):
        return head + b",s\0\0" + padded(value)
    return head + (
        b",i\0\0" + struct.pack(">i", value) if isinstance(value, int) else b",f\0\0" + struct.pack(">f", value)
    )


def forwards(host: str, port: int) -> Callable[[bytes], None]:
    """A function that hands packets to whoever hears OSC at (host, port) of this machine."""
    to = {"localhost": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    one = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)

    def forward(packet: bytes) -> None:
        with contextlib.suppress(OSError):
            one.sendto(packet, (to, port))

    return forward
