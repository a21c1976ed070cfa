"""The address of a server: its host and port, its socket, and its certificate."""

from __future__ import annotations

import socket
import ssl
from typing import Optional, Tuple, Union

from reparte._server.access import Path, is_loopback


def split(port: Union[int, str]) -> Tuple[str, int]:
    """Returns the host and the port of an address."""
    host, colon, number = str(port).rpartition(":")
    # The system would take a larger number for another port.
    if not (number.isascii() and number.isdigit() and int(number) < 2**16):
        raise ValueError(f"{port!r} is no address: write a port, from 0 to 65535, or host:port")
    return host.strip("[]") if colon else "127.0.0.1", int(number)


def stays_here(host: str) -> bool:
    """Returns whether only programs of this machine reach a host."""
    return host == "localhost" or is_loopback(host)


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens. An `OSError` names the address."""
    try:
        return _listening(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        text = f"can't listen on {host}:{port} ({reason}): choose another port, or end the program that listens there"
        raise type(error)(error.errno, text) from error


def _listening(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


def tls_context(cert: Optional[Path], key: Optional[Path]) -> Optional[ssl.SSLContext]:
    """Returns TLS 1.3 with a certificate and its key, if there are some."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise ValueError("TLS needs tls_cert and tls_key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(cert, key)
    return context
