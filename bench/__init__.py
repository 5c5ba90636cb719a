"""Repeatable measurements of the real server with real data, beside a bare baseline, interleaved in one run.

Absolute times depend on the machine, so every figure is a ratio to something bare taken in the same run, or a count.
"""
