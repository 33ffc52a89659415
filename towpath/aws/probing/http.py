"""Sends an HTTP request to a public endpoint of a release.

A manifest comes from an uploader, so a probe must not become a way into the pipeline's own network: only http and
https, no redirects followed, and no loopback, link-local or private address, whatever the name resolves to. The check
and the connection use the same resolved address, so a name cannot change in between.
When AWS_ENDPOINT_URL is set, hosts that AWS names itself are reached there, as the SDKs do with their own calls.
"""

import ipaddress
import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as RequestTimeoutError

from towpath.aws.probing.clients import ProbeClients
from towpath.aws.probing.invoke import parsed
from towpath.traffic.ports import Observation, ProbeAnswer

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".on.aws")
_LARGEST_BODY = 1024 * 1024
# https://www.rfc-editor.org/rfc/rfc6052: the last 32 bits are the IPv4 address that is reached.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request really goes. `host` is what TLS and the Host header name; `address` is what is connected to."""

    scheme: str
    host: str
    address: str
    port: int
    path: str


def send(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:  # noqa: ARG001 - one shape
    """One request and its status, body (JSON where it is JSON) and latency."""
    url = f"{str(target['url']).rstrip('/')}/{str(target['path']).lstrip('/')}" if "path" in target else target["url"]
    try:
        route = route_to(str(url), os.environ.get("AWS_ENDPOINT_URL", ""))
    except (OSError, ValueError) as error:
        return Observation(ProbeAnswer.UNREACHABLE, error=str(error))
    began = time.monotonic()
    try:
        answer = _request(route, target, timeout)
        body = parsed(answer.read(_LARGEST_BODY))
        answer.close()
    except NewConnectionError as error:
        # By its class it is a time-out too, but nobody was there to answer.
        return Observation(ProbeAnswer.UNREACHABLE, error=str(error))
    except RequestTimeoutError:
        return Observation(ProbeAnswer.TIMED_OUT, error=f"no answer within {timeout:g} s")
    except (HTTPError, ValueError) as error:
        # A method or a header that is none is a ValueError.
        return Observation(ProbeAnswer.UNREACHABLE, error=str(error))
    return Observation(ProbeAnswer.ANSWERED, answer.status, body, latency=(time.monotonic() - began) * 1000)


def route_to(url: str, endpoint: str) -> Route:
    """The route to a URL.

    Raises ValueError for a URL that a probe may not reach, OSError for a name that does not resolve.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"'{url}' is not an http or https URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if endpoint and host.endswith(_AWS_HOSTS):
        there = urlsplit(endpoint)
        return Route(there.scheme, host, there.hostname or "", there.port or _port(there.scheme), path)
    port = parts.port or _port(parts.scheme)
    addresses = [ipaddress.ip_address(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    closed = sorted(str(address) for address in addresses if not _is_public(address))
    if closed:
        raise ValueError(f"'{host}' is {closed[0]}, which is not a public address; a probe may reach public ones only")
    # Outside a VPC with IPv6 a Lambda function reaches IPv4 addresses only.
    chosen = next((address for address in addresses if address.version == 4), addresses[0])
    return Route(parts.scheme, host, str(chosen), port, path)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether anybody may reach this address. IPv6 addresses that lead to an IPv4 one are judged by that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _request(route: Route, target: Mapping[str, Any], timeout: float) -> urllib3.BaseHTTPResponse:
    content = target.get("body")
    body = content if content is None or isinstance(content, str) else json.dumps(content)
    usual = route.port == _port(route.scheme)
    host = route.host if usual or route.host.endswith(_AWS_HOSTS) else f"{route.host}:{route.port}"
    headers = {"User-Agent": "towpath-probe", **target.get("headers", {}), "Host": host}
    limits = urllib3.Timeout(total=timeout)
    pool = (
        urllib3.HTTPSConnectionPool(
            route.address, route.port, timeout=limits, server_hostname=route.host, assert_hostname=route.host
        )
        if route.scheme == "https"
        else urllib3.HTTPConnectionPool(route.address, route.port, timeout=limits)
    )
    return pool.urlopen(
        str(target.get("method", "GET")), route.path, body=body, headers=headers,
        retries=False, redirect=False, preload_content=False, decode_content=False,
    )  # fmt: skip
