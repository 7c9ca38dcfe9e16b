"""The store: six ports over one database."""

from foretell.adapters.store.opening import Store, open_store

__all__ = ["Store", "open_store"]
