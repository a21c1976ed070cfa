"""Who may call: a token, and no web pages."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import os
import stat
from typing import Iterable, Optional, Union

Path = Union[str, "os.PathLike[str]"]


def check_token(token: str) -> str:
    """Returns a token that is long enough and fits a header. Raises `ValueError` for another."""
    if not 16 <= len(token) <= 512:
        raise ValueError("a token has 16 to 512 characters")
    if not all("!" <= c <= "~" for c in token):
        raise ValueError("a token has printable ASCII characters alone, and no space")
    return token


def read_token(path: Path) -> str:
    """Reads the token in a file that others can't read."""
    with open(path, encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        # A file of root's may be readable by its group: systemd's and Kubernetes' secrets are.
        others = 0o037 if found.st_uid == 0 else 0o077
        if stat.S_IMODE(found.st_mode) & others:
            raise ValueError(f"{os.fspath(path)} is readable by group or others: chmod 600")
        return check_token(file.read(1024).rstrip("\r\n"))


class Access:
    """The rules of a server."""

    def __init__(self, token: Optional[str], hosts: Iterable[str]) -> None:
        self.token = token.encode("ascii") if token else None
        self.hosts = {host.lower() for host in hosts}

    def has_token(self, authorization: bytes) -> bool:
        """Returns whether a request has the token, as Bearer or as the password of Basic."""
        if self.token is None:
            return True
        scheme, _, rest = authorization.partition(b" ")
        rest = rest.strip()
        if scheme.lower() == b"basic":
            try:
                _, colon, rest = base64.b64decode(rest, validate=True).partition(b":")
            except binascii.Error:
                return False
            if not colon:
                return False
        elif scheme.lower() != b"bearer":
            return False
        return hmac.compare_digest(rest, self.token)

    def is_own_host(self, host: bytes, local: str) -> bool:
        """Returns whether a `Host` names this server, which a page of another server's has not.

        With a token any name is right, since no page knows it.
        """
        if self.token is not None:
            return True
        name = host.decode("latin-1").lower()
        if not name.endswith("]"):
            name, _, port = name.rpartition(":") if ":" in name else (name, "", "")
            if port and not (port.isascii() and port.isdigit()):
                return False
        name = name.rstrip(".")
        here = _address(local)
        address = _address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
        is_loopback = here is not None and here.is_loopback
        if address is not None and here is not None:
            if address == here or (address.is_loopback and is_loopback):
                return True
        return (name == "localhost" and is_loopback) or name in self.hosts


def is_same_origin(origin: bytes, host: bytes) -> bool:
    """Returns whether a page of this server sent the request."""
    for scheme in (b"http://", b"https://"):
        if origin.startswith(scheme):
            return origin[len(scheme) :].lower() == host.lower()
    return False


def is_loopback(address: str) -> bool:
    """Returns whether an address can be reached from this machine alone."""
    found = _address(address)
    return found is not None and found.is_loopback


def _address(text: str) -> "Union[ipaddress.IPv4Address, ipaddress.IPv6Address, None]":
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
