"""Refuse every connection and name look-up that leaves this machine, in this process.

Two ways in: the tests' conftest imports it, and child processes find it on `PYTHONPATH`, where Python imports
`sitecustomize` by itself. An attempt is raised where it happens and also noted in a file, because code under test may
catch what is raised. Libraries that connect from C++ or Rust do not pass by here.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

ATTEMPTS_FILE = "FORETELL_TEST_NETWORK_ATTEMPTS"
# Which argument of the audit event holds the host: a socket address, or the host itself.
ADDRESS_EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getnameinfo": 0}
HOST_EVENTS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine."""


def refuse_outside(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: note and refuse whatever does not stay on this machine."""
    if event in ADDRESS_EVENTS:
        address = args[ADDRESS_EVENTS[event]]
        # Unix sockets have a path for an address, kernel sockets a pair of numbers, connected ones none.
        host = address[0] if isinstance(address, tuple) and address else None
        is_lookup = False
    elif event in HOST_EVENTS:
        host = args[0]
        is_lookup = True
    else:
        return
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str) or stays_here(host, is_lookup=is_lookup):
        return
    note(f"{event} {host}")
    raise NetworkForbidden(f"{event} {host}: tests talk to this machine only (127.0.0.0/8, ::1, localhost)")


def stays_here(host: str, *, is_lookup: bool) -> bool:
    """Whether using this host leaves the machine. Looking up a literal address asks nobody."""
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return is_lookup or mapped.is_loopback or mapped.is_unspecified


def note(attempt: str) -> None:
    """Append one line, in one write, so that processes do not mix theirs."""
    if path := os.environ.get(ATTEMPTS_FILE):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{attempt} (in process {os.getpid()})\n".encode())
        os.close(handle)


sys.addaudithook(refuse_outside)
