"""Looks at one trial: one file for each, none knows another."""
