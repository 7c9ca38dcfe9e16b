"""Kinds of targets: model, http, command, python, recorded."""
