"""``hvtui samples``: the machines that come with hvtui, and where they lie."""

from __future__ import annotations

import argparse

from hvtui.machinefile.samples import list_samples, samples_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""
    parser.epilog = "Open one with 'hvtui debug NAME', or all in a gallery with 'hvtui'."


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each sample. Returns 0, or 1 if this copy of hvtui has none."""
    samples = list_samples()
    if not samples:
        print("this copy of hvtui has no samples")
        return 1
    width = max(len(sample.name) for sample in samples)
    print(f"in {samples_folder()}:")
    for sample in samples:
        print(f"  {sample.name:<{width}}  {sample.title}")
    return 0
