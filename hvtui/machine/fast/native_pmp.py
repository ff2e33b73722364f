"""Physical memory protection in native code, in the notation of `notation`: registers and verdicts.

These do what `hvtui.machine.pmp` does. `cpu.pmp_config` and `cpu.pmp_address` are the registers; from
them follow, entry by entry, where it begins and ends (both 0 if it is off or empty) and its rights.

A *setting* is what a number of entries cover and permit. Each has a version, a number that contexts of
translations are known by: a setting that is come back to has the version that it had, as long as the
table of settings knows it. A version is looked for when a mode asks for translations, and not at every
write: settings on the way from one to the next need none. What M may do with an aligned access depends
on the entries up to the last locked one; of a misaligned access that an edge may divide, the bytes
themselves are asked about.
"""

PMP = """
def write_pmp_config(register, value):
    old = cpu.pmp_config[register]
    kept = (old >> 7 & EACH_BYTE) * 0xFF
    legal = value & PMP_USED * EACH_BYTE
    legal = legal & ~(~(legal << 1) & PMP_WRITE * EACH_BYTE)
    new = old & kept | legal & ~kept
    if new == old:
        return 0
    cpu.pmp_config[register] = new
    cpu.pmp_written = 1
    return resettle_pmp(cover_entries(register * 4, register * 4 + 4))


def write_pmp_address(entry, value):
    above = 0
    if entry + 1 < PMP_ENTRIES:
        above = pmp_entry(entry + 1)
    tops = above & PMP_MODE == PMP_TOR
    if pmp_entry(entry) & PMP_LOCK or (tops and above & PMP_LOCK):
        return 0
    if cpu.pmp_address[entry] == value:
        return 0
    cpu.pmp_address[entry] = value
    cpu.pmp_written = 1
    return resettle_pmp(cover_entries(entry, entry + 2 if tops else entry + 1))


@inline
def pmp_entry(entry):
    return cpu.pmp_config[entry >> 2] >> (entry & 3) * 8 & 0xFF


# See what entries cover, after their registers have changed; whether that has changed, too.
def cover_entries(first, end):
    changed = 0
    n = first
    while n < end:
        config = pmp_entry(n)
        mode = config & PMP_MODE
        low = 0
        high = 0
        rights = 0
        if mode:
            top = cpu.pmp_address[n]
            if mode == PMP_TOR:
                if n:
                    low = cpu.pmp_address[n - 1] << 2
                high = top << 2
            elif mode == PMP_NA4:
                low = top << 2
                high = low + 4
            else:
                ones = top ^ (top + 1)
                low = (top & ~ones) << 2
                high = low + ((ones + 1) << 2)
            if low < high:
                rights = config & (PMP_ALL | PMP_LOCK)
            else:
                low = 0
                high = 0
        if low != cpu.pmp_low[n] or high != cpu.pmp_high[n] or rights != cpu.pmp_rights[n]:
            changed = 1
            cpu.pmp_low[n] = low
            cpu.pmp_high[n] = high
            cpu.pmp_rights[n] = rights
            cpu.pmp_cuts = cpu.pmp_cuts & ~(1 << n)
            if (low | high) & 4095:
                cpu.pmp_cuts |= 1 << n
            if high and n >= cpu.pmp_count:
                cpu.pmp_count = n + 1
            # What is locked stays so until a reset: see `take_pmp`.
            if rights & PMP_LOCK and n >= cpu.pmp_bound:
                cpu.pmp_bound = n + 1
        n += 1
    while cpu.pmp_count > 0 and not cpu.pmp_high[cpu.pmp_count - 1]:
        cpu.pmp_count -= 1
    return changed


def resettle_pmp(changed):
    if changed:
        cpu.pmp_known = 0
        cpu.stamp += 1
        before = cpu.fetch_context
        select()
        if cpu.fetch_context != before:
            cpu.resettle = 1
    return 0


# The registers have been set from outside.
def take_pmp():
    cpu.pmp_bound = 0
    cpu.pmp_known = 0
    n = 0
    while n < PMP_ENTRIES:
        cpu.pmp_rights[n] = 0
        n += 1
    cover_entries(0, PMP_ENTRIES)
    cpu.stamp += 1
    return 0


# What may be done with bytes; -1 if the first entry that matches any of them does not match all.
def pmp_granted(address, size, machine):
    end = address + size
    n = 0
    while n < cpu.pmp_count:
        low = cpu.pmp_low[n]
        high = cpu.pmp_high[n]
        if low < end and address < high:
            if address < low or high < end:
                return -1
            if cpu.pmp_rights[n] & PMP_LOCK or not machine:
                return cpu.pmp_rights[n] & PMP_ALL
            return PMP_ALL
        n += 1
    return PMP_ALL if machine else 0


# What may be done by aligned accesses with every part of a page.
@inline
def page_granted(start, machine):
    end = start + 4096
    granted = PMP_ALL
    last = cpu.pmp_bound if machine else cpu.pmp_count
    n = 0
    while n < last:
        low = cpu.pmp_low[n]
        high = cpu.pmp_high[n]
        if low < end and start < high:
            if cpu.pmp_rights[n] & PMP_LOCK or not machine:
                granted = granted & cpu.pmp_rights[n]
            if low <= start and end <= high:
                return granted
        n += 1
    return granted if machine else 0


# Whether the PMP may have something against a misaligned access within a page that it permits as such.
@inline
def is_cut(host, size, permission):
    if not host & (size - 1) or not cpu.pmp_cuts:
        return 0
    return not bytes_granted(host, size, permission)


def bytes_granted(host, size, permission):
    find_spaces()
    granted = pmp_granted(host - cpu.ram + cpu.ram_base, size, cpu.data_privilege == 3)
    return granted >= 0 and granted & permission


# The version of what rules over a mode: for M the entries up to the last locked one, else all.
def pmp_version_of(privilege):
    if privilege == 3:
        if not cpu.pmp_known & 1:
            cpu.pmp_machine_version = setting_version(cpu.pmp_bound)
            cpu.pmp_known |= 1
        return cpu.pmp_machine_version
    if not cpu.pmp_known & 2:
        cpu.pmp_version = setting_version(cpu.pmp_count)
        cpu.pmp_known |= 2
    return cpu.pmp_version


def setting_version(count):
    if not count:
        return 0
    mixed = count
    n = 0
    while n < count:
        mixed = mixed ^ cpu.pmp_low[n] ^ cpu.pmp_high[n] << 13 ^ cpu.pmp_rights[n] << 50
        mixed = mixed * SETTING_MIXER
        mixed = mixed ^ natural(mixed) >> 31
        n += 1
    at = mixed & (SETTINGS - 1)
    while cpu.setting_counts[at]:
        if cpu.setting_counts[at] == count and is_setting(at, count):
            return cpu.setting_versions[at]
        at = (at + 1) & (SETTINGS - 1)
    if cpu.settings_used >= MOST_SETTINGS:
        forget_settings()
        at = mixed & (SETTINGS - 1)
    cpu.settings_used += 1
    cpu.pmp_versions += 1
    cpu.setting_counts[at] = count
    cpu.setting_versions[at] = cpu.pmp_versions
    n = 0
    while n < count:
        cpu.setting_lows[at * PMP_ENTRIES + n] = cpu.pmp_low[n]
        cpu.setting_highs[at * PMP_ENTRIES + n] = cpu.pmp_high[n]
        cpu.setting_rights[at * PMP_ENTRIES + n] = cpu.pmp_rights[n]
        n += 1
    return cpu.pmp_versions


def is_setting(at, count):
    n = 0
    while n < count:
        where = at * PMP_ENTRIES + n
        if cpu.setting_lows[where] != cpu.pmp_low[n] or cpu.setting_highs[where] != cpu.pmp_high[n]:
            return 0
        if cpu.setting_rights[where] != cpu.pmp_rights[n]:
            return 0
        n += 1
    return 1


def forget_settings():
    n = 0
    while n < SETTINGS:
        cpu.setting_counts[n] = 0
        n += 1
    cpu.settings_used = 0
    return 0


# Before versions run out all begin anew, and so do the translations.
def renew_versions():
    forget_settings()
    cpu.pmp_versions = 0
    cpu.pmp_known = 0
    wipe()
    return 0
"""
