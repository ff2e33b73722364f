"""Commands about the files that the machine was made of."""

from __future__ import annotations

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.keeping import losses
from hvtui.debugger.reloading import is_same
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system

GROUP = Group("Files", moves=True)


@GROUP.command("reload")
def reload(context: Context, text: str) -> None:
    """Read the sources anew, and run what they have become to where the machine stands.

    That is the same place, come by as often as before; if the edit has left no such place, the same
    instant. What was typed at the console is typed again. Breakpoints stay at their lines, wherever
    these are now. If something is wrong with the files, all stays as it is.
    """
    session = context.session
    before = session.system
    try:
        system = load_system(before.path, before.overrides)
    except (BadInputError, ImageError, AssemblyError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    if is_same(before, system):
        context.write("Nothing has changed.")
        return
    lost = set(losses(session.breakpoints))
    context.moved(session.reload(system))
    for loss in losses(session.breakpoints):
        if loss not in lost:
            context.write(loss)
