"""Traffic of production: put together, drawn, anonymised, grouped, said otherwise."""
