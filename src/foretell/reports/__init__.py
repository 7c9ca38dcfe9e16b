"""Findings in, text out: tables as heads and rows, pictures in characters, JSON with a versioned schema."""
