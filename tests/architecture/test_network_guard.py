"""The guard itself: whoever leaves the machine fails, whatever they do with the error; whoever stays does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.network_guard.sitecustomize import stays_here

# Addresses and names that are reserved for documentation: nobody answers there.
LEAVING = """
import asyncio, socket, subprocess, sys

def swallow(attempt):
    try:
        attempt()
    except Exception:
        pass

def test_connect():
    swallow(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1))

def test_connect_ipv6():
    swallow(lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)))

def test_connect_ex():
    swallow(lambda: socket.socket().connect_ex(("192.0.2.1", 80)))

def test_datagram():
    swallow(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)))

def test_name():
    swallow(lambda: socket.getaddrinfo("name.invalid", 80))

def test_old_name():
    swallow(lambda: socket.gethostbyname("name.invalid"))

def test_event_loop():
    swallow(lambda: asyncio.run(asyncio.open_connection("name.invalid", 80)))

def test_child():
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL)

def test_grandchild():
    code = "import socket; socket.getaddrinfo('name.invalid', 80)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    subprocess.run([sys.executable, "-c", child], stderr=subprocess.DEVNULL)
"""

STAYING = """
import socket, subprocess, sys

LOOP = '''
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(("localhost", server.getsockname()[1])): pass
    with socket.create_connection(("127.0.0.1", server.getsockname()[1])): pass
socket.getaddrinfo("192.0.2.1", 80)
socket.getaddrinfo(None, 0, flags=socket.AI_PASSIVE)
'''

def test_here():
    exec(LOOP)

def test_child():
    subprocess.run([sys.executable, "-c", LOOP], check=True)

def test_unix_socket(tmp_path):
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
"""


def run_guarded(directory: Path, text: str) -> tuple[int, str]:
    """Run pytest, with the guard and nothing else of ours, on a file of this text."""
    (directory / "test_sketch.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.network_guard.plugin", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [*command, "--rootdir", str(directory), "-W", "ignore", "test_sketch.py"],
        cwd=directory,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return finished.returncode, finished.stdout


def test_whoever_leaves_fails(tmp_path: Path) -> None:
    code, output = run_guarded(tmp_path, LEAVING)
    assert (code, f"{LEAVING.count('def test_')} errors in" in output) == (1, True), output


def test_whoever_stays_passes(tmp_path: Path) -> None:
    code, output = run_guarded(tmp_path, STAYING)
    assert (code, "3 passed" in output) == (0, True), output


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"]
)
def test_these_hosts_are_here(host: str) -> None:
    assert stays_here(host, is_lookup=False)


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1", "name.invalid"]
)
def test_these_hosts_are_not(host: str) -> None:
    assert not stays_here(host, is_lookup=False)
