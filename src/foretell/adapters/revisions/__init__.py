"""The files and commits that identify what is under test."""
