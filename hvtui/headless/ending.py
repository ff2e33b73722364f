"""Why a run is over, and the exit status that tells it."""

from __future__ import annotations

from dataclasses import dataclass

# Exit statuses that no guest chose. The limit of instructions was reached (what timeout(1) says).
LIMIT = 124
# Ctrl+C (what shells say of a process that SIGINT ended).
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run is over: the `reason` as JSON calls it, and the exit `code`."""

    reason: str
    code: int

    @property
    def status(self) -> int:
        """The exit status: a code that does not fit into one must not become success."""
        return min(self.code, 255)

    @property
    def is_of_guest(self) -> bool:
        """Tell whether the guest itself ended the run."""
        return self.reason in ("finisher", "tohost")
