"""Numbers in, numbers out: intervals, tests and plans. Nothing here knows what a case or a run is."""
