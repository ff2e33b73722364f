"""Traps, returns, interrupts and the running itself, in the notation of `notation`.

A *handler* executes an instruction, or something between two, and becomes the next one. What it is
given: `ip`, the decoded slot; `budget`, the steps that are left; `delta`, with which a slot's address
tells the pc. `cpu.pc` is the pc only where a comment says so.

These do what `hvtui.machine.trap_entry`, `interrupts` and the run loop of `board` do.
"""

TRAPS = """
# Contexts are to be selected afterwards.
@inline
def take(target, cause, tval, interrupt):
    origin = cpu.privilege
    pc = cpu.pc
    status = cpu.csr[MSTATUS]
    if target == 3:
        tvec = cpu.csr[MTVEC]
    else:
        tvec = cpu.csr[STVEC]
    start = tvec & 0xFFFFFFFC
    if interrupt and tvec & 1:
        start = (start + 4 * cause) & 0xFFFFFFFF
    if target == origin and start == pc:
        return HARD
    if cpu.pending:
        # An xRET is noted that has led to here, where nothing was fetched: it has no place to be told.
        return HARD
    if target == 3 and origin != 3 and cpu.csr[MVMCB]:
        if store_exit(cause, interrupt, pc) < 0:
            return HARD
    code = cause | interrupt << 31
    if target == 3:
        cpu.csr[MEPC] = pc
        cpu.csr[MCAUSE] = code
        cpu.csr[MTVAL] = tval
        after = status & ~(MIE_BIT | MPIE_BIT | MPP_BITS) | origin << MPP_SHIFT
        if status & MIE_BIT:
            after |= MPIE_BIT
    else:
        cpu.csr[SEPC] = pc
        cpu.csr[SCAUSE] = code
        cpu.csr[STVAL] = tval
        after = status & ~(SIE_BIT | SPIE_BIT | SPP_BIT) | origin << SPP_SHIFT
        if status & SIE_BIT:
            after |= SPIE_BIT
    cpu.csr[MSTATUS] = after
    cpu.privilege = target
    cpu.pc = start
    cpu.traps += 1
    if cpu.tallies:
        cpu.trap_counts[(cause & 31) | interrupt << 5] += 1
    return 0


# Words 1 to 4 of the svm control block say why the guest was left.
def store_exit(cause, interrupt, pc):
    offset = block_offset()
    if offset < 0:
        return HARD
    word = 0
    code = cause | interrupt << 31
    following = pc
    if not interrupt:
        code = OTHER_EXCEPTION + cause
        if cpu.exit_bits:
            code = 0
            while not cpu.exit_bits >> code & 1:
                code += 1
        following = (pc + 4) & 0xFFFFFFFF
        if cause != FETCH_ACCESS and cause != FETCH_PAGE_FAULT:
            physical = place_of(pc)
            if physical < 0:
                return HARD
            word = u32[cpu.ram + physical - cpu.ram_base]
            if word & 3 != 3:
                word = word & 0xFFFF
    first = (offset + 4) >> 4
    last = (offset + 19) >> 4
    if (u8[cpu.marks + first] | u8[cpu.marks + last]) & WATCH or cpu.log_count + 2 > LOG_ENTRIES:
        return HARD
    if u8[cpu.marks + first]:
        prepare(first, 1)
    if u8[cpu.marks + last]:
        prepare(last, 1)
    u32[cpu.ram + offset + 4] = code
    u32[cpu.ram + offset + 8] = word
    u32[cpu.ram + offset + 12] = following
    u32[cpu.ram + offset + 16] = cpu.privilege
    return 0


# The physical address of an instruction that has been fetched, if its translation is still known.
def place_of(pc):
    entry = address(cpu.fetch_tlb) + tlb_place(pc, cpu.fetch_context)
    if u64[entry] != (cpu.fetch_context | (pc & 0xFFFFF003)):
        return HARD
    return cpu.ram_base + u64[u64[entry + 8] + 16400] + (pc & 4095)


# Where in RAM the svm control block lies.
def block_offset():
    offset = cpu.csr[MVMCB] - cpu.ram_base
    if offset < 0 or offset + 20 > cpu.ram_size:
        return HARD
    return offset


@inline
def return_from_trap(level, ip, pc, budget):
    status = cpu.csr[MSTATUS]
    if cpu.listens_return and not may_tell_return(EVENTS + 1):
        return HARD
    origin = cpu.privilege
    if level == 3:
        target = (status >> MPP_SHIFT) & 3
        after = status & ~(MIE_BIT | MPIE_BIT | MPP_BITS) | MPIE_BIT
        if status & MPIE_BIT:
            after |= MIE_BIT
        resumed = cpu.csr[MEPC]
    else:
        target = (status >> SPP_SHIFT) & 1
        after = status & ~(SIE_BIT | SPIE_BIT | SPP_BIT) | SPIE_BIT
        if status & SPIE_BIT:
            after |= SIE_BIT
        resumed = cpu.csr[SEPC]
    if target != 3:
        if cpu.privilege == 3 and cpu.csr[MVMCB]:
            offset = block_offset()
            if offset < 0:
                return HARD
            cpu.csr[MTRAPMAP] = u32[cpu.ram + offset] & cpu.trapcap
        after = after & ~MPRV
    cpu.csr[MSTATUS] = after
    cpu.privilege = target
    select()
    if cpu.listens_return:
        put_crossing(XRET, pc, cpu.ram_base + offset_of(ip), resumed, origin)
        at = cpu.event_count * EVENT_WORDS - EVENT_WORDS
        cpu.events[at + 6] = cpu.retired_at_zero - budget + cpu.traps
        cpu.events[at + 7] = level
    return resumed


@inline
def environment_call():
    cpu.tval = 0
    return -9 - cpu.privilege


def breakpoint_trap(pc):
    cpu.tval = pc
    return -4


def timer_pending():
    return natural(mtime()) >= natural(cpu.mtimecmp)


def mtime():
    if cpu.timebase == 1:
        return cpu.retired + cpu.mtime_offset
    return cpu.retired // cpu.timebase + cpu.mtime_offset


def pending():
    levels = cpu.csr[MIP] | cpu.lines
    if cpu.csr[MIE] & MTIP and timer_pending():
        levels |= MTIP
    return levels & cpu.csr[MIE]


def interrupt_target(candidates):
    privilege = cpu.privilege
    status = cpu.csr[MSTATUS]
    delegated = cpu.csr[MIDELEG]
    if privilege != 3 or status & MIE_BIT:
        if candidates & ~delegated:
            return 3
    if privilege == 0 or (privilege == 1 and status & SIE_BIT):
        if candidates & delegated:
            return 1
    return 0


def first_interrupt(candidates):
    n = 0
    order = INTERRUPT_ORDER
    while n < INTERRUPTS:
        if candidates >> (order & 15) & 1:
            return order & 15
        order = order >> 4
        n += 1
    return 0


def grant():
    room = cpu.retired_end - cpu.retired
    instant = cpu.retired + cpu.traps
    if cpu.instant_end - instant < room:
        room = cpu.instant_end - instant
    if cpu.slice_end - instant < room:
        room = cpu.slice_end - instant
    if cpu.next_sample <= instant or cpu.next_sample > instant + cpu.slice:
        cpu.next_sample = instant + cpu.slice
    if cpu.next_sample - instant < room:
        room = cpu.next_sample - instant
    if cpu.csr[MIE] & MTIP and not timer_pending():
        ticks = cpu.mtimecmp - mtime()
        if ticks > 0 and ticks < 1 << 40:
            due = ticks
            if cpu.timebase != 1:
                due = (cpu.retired // cpu.timebase + ticks) * cpu.timebase - cpu.retired
            if due < room:
                room = due
    cpu.retired_at_zero = cpu.retired + room
    return room


# At cpu.pc: see whether to leave, take an interrupt, and count out steps anew.
@handler
def check():
    cpu.retired = cpu.retired_at_zero - budget
    instant = cpu.retired + cpu.traps
    if cpu.retired >= cpu.retired_end or instant >= cpu.instant_end:
        leave(EXIT_LIMIT)
    if instant >= cpu.slice_end or cpu.stop:
        leave(EXIT_LIMIT)
    if cpu.csr[MIE]:
        candidates = pending()
        if candidates:
            target = interrupt_target(candidates)
            if target:
                delegated = cpu.csr[MIDELEG]
                if target == 3:
                    candidates = candidates & ~delegated
                else:
                    candidates = candidates & delegated
                number = first_interrupt(candidates)
                physical = 0
                if cpu.listens_trap:
                    physical = recordable(number | 32, 0)
                    if physical < 0:
                        leave(EXIT_LOOK)
                pc = cpu.pc
                origin = cpu.privilege
                if take(target, number, 0, 1) < 0:
                    leave(EXIT_LOOK)
                select()
                if cpu.listens_trap:
                    put_trap(pc, physical, origin, instant, number | 32, 0, 0, 0)
                # A step has gone by, in which nothing retired. There may be another interrupt.
                become(check)
    budget = grant()
    become(go)


# At cpu.pc: find the slot and execute it. What takes long is in handlers of its own, so that there is
# nothing to be kept over a call here.
@handler
def go():
    if budget <= 0:
        become(check)
    pc = cpu.pc
    entry = address(cpu.fetch_tlb) + tlb_place(pc, cpu.fetch_context)
    if u64[entry] != (cpu.fetch_context | (pc & 0xFFFFF003)):
        become(look_up)
    ip = u64[entry + 8] + ((pc & 4095) << 2)
    delta = pc - (ip >> 2)
    if cpu.pending:
        become(arrive)
    dispatch()


# At cpu.pc, for which there is no translation yet.
@handler
def look_up():
    pc = cpu.pc
    if pc & 3:
        leave(EXIT_HARD)
    cpu.budget = budget
    refused = fill(pc, FETCH, 4)
    if refused < 0:
        cpu.verdict = refused
        become(refuse)
    entry = address(cpu.fetch_tlb) + tlb_place(pc, cpu.fetch_context)
    if u64[entry] == NO_TAG:
        # Of this page the PMP permits some instructions: one step, and then to look again.
        cpu.retired_at_zero = cpu.retired_at_zero - budget + 1
        budget = 1
    ip = u64[entry + 8] + ((pc & 4095) << 2)
    delta = pc - (ip >> 2)
    become(arrive)


# At ip, which may be where an event leads that has been noted.
@handler
def arrive():
    if cpu.pending:
        cpu.events[cpu.pending] = cpu.ram_base + offset_of(ip)
        cpu.pending = 0
    dispatch()


# At cpu.pc: the instruction there was refused for cpu.verdict, and nothing has been written. The plain
# exception, of which nobody is told, calls no function, so that there is nothing to be kept.
@handler
def refuse():
    verdict = cpu.verdict
    if verdict <= TO_MACHINE or cpu.refused_bits or cpu.listens_trap or cpu.csr[MVMCB]:
        become(refuse_at_length)
    cause = -1 - verdict
    target = 3
    if cpu.privilege != 3 and cpu.csr[MEDELEG] >> cause & 1:
        target = 1
    cpu.exit_bits = 0
    if take(target, cause, cpu.tval, 0) < 0:
        leave(EXIT_HARD)
    cpu.retired_at_zero -= 1
    budget -= 1
    if not select_known():
        become(entered)
    if cpu.csr[MIE]:
        become(check)
    become(go)


# In a mode whose contexts are not known.
@handler
def entered():
    select_anew()
    become(returned)


@handler
def refuse_at_length():
    verdict = cpu.verdict
    bits = cpu.refused_bits
    cpu.refused_bits = 0
    if verdict == HARD:
        leave(EXIT_HARD)
    if verdict == ANEW:
        become(go)
    cause = -1 - verdict
    target = 3
    if verdict == TO_MACHINE:
        cause = 2
    elif cpu.privilege != 3 and cpu.csr[MEDELEG] >> cause & 1:
        target = 1
    physical = 0
    word = 0
    if cpu.listens_trap:
        physical = recordable(cause, bits)
        if physical < 0:
            leave(EXIT_HARD)
        # What is stored of the exit may lie there.
        word = u32[cpu.ram + physical - cpu.ram_base]
    pc = cpu.pc
    origin = cpu.privilege
    cpu.exit_bits = bits & cpu.csr[MTRAPMAP]
    instant = cpu.retired_at_zero - budget + cpu.traps
    if take(target, cause, cpu.tval, 0) < 0:
        leave(EXIT_HARD)
    select()
    if bits and cpu.tallies:
        tally(bits, TRAPPED)
    if cpu.listens_trap:
        put_trap(pc, physical, origin, instant, cause, cpu.tval, bits, word)
    cpu.retired_at_zero -= 1
    budget -= 1
    if cpu.csr[MIE]:
        become(check)
    become(go)


# What a block has begun at ip is refused for cpu.verdict, or is done but goes on elsewhere.
@handler
def leave_block():
    cpu.pc = ((ip >> 2) + delta) & 0xFFFFFFFF
    if cpu.verdict == DONE:
        cpu.pc = (cpu.pc + 4) & 0xFFFFFFFF
        budget -= 1
        become(check)
    become(refuse)


@handler
def page_end():
    cpu.pc = ((ip >> 2) + delta) & 0xFFFFFFFF
    become(go)


@handler
def hard():
    cpu.pc = ((ip >> 2) + delta) & 0xFFFFFFFF
    if budget <= 0:
        become(check)
    leave(EXIT_HARD)


# An instruction that does not exist.
@handler
def illegal():
    cpu.pc = ((ip >> 2) + delta) & 0xFFFFFFFF
    if budget <= 0:
        become(check)
    cpu.tval = word_at(ip)
    if cpu.tval & 3 != 3:
        cpu.tval = cpu.tval & 0xFFFF
    cpu.verdict = -3
    become(refuse)


# No budget left before the instruction at ip.
@handler
def exhausted():
    cpu.pc = ((ip >> 2) + delta) & 0xFFFFFFFF
    if cpu.retired_at_zero - budget + cpu.traps >= cpu.next_sample:
        cpu.samples[cpu.sample_count & (SAMPLES - 1)] = offset_of(ip)
        cpu.sample_count += 1
    become(check)


@handler
def undecoded():
    offset = offset_of(ip)
    found = handler("hard")
    cpu.operands = 0
    kept = u8[cpu.held + (offset >> 5)] | u8[cpu.outside + (offset >> 5)]
    if not kept >> ((offset >> 2) & 7) & 1:
        found = decode(u32[cpu.ram + offset], offset & 4095)
    u64[ip] = found
    u64[ip + 8] = cpu.operands
    u8[cpu.marks + (offset >> 4)] |= DECODED
    dispatch()


def word_at(ip):
    return u32[cpu.ram + offset_of(ip)]


# Where in RAM the instruction of a slot lies.
def offset_of(ip):
    index = (ip - cpu.pool) // PAGE_SLOTS_SIZE
    slots = cpu.pool + index * PAGE_SLOTS_SIZE
    return u64[slots + 16400] + ((ip - slots) >> 2)


@handler
def returned():
    if cpu.csr[MIE]:
        become(check)
    become(go)
"""
