"""The files that others write, as lines in and values out. Nothing is opened here. Standard library only."""
