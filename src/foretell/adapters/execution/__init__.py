"""Carrying trials out: in this process, in a worker process, within limits and money."""
