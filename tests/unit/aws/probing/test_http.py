"""HTTP probes: where they may go, where they really go, and what comes back. The server is on loopback, reached the way
that AWS's own hosts are reached on the embedded AWS."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from towpath.aws.probing.clients import ProbeClients
from towpath.aws.probing.http import route_to, send
from towpath.traffic.ports import Observation, ProbeAnswer

URL = "https://abc.lambda-url.eu-west-1.on.aws"


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name resolves to these addresses, in this order."""

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "//example.com/", "https://", "example.com"],
)
def test_only_http_and_https(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http or https URL"):
        route_to(url, "")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "ff0e::1",
    ],
)
def test_an_address_that_is_not_public_is_refused_whatever_its_name(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolving(monkeypatch, "93.184.216.34", address)
    with pytest.raises(ValueError, match="not a public address"):
        route_to("https://innocent.example/", "")
    seen = send(cast(ProbeClients, None), {"url": "https://innocent.example/"}, 1)
    assert seen.answer is ProbeAnswer.UNREACHABLE


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f000001"])
def test_no_spelling_of_loopback_gets_through(host: str) -> None:
    with pytest.raises((ValueError, OSError)):
        route_to(f"http://{host}/", "")


def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "2606:2800:220:1::1", "93.184.216.34", "93.184.216.35")
    route = route_to("https://shop.example:8443/a/b?c=d#e", "")
    assert (route.host, route.address, route.port, route.path) == ("shop.example", "93.184.216.34", 8443, "/a/b?c=d")
    resolving(monkeypatch, "2606:2800:220:1::1")
    assert route_to("http://shop.example", "").address == "2606:2800:220:1::1"


@pytest.mark.parametrize(
    ("url", "goes_there"),
    [
        (URL, True),
        ("https://x.execute-api.eu-west-1.amazonaws.com/live", True),
        ("https://x.execute-api.cn-north-1.amazonaws.com.cn/live", True),
        ("https://amazonaws.com.example/", False),
        ("https://evil-on.aws.example/", False),
    ],
)
def test_only_hosts_of_aws_are_reached_at_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, url: str, goes_there: bool
) -> None:
    resolving(monkeypatch, "93.184.216.34")
    route = route_to(url, "http://127.0.0.1:4566")
    assert (route.address == "127.0.0.1") is goes_there
    assert (route.scheme == "http") is goes_there


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/redirect":
                self._answer(302, b"", Location="http://169.254.169.254/latest/meta-data/")
            case "/gzip":
                self._answer(200, gzip.compress(bytes(1000)), **{"Content-Encoding": "gzip"})
            case "/slow":
                time.sleep(1)
            case "/stalls":
                self.send_response(200)
                self.send_header("Content-Length", "10")
                self.end_headers()
                self.wfile.flush()
                time.sleep(1)
            case _:
                host = self.headers["Host"]
                self._answer(200, f'{{"host": "{host}", "path": "{self.path}"}}'.encode())

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, content + self.headers["X-Token"].encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Tests are quiet."""


@pytest.fixture
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def ask(timeout: float = 5, **target: Any) -> Observation:
    return send(cast(ProbeClients, None), {"url": URL, **target}, timeout)


@pytest.mark.usefixtures("_server")
class TestRequests:
    def test_the_host_is_the_one_that_the_url_names(self) -> None:
        seen = ask(url=f"{URL}/base/", path="/orders?a=b")
        assert (seen.answer, seen.status) == (ProbeAnswer.ANSWERED, 200)
        assert seen.body == {"host": "abc.lambda-url.eu-west-1.on.aws", "path": "/base/orders?a=b"}
        assert seen.latency > 0

    def test_a_probe_cannot_name_another_host(self) -> None:
        assert ask(headers={"Host": "another"}).body["host"] == "abc.lambda-url.eu-west-1.on.aws"

    def test_body_and_headers_are_sent(self) -> None:
        assert ask(method="POST", body={"a": 1}, headers={"X-Token": "t"}).body == '{"a": 1}t'
        assert ask(method="POST", body="text", headers={"X-Token": "t"}).body == "textt"

    def test_redirects_are_an_answer_and_not_followed(self) -> None:
        assert ask(path="/redirect").status == 302

    def test_nothing_is_unpacked(self) -> None:
        assert isinstance(ask(path="/gzip").body, str)

    @pytest.mark.parametrize("path", ["/slow", "/stalls"])
    def test_no_answer_in_time(self, path: str) -> None:
        seen = ask(timeout=0.2, path=path)
        assert (seen.answer, seen.error) == (ProbeAnswer.TIMED_OUT, "no answer within 0.2 s")

    @pytest.mark.parametrize("target", [{"headers": {"X": "a\r\nY: b"}}, {"method": "GET /x HTTP/1.1\r\nY: b\r\n\r\n"}])
    def test_a_request_that_smuggles_another_is_not_sent(self, target: dict[str, Any]) -> None:
        assert ask(**target).answer is ProbeAnswer.UNREACHABLE


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert ask().answer is ProbeAnswer.UNREACHABLE
