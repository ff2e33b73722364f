"""Lists to choose from."""

from __future__ import annotations

from textual.widgets import OptionList


class ChoiceList(OptionList):
    """An OptionList that lives through Page Up and Page Down when it is empty or not laid out yet."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turn no pages where there are none."""
        if action in ("page_up", "page_down") and not can_turn_pages(self):
            return False
        return super().check_action(action, parameters)


def can_turn_pages(options: OptionList) -> bool:
    """Tell whether there is something to turn pages of; Textual's lists rely on it."""
    return bool(options.option_count and options.size.area)
