"""Traps, returns, interrupts and the running itself, in the notation of `notation`.

A *handler* executes an instruction, or something between two, and becomes the next one. What it is
given: `ip`, the decoded slot; `budget`, the steps that are left; `delta`, with which a slot's address
tells the pc. `cpu.pc` is the pc only where a comment says so.

These do what `hvtui.machine.trap_entry`, `interrupts` and the run loop of `board` do.
"""

TRAPS = """
def take(target, cause, tval, interrupt):
    origin = cpu.privilege
    pc = cpu.pc
    status = cpu.csr[MSTATUS]
    if target == 3:
        if origin != 3 and cpu.csr[MVMCB]:
            return HARD
        tvec = cpu.csr[MTVEC]
    else:
        tvec = cpu.csr[STVEC]
    start = tvec & 0xFFFFFFFC
    if interrupt and tvec & 1:
        start = (start + 4 * cause) & 0xFFFFFFFF
    if target == origin and start == pc:
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
    select()
    return 0


def return_from_trap(level):
    status = cpu.csr[MSTATUS]
    if cpu.listens_return:
        return HARD
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
            return HARD
        after = after & ~MPRV
    cpu.csr[MSTATUS] = after
    cpu.privilege = target
    select()
    return resumed


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
    if cpu.slice < room:
        room = cpu.slice
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
                if cpu.listens_trap:
                    leave(EXIT_LOOK)
                delegated = cpu.csr[MIDELEG]
                if target == 3:
                    candidates = candidates & ~delegated
                else:
                    candidates = candidates & delegated
                if take(target, first_interrupt(candidates), 0, 1) < 0:
                    leave(EXIT_LOOK)
                # A step has gone by, in which nothing retired. There may be another interrupt.
                become(check)
    budget = grant()
    become(go)


# At cpu.pc: find the slot and execute it.
@handler
def go():
    if budget <= 0:
        become(check)
    pc = cpu.pc
    entry = address(cpu.fetch_tlb) + ((pc >> 12) & (TLB_ENTRIES - 1)) * 16
    if u64[entry] != (cpu.fetch_context | (pc & 0xFFFFF003)):
        if pc & 3:
            leave(EXIT_HARD)
        cpu.budget = budget
        refused = fill(pc, FETCH)
        if refused < 0:
            cpu.verdict = refused
            become(refuse)
    ip = u64[entry + 8] + ((pc & 4095) << 2)
    delta = pc - (ip >> 2)
    dispatch()


# At cpu.pc: the instruction there was refused for cpu.verdict, and nothing has been written.
@handler
def refuse():
    verdict = cpu.verdict
    bits = cpu.refused_bits
    cpu.refused_bits = 0
    if verdict == HARD or cpu.listens_trap:
        leave(EXIT_HARD)
    cause = -1 - verdict
    target = 3
    if verdict == TO_MACHINE:
        cause = 2
    elif cpu.privilege != 3 and cpu.csr[MEDELEG] >> cause & 1:
        target = 1
    if take(target, cause, cpu.tval, 0) < 0:
        leave(EXIT_HARD)
    if bits and cpu.tallies:
        tally(bits, TRAPPED)
    cpu.retired_at_zero -= 1
    budget -= 1
    if cpu.csr[MIE]:
        become(check)
    become(go)


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
    become(check)


@handler
def undecoded():
    index = (ip - cpu.pool) // PAGE_SLOTS_SIZE
    slots = cpu.pool + index * PAGE_SLOTS_SIZE
    offset = u64[slots + 16400] + ((ip - slots) >> 2)
    found = handler("hard")
    cpu.operands = 0
    kept = u8[cpu.held + (offset >> 5)] | u8[cpu.outside + (offset >> 5)]
    if not kept >> ((offset >> 2) & 7) & 1:
        found = decode(u32[cpu.ram + offset], offset & 4095)
    u64[ip] = found
    u64[ip + 8] = cpu.operands
    u8[cpu.marks + (offset >> 4)] |= DECODED
    dispatch()


# Calls and returns, for who follows them: eight words each. A return that belongs to the last call
# takes that away, and neither is told.
def may_tell(ip):
    if cpu.event_count >= cpu.event_room:
        return HARD
    rs1 = u8[ip + 9]
    if cpu.impatient and (rs1 == 1 or rs1 == 5):
        return HARD
    return 0


def tell(ip, pc, target, budget):
    rd = u8[ip + 8]
    rs1 = u8[ip + 9]
    if (rs1 == 1 or rs1 == 5) and rs1 != rd:
        last = cpu.event_count * 8 - 8
        if (
            cpu.event_count > 0
            and cpu.events[last] == 0
            and cpu.events[last + 4] == target
            and cpu.events[last + 5] == cpu.x[2]
        ):
            cpu.event_count -= 1
        else:
            put_event(1, ip, pc, target, budget)
    if rd == 1 or rd == 5:
        put_event(0, ip, pc, target, budget)
    return 0


def put_event(kind, ip, pc, target, budget):
    at = cpu.event_count * 8
    index = (ip - cpu.pool) // PAGE_SLOTS_SIZE
    slots = cpu.pool + index * PAGE_SLOTS_SIZE
    cpu.events[at] = kind
    cpu.events[at + 1] = pc
    cpu.events[at + 2] = cpu.ram_base + u64[slots + 16400] + ((ip - slots) >> 2)
    cpu.events[at + 3] = target
    cpu.events[at + 4] = (pc + 4) & 0xFFFFFFFF
    cpu.events[at + 5] = cpu.x[2]
    cpu.events[at + 6] = cpu.retired_at_zero - budget + cpu.traps
    cpu.event_count += 1
    return 0


def word_at(ip):
    index = (ip - cpu.pool) // PAGE_SLOTS_SIZE
    slots = cpu.pool + index * PAGE_SLOTS_SIZE
    return u32[cpu.ram + u64[slots + 16400] + ((ip - slots) >> 2)]


@handler
def returned():
    if cpu.csr[MIE]:
        become(check)
    become(go)
"""
