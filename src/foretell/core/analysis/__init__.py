"""Findings from facts. Pure: values in, values out."""
