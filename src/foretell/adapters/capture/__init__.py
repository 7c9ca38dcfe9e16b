"""Where production traffic comes in."""
