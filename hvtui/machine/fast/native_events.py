"""What native code notes for who listens, to be told late, in the notation of `notation`.

`hvtui.machine.fast.telling` tells it; `layout.EVENT_WORDS` says what is noted.
"""

EVENTS = """
# Whether a trap or an interrupt (cause + 32) at cpu.pc, with the classes `bits`, may be told late: then
# the physical address of cpu.pc. What is told at once, and what is at no place that is known, is HARD.
def recordable(cause, bits):
    if not cpu.late or cpu.pending or cpu.event_count >= EVENTS:
        return HARD
    if cpu.urgent_causes >> cause & 1 or cpu.urgent_bits & bits:
        return HARD
    return place_of(cpu.pc)


# Whether an xRET may be told late; there is room for one more after the kernel instruction that it is.
def may_tell_return(room):
    return cpu.late and not cpu.urgent_returns and cpu.event_count < room


# A kernel instruction that does not trap: it executes, or it is `lost`.
def put_kernel(ip, pc, budget, bits, lost, csr):
    at = cpu.event_count * EVENT_WORDS
    offset = offset_of(ip)
    cpu.events[at] = KERNEL
    cpu.events[at + 1] = pc
    cpu.events[at + 2] = cpu.ram_base + offset
    cpu.events[at + 4] = csr_read(csr, cpu.csr_info[csr], budget) if csr else 0
    cpu.events[at + 5] = bits
    cpu.events[at + 6] = cpu.retired_at_zero - budget + cpu.traps
    cpu.events[at + 7] = lost
    cpu.events[at + 9] = u32[cpu.ram + offset]
    cpu.events[at + 10] = cpu.privilege
    put_registers(at)
    cpu.event_count += 1
    return 0


def put_registers(at):
    cpu.events[at + 11] = cpu.csr[SATP]
    cpu.events[at + 12] = cpu.csr[MIP] | cpu.csr[MIDELEG] << 32
    place = address(cpu.registers) + cpu.event_count * REGISTERS_SIZE
    n = 0
    while n < REGISTERS_SIZE:
        u64[place + n] = u64[address(cpu.x) + n]
        n += 8
    return 0


def put_trap(pc, physical, origin, instant, cause, tval, bits, word):
    put_crossing(TRAP, pc, physical, cpu.pc, origin)
    at = cpu.event_count * EVENT_WORDS - EVENT_WORDS
    cpu.events[at + 5] = bits
    cpu.events[at + 6] = instant
    cpu.events[at + 7] = cause
    cpu.events[at + 8] = tval
    cpu.events[at + 9] = word
    return 0


# Between two modes, with the registers as they are. Where `target` leads is known when it is fetched.
def put_crossing(kind, pc, physical, target, origin):
    at = cpu.event_count * EVENT_WORDS
    cpu.events[at] = kind
    cpu.events[at + 1] = pc
    cpu.events[at + 2] = physical
    cpu.events[at + 3] = target
    cpu.events[at + 4] = target
    if cpu.privilege != 3 and cpu.csr[SATP] >> 31:
        cpu.events[at + 4] = UNKNOWN_PLACE
        cpu.pending = at + 4
    cpu.events[at + 10] = origin | cpu.privilege << 2
    put_registers(at)
    cpu.event_count += 1
    return 0


# Calls and returns, for who follows them. A return that belongs to the last call takes that away, and
# neither is told.
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
        last = cpu.event_count * EVENT_WORDS - EVENT_WORDS
        if (
            cpu.event_count > 0
            and cpu.events[last] == CALL
            and cpu.events[last + 4] == target
            and cpu.events[last + 5] == cpu.x[2]
        ):
            cpu.event_count -= 1
        else:
            put_jump(RETURN, ip, pc, target, budget)
    if rd == 1 or rd == 5:
        put_jump(CALL, ip, pc, target, budget)
    return 0


def put_jump(kind, ip, pc, target, budget):
    at = cpu.event_count * EVENT_WORDS
    cpu.events[at] = kind
    cpu.events[at + 1] = pc
    cpu.events[at + 2] = cpu.ram_base + offset_of(ip)
    cpu.events[at + 3] = target
    cpu.events[at + 4] = (pc + 4) & 0xFFFFFFFF
    cpu.events[at + 5] = cpu.x[2]
    cpu.events[at + 6] = cpu.retired_at_zero - budget + cpu.traps
    cpu.event_count += 1
    return 0
"""
