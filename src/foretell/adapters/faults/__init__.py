"""Deliberate defects, one small family a file: on the steps of a target, and on its model."""
