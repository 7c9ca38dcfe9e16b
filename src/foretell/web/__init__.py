"""The third face: what `foretell serve` answers over HTTP."""
