"""Memory as native code sees it, in the notation of `notation`: translation, protection, marks.

These do what `hvtui.machine.translation`, `memory` and `access` do, for what is easy: an access within
one page of RAM, or one that is refused there. Anything else is `HARD`, and left to the reference before
anything has changed but accessed bits, which the reference would set just so.

A translation belongs to a context, a number that stands for one address space under one setting of
the PMP. A context that is come back to finds its translations; all contexts end when a valid
page-table entry that was walked is stored to (mark WALKED).
"""

MEMORY = """
def walk(address, access, privilege, root, may_sum, may_mxr):
    table = root
    level = 1
    while level >= 0:
        shift = 12 + level * 10
        place = table + ((address >> shift) & 1023) * 4
        offset = place - cpu.ram_base
        if offset < 0 or offset > cpu.ram_size - 4:
            return HARD
        granted = pmp_granted(place, 4, 0)
        if granted < 0 or not granted & 1:
            return HARD
        pte = u32[cpu.ram + offset]
        if not pte & 1:
            return page_fault(address, access)
        u8[cpu.marks + (offset >> 4)] |= WALKED
        if not pte & 14:
            if pte & (PTE_A | PTE_D | PTE_U) or level == 0:
                return page_fault(address, access)
            table = (pte >> 10) << 12
            level -= 1
        else:
            if pte & 6 == 4:
                return page_fault(address, access)
            if pte & PTE_U:
                if privilege == 1 and (access == FETCH or not may_sum):
                    return page_fault(address, access)
            elif privilege == 0:
                return page_fault(address, access)
            needed = 8
            if access == STORE:
                needed = 4
            elif access == LOAD:
                needed = 10 if may_mxr else 2
            if not pte & needed:
                return page_fault(address, access)
            if level and (pte >> 10) & 1023:
                return page_fault(address, access)
            wanted = pte | PTE_A
            if access == STORE:
                wanted = wanted | PTE_D
            if wanted != pte:
                if not granted & 2:
                    return HARD
                mark = u8[cpu.marks + (offset >> 4)]
                if mark & NOT_WALKED:
                    # Translations stay right: the marks that stand for them stay, too.
                    u8[cpu.marks + (offset >> 4)] = mark & ~(WALKED | TABLE)
                    refused = prepare(offset >> 4, 0)
                    u8[cpu.marks + (offset >> 4)] |= mark & (WALKED | TABLE)
                    if refused < 0:
                        return HARD
                u32[cpu.ram + offset] = wanted
            return (pte >> 10) << 12 | (address & ((1 << shift) - 1))
    return HARD


def page_fault(address, access):
    cpu.tval = address
    return -13 - access - (access == STORE)


# Find where an access leads, for the entry of its page in the TLB. Where the page as a whole may not be
# used like that, but these `size` bytes may, the entry serves this one access and is never found again.
def fill(virtual, access, size):
    find_spaces()
    privilege = cpu.data_privilege
    root = cpu.data_root
    if access == FETCH:
        privilege = cpu.privilege
        root = cpu.fetch_root
    physical = virtual
    cpu.physical = -1
    if root >= 0:
        if access == FETCH:
            physical = walk(virtual, access, privilege, root, 0, 0)
        else:
            physical = walk(virtual, access, privilege, root, cpu.data_sum, cpu.data_mxr)
        if physical < 0:
            return physical
    cpu.physical = physical
    start = physical & ~4095
    offset = start - cpu.ram_base
    if offset < 0 or offset >= cpu.ram_size:
        return HARD
    page = virtual & 0xFFFFF000
    once = 0
    permission = PMP_READ
    if access == FETCH:
        permission = PMP_EXECUTE
    elif access == STORE:
        permission = PMP_WRITE
    if not page_granted(start, privilege == 3) & permission:
        granted = pmp_granted(physical, size, privilege == 3)
        if granted < 0 or not granted & permission:
            return access_fault(virtual, access)
        once = 1
    if access == LOAD:
        entry = address(cpu.load_tlb) + tlb_place(virtual, cpu.data_context)
        u64[entry] = cpu.data_context | page
        u64[entry + 8] = cpu.ram + offset - page
    elif access == STORE:
        entry = address(cpu.store_tlb) + tlb_place(virtual, cpu.data_context)
        u64[entry] = cpu.data_context | page
        u64[entry + 8] = cpu.ram + offset - page
    else:
        if cpu.metered and enter_region(physical - cpu.ram_base) < 0:
            return HARD
        slots = slots_of(offset >> 12)
        entry = address(cpu.fetch_tlb) + tlb_place(virtual, cpu.fetch_context)
        u64[entry] = cpu.fetch_context | page
        u64[entry + 8] = slots
    if once:
        u64[entry] = NO_TAG
    return 0


def access_fault(address, access):
    cpu.tval = address
    if access == FETCH:
        return -1 - FETCH_ACCESS
    if access == LOAD:
        return -1 - LOAD_ACCESS
    return -1 - STORE_ACCESS


# Count for another region, if the instruction at an offset of RAM lies in one. Translations of fetches
# belong to the region that is counted, so that every crossing comes here.
def enter_region(offset):
    region = u8[cpu.page_regions + (offset >> 12)]
    if region == MIXED or u8[cpu.outside + (offset >> 5)] >> ((offset >> 2) & 7) & 1:
        return HARD
    if region != cpu.region:
        retired = cpu.retired_at_zero - cpu.budget
        cpu.region_instructions[cpu.region] += retired - cpu.region_since
        cpu.region_since = retired
        cpu.region = region
        cpu.region_entries[region] += 1
        cpu.stamp += 1
        select()
    return 0


# Where in a TLB the entry of a page is. Contexts have places of their own: those that take turns mostly
# use the same pages.
@inline
def tlb_place(place, context):
    return ((place >> 12 ^ natural(context) >> CONTEXT_STEP) & (TLB_ENTRIES - 1)) * 16


# Take up the contexts of the mode, as it is now. Each mode knows those that it had last.
@inline
def select():
    if not select_known():
        select_anew()
    return 0


@inline
def select_known():
    privilege = cpu.privilege
    if cpu.mode_keys[privilege] == seen_by_mode() and cpu.mode_stamps[privilege] == cpu.stamp:
        cpu.data_context = cpu.mode_data[privilege]
        cpu.fetch_context = cpu.mode_fetch[privilege]
        return 1
    return 0


# All that the contexts of a mode depend on, but for the PMP.
@inline
def seen_by_mode():
    status = cpu.csr[MSTATUS]
    seen = status & (SUM | MXR) | cpu.csr[SATP] << 32
    if status & MPRV:
        seen |= status & (MPRV | MPP_BITS)
    return seen


def select_anew():
    privilege = cpu.privilege
    choose()
    cpu.mode_keys[privilege] = seen_by_mode()
    cpu.mode_stamps[privilege] = cpu.stamp
    cpu.mode_data[privilege] = cpu.data_context
    cpu.mode_fetch[privilege] = cpu.fetch_context
    return 0


def find_spaces():
    status = cpu.csr[MSTATUS]
    satp = cpu.csr[SATP]
    privilege = cpu.privilege
    data = privilege
    if status & MPRV:
        data = (status >> MPP_SHIFT) & 3
    cpu.data_privilege = data
    cpu.data_sum = status & SUM
    cpu.data_mxr = status & MXR
    cpu.data_root = NO_ROOT
    cpu.fetch_root = NO_ROOT
    if satp >> 31:
        if data != 3:
            cpu.data_root = (satp & SATP_PPN) << 12
        if privilege != 3:
            cpu.fetch_root = (satp & SATP_PPN) << 12
    return 0


def choose():
    status = cpu.csr[MSTATUS]
    satp = cpu.csr[SATP]
    privilege = cpu.privilege
    data = privilege
    if status & MPRV:
        data = (status >> MPP_SHIFT) & 3
    if cpu.pmp_versions >= LAST_VERSION:
        renew_versions()
    data_key = pmp_version_of(data) << 40 | 1 << 62 | data << 24
    fetch_key = pmp_version_of(privilege) << 40 | 1 << 62 | privilege << 24
    if cpu.metered:
        fetch_key |= (cpu.region + 1) << 28
    if satp >> 31:
        root = satp & SATP_PPN
        if data != 3:
            data_key |= root | 1 << 26
            if status & SUM:
                data_key |= 1 << 27
            if status & MXR:
                data_key |= 1 << 22
        if privilege != 3:
            fetch_key |= root | 1 << 26
    cpu.data_context = context_of(data_key)
    cpu.fetch_context = context_of(fetch_key)
    return 0


def context_of(key):
    slot = (key ^ key >> 7 ^ key >> 21 ^ key >> 24 ^ key >> 28 ^ key >> 40) & (CONTEXTS - 1)
    if cpu.context_keys[slot] == key:
        return cpu.context_ids[slot]
    if cpu.next_context >= LAST_CONTEXT:
        wipe()
    cpu.next_context += 1
    cpu.context_keys[slot] = key
    cpu.context_ids[slot] = cpu.next_context << 32
    return cpu.next_context << 32


def wipe():
    n = 0
    while n < 2 * TLB_ENTRIES:
        cpu.load_tlb[n] = 0
        cpu.store_tlb[n] = 0
        cpu.fetch_tlb[n] = 0
        n += 1
    end_contexts()
    cpu.next_context = 0
    return 0


def end_contexts():
    n = 0
    while n < CONTEXTS:
        cpu.context_keys[n] = 0
        n += 1
    cpu.stamp += 1
    return 0


def flush():
    end_contexts()
    select()
    return 0


def drop_code(granule):
    slots = u64[cpu.page_slots + (granule >> 8) * 8]
    if slots and u64[slots + 16408]:
        cpu.drops += 1
        clear_slots(slots)
    elif slots:
        slot = slots + (granule & 255) * 64
        u64[slot] = handler("undecoded")
        u64[slot + 16] = handler("undecoded")
        u64[slot + 32] = handler("undecoded")
        u64[slot + 48] = handler("undecoded")
    u8[cpu.marks + granule] &= ~DECODED
    return 0


def slots_of(page):
    slots = u64[cpu.page_slots + page * 8]
    if slots:
        return slots
    if cpu.pool_used >= cpu.pool_pages:
        forget_code()
    slots = cpu.pool + cpu.pool_used * PAGE_SLOTS_SIZE
    cpu.pool_used += 1
    u64[cpu.page_slots + page * 8] = slots
    clear_slots(slots)
    u64[slots + 16384] = handler("page_end")
    u64[slots + 16400] = page << 12
    return slots


# Have a page decoded anew. The last word of its slots tells whether there are blocks among them.
def clear_slots(slots):
    n = 0
    while n < 1024:
        u64[slots + n * 16] = handler("undecoded")
        n += 1
    u64[slots + 16408] = 0
    return 0


def forget_code():
    n = 0
    while n < cpu.pool_used:
        slots = cpu.pool + n * PAGE_SLOTS_SIZE
        page = u64[slots + 16400] >> 12
        u64[cpu.page_slots + page * 8] = 0
        mark = cpu.marks + page * 256
        end = mark + 256
        while mark < end:
            u64[mark] &= ~EIGHT_DECODED
            mark += 8
        n += 1
    cpu.pool_used = 0
    cpu.drops += 1
    flush()
    return 0


def prepare(granule, valid):
    mark = u8[cpu.marks + granule]
    if mark & WATCH:
        return HARD
    if mark & (CODE | TABLE):
        if cpu.log_count >= LOG_ENTRIES:
            return HARD
        cpu.log[cpu.log_count] = granule
        cpu.log_count += 1
    if mark & CLEAN:
        u32[cpu.changed + cpu.changed_count * 4] = granule >> 8
        cpu.changed_count += 1
        place = cpu.marks + (granule & ~255)
        end = place + 256
        while place < end:
            u64[place] &= ~EIGHT_CLEAN
            place += 8
    if mark & DECODED:
        drop_code(granule)
    u8[cpu.marks + granule] &= ~(CODE | TABLE)
    if mark & WALKED and valid:
        u8[cpu.marks + granule] &= ~WALKED
        flush()
    return 0


def load(place, size):
    if (place & 4095) + size > 4096:
        return HARD
    entry = address(cpu.load_tlb) + tlb_place(place, cpu.data_context)
    if u64[entry] != (cpu.data_context | (place & 0xFFFFF000)):
        refused = fill(place, LOAD, size)
        if refused < 0:
            if refused == HARD and size == 4:
                return load_clint()
            return refused
    host = u64[entry + 8] + place
    if is_cut(host, size, PMP_READ):
        return HARD
    if size == 4:
        return u32[host]
    if size == 2:
        return u16[host]
    return u8[host]


# The timer of the CLINT, after `fill` has found the place and that it is not RAM.
def clint_offset(permission):
    offset = cpu.physical - CLINT_BASE
    if offset < 0 or offset >= CLINT_SIZE or offset & 3:
        return HARD
    granted = pmp_granted(cpu.physical, 4, cpu.data_privilege == 3)
    if granted < 0 or not granted & permission:
        return HARD
    return offset


def load_clint():
    offset = clint_offset(1)
    cpu.retired = cpu.retired_at_zero - cpu.budget
    if offset == MTIME:
        return mtime() & 0xFFFFFFFF
    if offset == MTIME + 4:
        return natural(mtime()) >> 32
    if offset == MTIMECMP:
        return cpu.mtimecmp & 0xFFFFFFFF
    if offset == MTIMECMP + 4:
        return natural(cpu.mtimecmp) >> 32
    return HARD


def store_clint(value):
    offset = clint_offset(2)
    if offset == MTIMECMP:
        cpu.mtimecmp = cpu.mtimecmp & ~0xFFFFFFFF | value
    elif offset == MTIMECMP + 4:
        cpu.mtimecmp = cpu.mtimecmp & 0xFFFFFFFF | value << 32
    else:
        return HARD
    cpu.resettle = 1
    return 0


# For a block, which goes on if what is decoded and translated is as it was.
def load_from_block(place, size, budget):
    drops = cpu.drops
    cpu.budget = budget
    found = load(place, size)
    if found >= 0 and cpu.drops != drops:
        found = ANEW
    cpu.verdict = found
    note_page(place, address(cpu.load_tlb))
    return found


# Further accesses to the same page need no look at the TLB.
def note_page(place, tlb):
    entry = tlb + tlb_place(place, cpu.data_context)
    page = place & 0xFFFFF000
    cpu.block_page = NO_PAGE
    if u64[entry] == (cpu.data_context | page):
        cpu.block_page = page
        cpu.block_host = u64[entry + 8]
    return 0


# Not 0 if the block is to be left: the store is refused, or done but the next instruction is to be
# looked for.
def store_from_block(place, size, value, budget):
    drops = cpu.drops
    stamp = cpu.stamp
    cpu.budget = budget
    refused = store(place, size, value)
    if not refused and (cpu.resettle or cpu.drops != drops or cpu.stamp != stamp):
        cpu.resettle = 0
        refused = DONE
    cpu.verdict = refused
    note_page(place, address(cpu.store_tlb))
    return refused


def store_host(place, size):
    entry = address(cpu.store_tlb) + tlb_place(place, cpu.data_context)
    if u64[entry] != (cpu.data_context | (place & 0xFFFFF000)):
        refused = fill(place, STORE, size)
        if refused < 0:
            return refused
    return u64[entry + 8] + place


def store(place, size, value):
    if (place & 4095) + size > 4096:
        return HARD
    host = store_host(place, size)
    if host < 0:
        if host == HARD and size == 4:
            return store_clint(value)
        return host
    if is_cut(host, size, PMP_WRITE):
        return HARD
    first = (host - cpu.ram) >> 4
    last = (host - cpu.ram + size - 1) >> 4
    if (u8[cpu.marks + first] | u8[cpu.marks + last]) & WATCH:
        return HARD
    if u8[cpu.marks + first]:
        valid = u32[host & ~3] & 1
        if host & (size - 1):
            valid = 1
        if prepare(first, valid) < 0:
            return HARD
    if last != first and u8[cpu.marks + last]:
        if prepare(last, 1) < 0:
            return HARD
    if size == 4:
        u32[host] = value
    elif size == 2:
        u16[host] = value
    else:
        u8[host] = value
    return 0


def amo_address(place):
    if place & 3:
        return HARD
    host = store_host(place, 4)
    if host < 0:
        return host
    if u8[cpu.marks + ((host - cpu.ram) >> 4)] & WATCH or cpu.log_count >= LOG_ENTRIES:
        return HARD
    return host


def write_place(host, value):
    granule = (host - cpu.ram) >> 4
    if u8[cpu.marks + granule]:
        prepare(granule, u32[host] & 1)
    u32[host] = value
    return 0


def load_reserved(place):
    if place & 3:
        return HARD
    entry = address(cpu.load_tlb) + tlb_place(place, cpu.data_context)
    if u64[entry] != (cpu.data_context | (place & 0xFFFFF000)):
        refused = fill(place, LOAD, 4)
        if refused < 0:
            return refused
    host = u64[entry + 8] + place
    cpu.reservation = host - cpu.ram + cpu.ram_base
    return u32[host]


def store_conditional(place, value):
    host = amo_address(place)
    if host < 0:
        return host
    holds = cpu.reservation == host - cpu.ram + cpu.ram_base
    cpu.reservation = NO_RESERVATION
    if not holds:
        return 1
    write_place(host, value)
    return 0
"""
