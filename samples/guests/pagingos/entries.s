# pagingos/entries.s - what is in a page table, as Sv32 wants it.
#
# A virtual address is cut into three: 10 bits choose an entry of the root table, 10 bits an entry of a second-level
# table, 12 bits a byte of the page. A table is one page, 1024 entries (PTEs) of 32 bits:
#
#       31          10 9 8 7 6 5 4 3 2 1 0
#       frame number   rsw D A G U X W R V
#
# An entry of the root table with V set and R, W and X clear leads to a second-level table. With any of R and X it
# is a leaf itself and maps 4 MiB at once: a superpage. The root table of each process holds three entries:
#
#       64      (0x1000_0000)   -> the table of devices, which all processes share; one page in it, the serial port
#       256     (0x4000_0000)   -> the process's own table: the user part
#       512     (0x8000_0000)   a superpage: 4 MiB of physical memory, the kernel in it
#
# An entry of the process's own table is one of these:
#
#       all zero                nothing here (yet: heap and stack come on demand)
#       V = 0, SAVED = 1        the page is in the swap area
#       V = 1                   a page. COW: it may be written, but only after it was copied. SAVED: the swap area
#                               has a copy, which is up to date as long as D = 0

        .equ    PTE_V,          1 << 0          # valid
        .equ    PTE_R,          1 << 1          # loads
        .equ    PTE_W,          1 << 2          # stores
        .equ    PTE_X,          1 << 3          # fetches
        .equ    PTE_U,          1 << 4          # U mode may (and S mode may not, but with SUM)
        .equ    PTE_G,          1 << 5          # the same in all address spaces
        .equ    PTE_A,          1 << 6          # accessed: the hardware sets it at any use
        .equ    PTE_D,          1 << 7          # dirty: the hardware sets it at a store
        .equ    PTE_COW,        1 << 8          # the two bits that belong to software: copy on write ...
        .equ    PTE_SAVED,      1 << 9          # ... and "has a copy in the swap area"

        # A and D are set from the beginning where nobody asks for them: it spares the hardware the store.
        .equ    PTE_RAM,        RAM >> 2 | PTE_D | PTE_A | PTE_G | PTE_X | PTE_W | PTE_R | PTE_V
        .equ    PTE_UART,       UART >> 2 | PTE_D | PTE_A | PTE_G | PTE_W | PTE_R | PTE_V
