"""What one virtual machine printed, taken from the console that several share.

A hypervisor puts ``vm1| `` before the first piece of a line of its guest ``vm1``, and ``vm1+ `` before
the rest of a line that was broken because somebody else spoke in between.

A guest that is a hypervisor does the same for its own guests, so their lines have two prefixes. The
virtual machine ``vm1`` inside ``vm1`` is called ``vm1.vm1``, as in a machine file.
"""

from __future__ import annotations

import re

_PIECE = re.compile(rb"([^\s|+]+)([|+])(?: |$)")


def split_vms(console: bytes) -> dict[str, bytes]:
    """Return the text of each VM, in the order in which they first spoke; prefixes are gone.

    A line that was broken is whole again. Whether a guest's very last line ended, or the hypervisor
    ended it to speak itself, cannot be seen: it counts as ended.
    """
    texts: dict[str, bytearray] = {}
    for line in console.split(b"\n"):
        found = _PIECE.match(line)
        if found is None:
            continue
        name = found[1].decode("utf-8", "replace")
        text = texts.setdefault(name, bytearray())
        if found[2] == b"+" and text.endswith(b"\n"):
            del text[-1:]
        text += line[found.end() :] + b"\n"
    if texts and not console.endswith(b"\n"):
        last = _PIECE.match(console[console.rfind(b"\n") + 1 :])
        if last is not None:
            del texts[last[1].decode("utf-8", "replace")][-1:]
    return {name: bytes(text) for name, text in texts.items()}


def text_of_vm(console: bytes, name: str) -> bytes | None:
    """Return the text of a VM, of one in another as ``outer.inner``; None if it has not spoken."""
    texts = split_vms(console)
    if name in texts:
        return texts[name]
    for outer, text in texts.items():
        if name.startswith(f"{outer}."):
            inner = text_of_vm(text, name[len(outer) + 1 :])
            if inner is not None:
                return inner
    return None
