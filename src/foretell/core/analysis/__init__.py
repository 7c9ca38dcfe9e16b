"""Findings from facts. Pure: values in, values out.

`trials` looks at one trial, `runs` at the many of a run or of two; the modules of this folder decide for a gate what
that means. `traffic` is about what production sends.
"""
