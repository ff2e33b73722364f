"""Popek and Goldberg by experiment: which instructions are privileged, which sensitive, on which CPU.

`units` lists the instructions to try, `laboratory` runs one from a chosen state, `findings` compares
runs, and `verdicts` draws the conclusions of the two theorems.
"""
