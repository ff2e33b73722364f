"""Finding the code that a guest executes over and over, and having blocks of it compiled.

Native code notes where it is every so many steps. Code that is found there often becomes a block, and
the slots where the block is entered get its function for a handler. A store into code of the page, or
anything else that has a slot decoded anew, takes the whole page's blocks out again; they come back once
the page is hot again, the later the oftener that happens.

What a guest does is the same with and without blocks. They are compiled by a thread of their own, and
taken up between two runs of native code.
"""

from __future__ import annotations

import mmap
import struct
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache

from asm.isa.decode import decode
from hvtui.machine.fast import program
from hvtui.machine.fast.block_lowering import Surroundings, block_text
from hvtui.machine.fast.blocks import Block, Step, block_around
from hvtui.machine.fast.compilation import CompiledBlock, Native, compile_block
from hvtui.machine.fast.heat import WORTH, Heat
from hvtui.machine.fast.layout import SAMPLES, Cpu
from hvtui.machine.fast.lowering import SLOT_SIZE
from hvtui.machine.memory import PAGE_SIZE, Ram

# Samples before anything is compiled, which take a tenth of a second or more; blocks of one machine.
WARM = 512
MOST_BLOCKS = 512
_MOST_KEPT = 256
_MOST_DELAYED = 16

_SLOT = struct.Struct("=QQ")
_WORD64 = struct.Struct("=Q")
_BLOCKS_AT = PAGE_SIZE // 4 * SLOT_SIZE + SLOT_SIZE + 8
_KINDS = ("near.", "far.")


class HotCode:
    """The blocks of one machine, whose slots and pages' slots are `slots` and `tables`.

    `failure` is why a block could not be compiled; there are no more then.
    """

    def __init__(
        self,
        cpu: Cpu,
        native: Native,
        ram: Ram,
        slots: mmap.mmap,
        tables: mmap.mmap,
    ) -> None:
        self._cpu = cpu
        self._native = native
        self._ram = ram
        self._slots = slots
        self._tables = tables
        self._warm, self._worth, self._at_once = WARM, WORTH, False
        self._seen = 0
        self._heat = Heat()
        self._drops: Counter[int] = Counter()
        self._drops_seen = 0
        self._blocks: dict[int, list[tuple[Block, CompiledBlock]]] = {}
        self._job: tuple[int, bytes, Block, Future[CompiledBlock]] | None = None
        self.failure: BaseException | None = None
        self.taken_up = 0

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that are in use."""
        return tuple(block for there in self._blocks.values() for block, _ in there)

    def compile_at_once(self, every: int) -> None:
        """Do without delay what else takes samples and time, with a sample every so many steps.

        So it is known when there are blocks; it makes nothing faster.
        """
        self._cpu.slice = every
        self._warm, self._worth, self._at_once = 0, 0, True

    def look(self) -> None:
        """See what native code was doing, and have hot code compiled; between two runs of it."""
        cpu = self._cpu
        if cpu.drops != self._drops_seen:
            self._see_drops()
        count = min(cpu.sample_count, SAMPLES)
        samples = cpu.samples[:count]
        cpu.sample_count = 0
        if self.failure is not None:
            return
        if self._job is not None and self._job[3].done():
            self._take_up(*self._job)
            self._job = None
        self._seen += count
        for place in samples:
            page, offset = divmod(place, PAGE_SIZE)
            if any(offset in block.steps for block, _ in self._blocks.get(page, ())):
                continue
            is_time = self._heat.add(page, offset) or self._at_once
            if is_time and self._seen >= self._warm and self._job is None:
                self._begin(page)

    def _see_drops(self) -> None:
        self._drops_seen = self._cpu.drops
        for page in list(self._blocks):
            start = self._start(page)
            if start is None or not _WORD64.unpack_from(self._slots, start + _BLOCKS_AT)[0]:
                del self._blocks[page]
                self._drops[page] += 1
                self._heat.forget(page)

    def _start(self, page: int) -> int | None:
        """Return where the slots of a page begin, None if it has none."""
        (address,) = _WORD64.unpack_from(self._tables, 8 * page)
        return address - self._cpu.pool if address else None

    # Compiling.

    def _begin(self, page: int) -> None:
        """Have a block compiled for a page that is hot, if it is worth it."""
        start = self._start(page)
        offset = self._heat.hottest(page)
        block = None if start is None else block_around(offset, self._step_at(page, start))
        if start is None or block is None:
            self._heat.forget(page)
            return
        delay = 0 if self._at_once else min(self._drops[page], _MOST_DELAYED)
        if not self._heat.is_worth(page, block, self._worth << delay):
            return
        self._heat.forget(page)
        around = self._surroundings()
        numbers = {step.fields["csr"] for step in block.steps.values() if "csr" in step.fields}
        known = tuple((number, around.info.get(number)) for number in sorted(numbers))
        key = around.addresses["go"], block.key, known
        job = _COMPILER.compiled(key, lambda: block_text(block, around), at_once=self._at_once)
        self._job = page, self._slots_of(start, block), block, job
        if job.done():
            self._take_up(*self._job)
            self._job = None

    def _step_at(self, page: int, start: int) -> Callable[[int], Step | None]:
        names = self._native.names

        def step_at(offset: int) -> Step | None:
            handler, _ = _SLOT.unpack_from(self._slots, start + offset // 4 * SLOT_SIZE)
            name = names.get(handler, "")
            if not name.startswith(_KINDS):
                return None
            decoded = decode(self._ram.words[(page * PAGE_SIZE + offset) // 4])
            if decoded is None:
                return None
            return Step(offset, decoded.word, decoded.row, decoded.fields, name)

        return step_at

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            program.constants(),
            program.functions(),
            program.inline(),
            self._native.addresses,
            {
                number: info
                for number, info in enumerate(self._cpu.csr_info)
                if number not in program.CHANGING
            },
        )

    def _slots_of(self, start: int, block: Block) -> bytes:
        places = (start + offset // 4 * SLOT_SIZE for offset in block.steps)
        return b"".join(self._slots[place : place + SLOT_SIZE] for place in places)

    def _take_up(self, page: int, slots: bytes, block: Block, job: Future[CompiledBlock]) -> None:
        """Have a block executed from now on, if its page is as it was when it was begun."""
        self.failure = job.exception()
        start = self._start(page)
        if self.failure is not None or start is None or self._slots_of(start, block) != slots:
            return
        if len(self.blocks) >= MOST_BLOCKS:
            self._native.forget_code(self._cpu)
            self._see_drops()
            return
        code = job.result()
        for offset in block.entries:
            _WORD64.pack_into(self._slots, start + offset // 4 * SLOT_SIZE, code.address)
        _WORD64.pack_into(self._slots, start + _BLOCKS_AT, 1)
        self._blocks.setdefault(page, []).append((block, code))
        self.taken_up += 1


class _Compiler:
    """Compiles blocks for all machines of the process, and keeps what was wanted lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Future[CompiledBlock]] = OrderedDict()
        # Machines may run in threads of their own.
        self._one = threading.Lock()

    def compiled(self, key: object, text: Callable[[], str], *, at_once: bool) -> Future[CompiledBlock]:
        """Return the code of a block, whose text is made only if it has to be compiled."""
        with self._one:
            job = self._kept.get(key)
            if job is None:
                job = _worker().submit(lambda: compile_block(text(), _go_on))
                self._kept[key] = job
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        if at_once:
            wait([job])
        return job


_COMPILER = _Compiler()


def _go_on() -> None:
    """Raise EndedError once the process is about to end, which waits for its threads."""
    if not threading.main_thread().is_alive():
        raise EndedError


class EndedError(Exception):
    """Nobody wants the block any more."""


@cache
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="hvtui-blocks")
