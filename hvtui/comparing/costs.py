"""What instructions and crossings cost in cycles: an estimate, from a table that a person can replace.

The simulated machine has no cycles: each instruction takes one unit of time. Real CPUs take long for a
crossing between the modes, and how long is what the techniques differ by. The estimate is

    instructions times `instruction`, plus traps and interrupts times `trap`, plus xRETs times `xret`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from hvtui.comparing.measuring import Measurement
from hvtui.machinefile.errors import BadInputError, Problem


@dataclass(frozen=True)
class Costs:
    """Cycles an instruction, a trap and an xRET; `source` says where the numbers come from."""

    instruction: float
    trap: float
    xret: float
    source: str

    def of(self, run: Measurement) -> int:
        """Return the estimate for a run, in cycles."""
        traps = sum(count for (origin, target), count in run.crossings.items() if target < origin)
        returns = sum(run.crossings.values()) - traps
        return round(run.instructions * self.instruction + traps * self.trap + returns * self.xret)


# A table of each kind of CPU: on ARM a crossing is cheap, on x86 it is dear. The round trip that the
# paper measured is split in halves.
PUBLISHED = {
    "arm": Costs(1, 13.5, 13.5, "Dall and Nieh, KVM/ARM, 2014: 27 cycles for a trap on ARM"),
    "x86": Costs(1, 316, 316, "Dall and Nieh, KVM/ARM, 2014: 632 cycles for a trap on an x86 laptop"),
}
_NUMBERS = tuple(field.name for field in fields(Costs) if field.name != "source")


def read_costs(path: Path) -> Costs:
    """Read a table of costs, a TOML file with `instruction`, `trap`, `xret` and perhaps `source`.

    Raises BadInputError.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(Problem(str(path), f"no table of costs: {error}")) from error
    numbers = {}
    for name in _NUMBERS:
        value = table.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise BadInputError(
                Problem(
                    str(path),
                    f"{name} is missing, or no number of cycles",
                    remedy=f"a table has {', '.join(_NUMBERS)}, as in: {name} = 1",
                )
            )
        numbers[name] = float(value)
    source = str(table.pop("source", path.name))
    if table:
        raise BadInputError(
            Problem(
                str(path),
                f'there is no cost "{next(iter(table))}"',
                remedy=f"there are {', '.join(_NUMBERS)} and source",
            )
        )
    return Costs(**numbers, source=source)
