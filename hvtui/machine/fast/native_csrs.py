"""CSRs and the trap bitmap, in the notation of `notation`.

These do what `hvtui.machine.csr_file` and `trapmap` do, for the registers that programs use all the
time; `cpu.csr_info` tells for each number how. The others are left to the reference.
"""

CSRS = """
@inline
def csr_access(number, reads, writes, info, ip, pc, budget):
    kind = info & 255
    if kind == KIND_HARD or (writes and number >> 10 == 3):
        return HARD
    if writes and info >> WRITE_HARD & 1:
        return HARD
    if cpu.privilege == 3:
        return reads | writes << 1
    return csr_access_below(number, reads, writes, info, ip, pc, budget)


# Below M. What is no step of every handler is a function, so that blocks stay small.
def csr_access_below(number, reads, writes, info, ip, pc, budget):
    wanted = reads | writes << 1
    if cpu.listens_kernel and not cpu.late:
        return HARD
    bits = 0
    if reads:
        bits = 1 << (info >> READ_BIT & 31)
    if writes:
        bits |= 1 << (info >> WRITE_BIT & 31)
    if cpu.csr[MTRAPMAP] & bits:
        cpu.tval = word_at(ip)
        cpu.refused_bits = bits
        return TO_MACHINE
    allowed = csr_allowed(number, info)
    if not allowed and bits & ~(cpu.ignores | cpu.leaks):
        cpu.tval = word_at(ip)
        cpu.refused_bits = bits
        return -3
    if allowed:
        if cpu.listens_kernel:
            if cpu.event_count >= EVENTS:
                return HARD
            put_kernel(ip, pc, budget, bits, 0, number)
        if cpu.tallies:
            tally(bits, EXECUTED)
        return wanted
    if cpu.listens_lost or cpu.listens_kernel and (cpu.urgent_lost or cpu.event_count >= EVENTS):
        return HARD
    if cpu.listens_kernel:
        put_kernel(ip, pc, budget, bits, 1, number)
    if cpu.tallies:
        tally(bits & cpu.leaks, LEAKED)
        tally(bits & ~cpu.leaks, IGNORED)
    if reads and cpu.leaks >> (info >> READ_BIT & 31) & 1:
        return 1
    return 0


def csr_allowed(number, info):
    privilege = cpu.privilege
    if info >> GATED & 1:
        gates = cpu.csr[MCOUNTEREN]
        if privilege == 0:
            gates = gates & cpu.csr[SCOUNTEREN]
        return gates >> (number & 31) & 1
    if privilege < (number >> 8 & 3):
        return 0
    if info >> BY_TVM & 1 and privilege == 1 and cpu.csr[MSTATUS] & TVM:
        return 0
    return 1


@inline
def permit(bit, needs, raising, ip, pc, budget):
    if cpu.privilege == 3:
        return 1
    return permit_below(bit, needs, raising, ip, pc, budget)


def permit_below(bit, needs, raising, ip, pc, budget):
    privilege = cpu.privilege
    if cpu.listens_kernel and not cpu.late:
        return HARD
    if cpu.csr[MTRAPMAP] >> bit & 1:
        cpu.tval = word_at(ip)
        cpu.refused_bits = 1 << bit
        return TO_MACHINE
    allowed = privilege >= needs and not (privilege == 1 and cpu.csr[MSTATUS] & raising)
    if not allowed and not (cpu.ignores | cpu.leaks) >> bit & 1:
        cpu.tval = word_at(ip)
        cpu.refused_bits = 1 << bit
        return -3
    if allowed:
        # What the reference will do, it will tell and count.
        if bit == WFI and (cpu.listens_kernel or cpu.tallies):
            return HARD
        if (bit == MRET or bit == SRET) and cpu.listens_return and not may_tell_return(EVENTS):
            return HARD
        if cpu.listens_kernel:
            if cpu.event_count >= EVENTS:
                return HARD
            put_kernel(ip, pc, budget, 1 << bit, 0, 0)
        if cpu.tallies:
            tally(1 << bit, EXECUTED)
        return 1
    if cpu.listens_lost or cpu.listens_kernel and (cpu.urgent_lost or cpu.event_count >= EVENTS):
        return HARD
    if cpu.listens_kernel:
        put_kernel(ip, pc, budget, 1 << bit, 1, 0)
    if cpu.tallies:
        tally(1 << bit, LEAKED if cpu.leaks >> bit & 1 else IGNORED)
    return 0


def tally(bits, outcome):
    bit = 0
    while bits:
        if bits & 1:
            cpu.kernel_counts[bit * 4 + outcome] += 1
        bits = bits >> 1
        bit += 1
    return 0


@inline
def csr_read(number, info, budget):
    kind = info & 255
    if kind < KIND_SPECIAL:
        return cpu.csr[kind]
    return read_special(kind, number, budget)


def read_special(kind, number, budget):
    if kind == KIND_MSTATUS:
        return read_status()
    if kind == KIND_SSTATUS:
        return read_status() & SSTATUS_BITS
    if kind == KIND_SIE:
        return cpu.csr[MIE] & cpu.csr[MIDELEG] & SIE_BITS
    if kind == KIND_MIP:
        return read_mip(budget)
    if kind == KIND_SIP:
        return read_mip(budget) & cpu.csr[MIDELEG] & SIP_BITS
    if kind == KIND_CYCLE:
        return (cpu.retired_at_zero - budget + cpu.cycle_offset) & 0xFFFFFFFF
    if kind == KIND_CYCLEH:
        return natural(cpu.retired_at_zero - budget + cpu.cycle_offset) >> 32
    if kind == KIND_INSTRET:
        return (cpu.retired_at_zero - budget + cpu.instret_offset) & 0xFFFFFFFF
    if kind == KIND_INSTRETH:
        return natural(cpu.retired_at_zero - budget + cpu.instret_offset) >> 32
    if kind == KIND_TIME or kind == KIND_TIMEH:
        cpu.retired = cpu.retired_at_zero - budget
        if kind == KIND_TIME:
            return mtime() & 0xFFFFFFFF
        return natural(mtime()) >> 32
    if kind == KIND_PMPCFG:
        return cpu.pmp_config[number & 3]
    if kind == KIND_PMPADDR:
        return cpu.pmp_address[number & 15]
    if kind == KIND_MISA:
        return MISA
    if kind == KIND_MIMPID:
        return cpu.generation
    if kind == KIND_MTRAPCAP:
        return cpu.trapcap
    return 0


def read_status():
    status = cpu.csr[MSTATUS]
    if status & FS_BITS == FS_BITS:
        return status | 1 << 31
    return status


def read_mip(budget):
    cpu.retired = cpu.retired_at_zero - budget
    levels = cpu.csr[MIP] | cpu.lines
    if timer_pending():
        levels |= MTIP
    return levels


@inline
def csr_stored(number, info, budget):
    kind = info & 255
    if kind == KIND_MIP or kind == KIND_SIP:
        return cpu.csr[MIP]
    return csr_read(number, info, budget)


@inline
def csr_write(number, value, info):
    kind = info & 255
    if info >> SETTLES & 1:
        cpu.resettle = 1
    if kind < KIND_SPECIAL and kind != SATP:
        cpu.csr[kind] = value & cpu.csr_masks[kind]
        return 0
    return write_special(kind, number, value)


def write_special(kind, number, value):
    if kind == SATP:
        cpu.csr[SATP] = value & cpu.csr_masks[SATP]
        select()
    elif kind == KIND_MSTATUS:
        write_status(value, MSTATUS_BITS)
    elif kind == KIND_SSTATUS:
        write_status(value, SSTATUS_WRITABLE)
    elif kind == KIND_SIE:
        mask = cpu.csr[MIDELEG] & SIE_BITS
        cpu.csr[MIE] = cpu.csr[MIE] & ~mask | value & mask
    elif kind == KIND_MIP:
        cpu.csr[MIP] = value & cpu.csr_masks[MIP]
    elif kind == KIND_SIP:
        mask = cpu.csr[MIDELEG] & SIP_WRITABLE
        cpu.csr[MIP] = cpu.csr[MIP] & ~mask | value & mask
    elif kind == KIND_PMPCFG:
        write_pmp_config(number & 3, value)
    elif kind == KIND_PMPADDR:
        write_pmp_address(number & 15, value)
    return 0


def write_status(value, mask):
    status = cpu.csr[MSTATUS] & ~mask | value & mask
    if status & MPP_BITS == 2 << MPP_SHIFT:
        status = status & ~MPP_BITS
    cpu.csr[MSTATUS] = status
    select()
    return 0
"""
