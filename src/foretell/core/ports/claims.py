"""Who may do what now: leases with a heartbeat, and a cache of replies by content."""

from typing import Protocol


class Claims(Protocol):
    """Leases and a cache."""

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; False while another holder's has not run out."""
        ...

    async def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens when it is another's."""
        ...

    async def cached(self, key: str) -> bytes | None:
        """What was remembered under a content key."""
        ...

    async def remember(self, key: str, value: bytes) -> None:
        """Keep a value under a content key; the first one stays."""
        ...
