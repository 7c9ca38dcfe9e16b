"""Use cases, one file each. They meet the outside world only through ports."""
