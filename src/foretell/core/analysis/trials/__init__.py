"""What one trial holds: its answer, its steps, its tools and what it read."""
