"""OSCQuery: what programs find, follow and set by it. The clients are python-oscquery's (HTTP, mDNS), and `websockets`'."""

import contextlib
import json
import socket
import urllib.error
import urllib.request

import pytest
from live_show import LiveShow, ask, free_port
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from waiting import GUARD_S, wait_until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from liveviz import signals
from liveviz.inputs.control.oscquery_server import MAX_CLIENTS, OscQueryServer
from liveviz.inputs.control.oscquery_tree import BOTH, READ, WRITE, Entry, Tree
from liveviz.runtime import composition, oscquery_show
from liveviz.spec import LivevizError

VALUES = {
    "/liveviz/bend/zoom": 0.5,
    "/liveviz/stage/blackout": 1.0,
    "/liveviz/signal/rms": 0.25,
    "/liveviz/model": "wide",
}
ENTRIES = (
    Entry("/liveviz/bend/zoom", "f", BOTH, "Zoom", 0.0, 1.0),
    Entry("/liveviz/stage/blackout", "T", BOTH, "Black", 0.0, 1.0),
    Entry("/liveviz/signal/rms", "f", READ, "Level", 0.0, 1.0),
    Entry("/liveviz/model", "s", BOTH, "Generator"),
    Entry("/liveviz/model/next", "N", WRITE, "The next generator"),
)


@pytest.fixture
def served():
    """A server, the values that it tells, the packets that it passed on."""
    values, packets = dict(VALUES), []
    one = OscQueryServer("127.0.0.1", 0, Tree(ENTRIES, values.get), ("127.0.0.1", 9000), packets.append, announce=False)
    yield one, values, packets
    one.close()


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=GUARD_S) as answer:
        assert answer.status == 204 or answer.headers["Content-Type"] == "application/json"
        return json.loads(answer.read() or "null")


def test_the_tree(served):
    port = served[0].port
    top = get(port, "/")
    assert (top["FULL_PATH"], list(top["CONTENTS"])) == ("/", ["liveviz"])
    zoom = top["CONTENTS"]["liveviz"]["CONTENTS"]["bend"]["CONTENTS"]["zoom"]
    assert zoom == {
        "FULL_PATH": "/liveviz/bend/zoom",
        "ACCESS": 3,
        "DESCRIPTION": "Zoom",
        "TYPE": "f",
        "RANGE": [{"MIN": 0.0, "MAX": 1.0}],
        "VALUE": [0.5],
    }
    model = get(port, "/liveviz/model")
    assert (model["VALUE"], model["CONTENTS"]["next"]["TYPE"], model["CONTENTS"]["next"]["ACCESS"]) == (
        ["wide"],
        "N",
        2,
    )
    assert get(port, "/liveviz/stage/blackout")["TYPE"] == "T"


def test_attributes_and_what_is_not_there(served):
    port = served[0].port
    assert get(port, "/liveviz/bend/zoom?VALUE") == {"VALUE": [0.5]}
    assert get(port, "/liveviz/bend/zoom?RANGE") == {"RANGE": [{"MIN": 0.0, "MAX": 1.0}]}
    assert get(port, "/liveviz/model/next?VALUE") is None
    info = get(port, "/?HOST_INFO")
    assert (info["OSC_IP"], info["OSC_PORT"], info["WS_PORT"]) == ("127.0.0.1", 9000, port)
    assert all(info["EXTENSIONS"][name] for name in ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TYPE", "LISTEN"))
    for path, status in (("/nothing", 404), ("/liveviz?NOTHING", 400), ("/" + "x" * 5000, 404)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(port, path)
        assert caught.value.code == status


def test_listen_tells_what_changes_and_a_packet_goes_on(served):
    one, values, packets = served
    with connect(f"ws://127.0.0.1:{one.port}") as client:
        for path in ("/liveviz/bend/zoom", "/liveviz/stage/blackout", "/nothing"):
            client.send(json.dumps({"COMMAND": "LISTEN", "DATA": path}))
        first = [OscMessage(client.recv(GUARD_S)) for _ in range(2)]
        assert {m.address: m.params for m in first} == {"/liveviz/bend/zoom": [0.5], "/liveviz/stage/blackout": [True]}
        for bad in ("", "{", "[1]", '{"COMMAND": 7}', '{"COMMAND": "LISTEN", "DATA": {}}', "[" * 5000):
            client.send(bad)
        values["/liveviz/bend/zoom"] = 0.75
        assert OscMessage(client.recv(GUARD_S)).params == [0.75]
        client.send(json.dumps({"COMMAND": "IGNORE", "DATA": "/liveviz/bend/zoom"}))
        client.send(b"/x\0\0,f\0\0\0\0\0\0")
        wait_until(lambda: packets == [b"/x\0\0,f\0\0\0\0\0\0"], what="the packet")
        values["/liveviz/bend/zoom"], values["/liveviz/stage/blackout"] = 0.1, 0.0
        assert OscMessage(client.recv(GUARD_S)).address == "/liveviz/stage/blackout"
    with connect(f"ws://127.0.0.1:{one.port}") as client:
        client.send(b"x" * 10000)
        with pytest.raises(ConnectionClosed):
            client.recv(GUARD_S)


def test_pages_of_strangers_and_too_many_clients_stay_out(served):
    place = f"ws://127.0.0.1:{served[0].port}"
    with pytest.raises(InvalidStatus):
        connect(place, origin="https://evil.example")
    with contextlib.ExitStack() as clients:
        for _ in range(MAX_CLIENTS):
            clients.enter_context(connect(place, origin="http://localhost:8080"))
        with pytest.raises(InvalidStatus):
            clients.enter_context(connect(place))


def test_a_port_that_is_taken_says_so():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LivevizError, match=rf"oscquery: cannot listen on 127.0.0.1:{port}.*--oscquery HOST:PORT"):
            OscQueryServer("127.0.0.1", port, Tree(ENTRIES, VALUES.get), ("127.0.0.1", 9), lambda packet: None)


def test_every_parameter_and_signal_of_a_show_is_told():
    outputs = tuple(signals.all_outputs(()))
    found = {entry.address: entry for entry in oscquery_show.entries(outputs)}
    assert {p.osc for p in composition.registry()} < set(found)
    assert len([a for a in found if a.startswith("/liveviz/signal/")]) == len(outputs)
    assert all(entry.description for entry in found.values())
    json.dumps(Tree(found.values(), lambda address: 0.5).node("/"))


@pytest.mark.live
def test_somebody_else_s_client_finds_and_plays_a_whole_show(tmp_path):
    zeroconf = pytest.importorskip("zeroconf")
    osc_query_client = pytest.importorskip("pythonoscquery.osc_query_client")
    osc, web = free_port(), free_port()
    mapping = tmp_path / "plain.toml"
    mapping.write_text("version = 1\n")
    args = ["demo", "--headless", "--size", "128x72", "--backend", "testcard", "--midi", "none", "--mapping", mapping]
    with LiveShow(tmp_path, *args, "--osc", f"127.0.0.1:{osc}", "--oscquery", f"127.0.0.1:{web}", cwd=tmp_path) as play:
        play.plays()
        with zeroconf.Zeroconf(interfaces=["127.0.0.1"]) as network:
            kind = "_oscjson._tcp.local."
            info = wait_until(lambda: network.get_service_info(kind, f"liveviz-{web}.{kind}"), what="mDNS")
        client = osc_query_client.OSCQueryClient(info)
        host = client.get_host_info()
        assert (host.osc_ip, host.osc_port) == ("127.0.0.1", osc)
        rest = (parameter := composition.registry()["bend.zoom"]).position(parameter.default)
        zoom = client.query_node("/liveviz/bend/zoom")
        assert zoom.full_path == "/liveviz/bend/zoom" and zoom.value == pytest.approx([rest], abs=1e-6)
        with connect(f"ws://127.0.0.1:{web}") as follower:
            follower.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/liveviz/bend/zoom"}))
            assert OscMessage(follower.recv(GUARD_S)).params == pytest.approx([rest], abs=1e-6)
            builder = OscMessageBuilder("/liveviz/bend/zoom")
            builder.add_arg(0.75)
            follower.send(builder.build().dgram)
            assert OscMessage(follower.recv(GUARD_S)).params == pytest.approx([0.75])
        assert ask(osc, "/liveviz/bend/zoom") == pytest.approx(0.75)
        play.interrupt()
    assert "error" not in play.said.lower()
