"""How fast, how light: each measure beside its floor, in one session. `python -m benchmarks` runs them all."""
