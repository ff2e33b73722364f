# type1/devices.s - the guest's devices: which one answers where. The two small ones, CLINT and finisher, are here.
#
# No page with a device in it is ever mapped for a guest. So a load or store to a device takes a page fault, ends up
# here (from type1/loads.s), and we do to the virtual device what the access would have done to the real one.
# The map is that of the real machine: the guest believes to have one of its own.
#
# An access has 1, 2 or 4 bytes and is naturally aligned; access.s sees to that. The address and the value are
# the guest's, and may be anything.

        .equ    FINISHER_SIZE,  0x1000
        .equ    CLINT_SIZE,     0x10000
        .equ    PLIC_SIZE,      0x600000
        .equ    UART_SIZE,      0x100

        .equ    FINISH_RESET,   0x7777          # stored to the finisher: start again
        .equ    CODE_NO_RESET,  0xff            # how a VM ends that wants to

        .section .text

# device_load: read a1 bytes at the guest's physical address a0.
# -> a0 = the value, zero-extended; a1 = 1, or 0 if nothing answers (an access fault).
# The console comes first: it is by far the busiest.
device_load:
        li      t0, UART
        sub     t1, a0, t0                      # unsigned, an address below the device is far behind it
        li      t2, UART_SIZE
        bgeu    t1, t2, 1f
        andi    a0, a0, 7                       # eight registers, again and again
        j       uart_load
1:
        li      t0, CLINT
        sub     t1, a0, t0
        li      t2, CLINT_SIZE
        bgeu    t1, t2, 2f
        mv      a0, t1
        j       clint_load
2:
        li      t0, PLIC
        sub     t1, a0, t0
        li      t2, PLIC_SIZE
        bgeu    t1, t2, 3f
        mv      a0, t1
        j       plic_load
3:
        li      t0, FINISHER
        sub     t1, a0, t0
        li      t2, FINISHER_SIZE
        bgeu    t1, t2, device_refuse_load
        li      t0, 1
        beq     a1, t0, device_refuse_load      # the finisher does not know bytes
        li      a0, 0                           # nor does it say anything
        li      a1, 1
        ret

device_refuse_load:
        li      a0, 0
        li      a1, 0
        ret

# device_store: write the low a1 bytes of a2 to the guest's physical address a0.
# -> a0 = 1, or 0 if nothing answers. May end the VM (type1/scheduler.s: vm_end).
device_store:
        li      t0, UART
        sub     t1, a0, t0
        li      t2, UART_SIZE
        bgeu    t1, t2, 1f
        andi    a0, a0, 7
        andi    a1, a2, 0xff                    # its registers are bytes, whatever the size of the access
        j       uart_store
1:
        li      t0, CLINT
        sub     t1, a0, t0
        li      t2, CLINT_SIZE
        bgeu    t1, t2, 2f
        mv      a0, t1
        j       clint_store
2:
        li      t0, PLIC
        sub     t1, a0, t0
        li      t2, PLIC_SIZE
        bgeu    t1, t2, 3f
        mv      a0, t1
        j       plic_store
3:
        li      t0, FINISHER
        sub     t1, a0, t0
        li      t2, FINISHER_SIZE
        bgeu    t1, t2, device_refuse_store
        mv      a0, t1
        j       finisher_store

device_refuse_store:
        li      a0, 0
        ret

# device_accepts: would both a load and a store of a1 bytes at the guest's physical address a0 be taken? It does
# neither. -> a0 = 1 or 0
device_accepts:
        li      t0, UART
        sub     t1, a0, t0
        li      t2, UART_SIZE
        bltu    t1, t2, 1f
        li      t0, CLINT
        sub     t1, a0, t0
        li      t2, CLINT_SIZE
        bltu    t1, t2, 1f
        li      t0, PLIC
        sub     t1, a0, t0
        li      t2, PLIC_SIZE
        bltu    t1, t2, 2f
        li      t0, FINISHER
        sub     t1, a0, t0
        li      t2, FINISHER_SIZE
        bgeu    t1, t2, device_refuse_store
        addi    a1, a1, -1                      # 2 or 4 bytes, not 1
        snez    a0, a1
        ret
1:
        li      a0, 1                           # these two take everything
        ret
2:
        mv      a0, t1
        j       plic_accepts

# devices_reset: the guest's devices become as they are after power-on.
devices_reset:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    clint_reset
        call    uart_reset
        call    plic_reset
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# size_mask: a0 = a size of 1, 2 or 4 bytes. -> a0 = a word with so many bytes of ones, at its low end.
size_mask:
        slli    a0, a0, 3
        neg     a0, a0                          # a shift looks at five bits: this is 32 - 8 * size
        li      t0, -1
        srl     a0, t0, a0
        ret

# ---- the CLINT: software interrupt, clock and alarm
#
# The clock is V_MTIME; it counts the guest's own instructions (type1/time.s), and is up to date when we get here.
# Whether the alarm has gone off nobody keeps: it follows from V_MTIME and V_MTIMECMP whenever somebody asks.

# clint_reset: all registers zero. The alarm, zero as well, is due at once.
clint_reset:
        sw      zero, V_MTIME(s0)
        sw      zero, V_MTIME + 4(s0)
        sw      zero, V_MTIMECMP(s0)
        sw      zero, V_MTIMECMP + 4(s0)
        li      a0, 0
        j       clint_set_software

# clint_set_software: bit 0 of a0 is the software interrupt's line.
clint_set_software:
        lw      t0, V_LINES(s0)
        andi    t0, t0, ~IP_MSIP
        andi    a0, a0, 1
        beqz    a0, 1f
        ori     t0, t0, IP_MSIP
1:
        sw      t0, V_LINES(s0)
        ret

# clint_word: a0 = an offset in the CLINT.
# -> a0 = where the vCPU keeps the word that holds it, 0 if that is neither part of mtime nor of mtimecmp
clint_word:
        srli    t0, a0, 3                       # which 64-bit register ...
        andi    t1, a0, 4                       # ... and which half of it
        add     t1, t1, s0
        addi    a0, t1, V_MTIMECMP
        li      t2, CLINT_MTIMECMP >> 3
        beq     t0, t2, 1f
        addi    a0, t1, V_MTIME
        li      t2, CLINT_MTIME >> 3
        beq     t0, t2, 1f
        li      a0, 0
1:
        ret

# clint_load: a0 = offset, a1 = size. -> a0 = the value, a1 = 1. Registers may be read in parts; elsewhere is 0.
clint_load:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
        slli    s1, a0, 3                       # the low five bits: the part's place in its word, in bits
        mv      s2, a1
        li      s3, 0                           # s3 = the word
        srli    t0, a0, 2
        beqz    t0, 1f
        call    clint_word
        beqz    a0, 2f
        lw      s3, 0(a0)
        j       2f
1:
        lw      s3, V_LINES(s0)                 # msip: the line is the register
        andi    s3, s3, IP_MSIP
        snez    s3, s3
2:
        mv      a0, s2
        call    size_mask
        srl     s3, s3, s1
        and     a0, a0, s3
        li      a1, 1
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

# clint_store: a0 = offset, a1 = size, a2 = value. -> a0 = 1
clint_store:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
        beqz    a0, 1f
        slli    s1, a0, 3
        mv      s2, a1
        sll     s3, a2, s1                      # the new bytes, at their place in the word
        call    clint_word
        beqz    a0, 2f
        mv      t1, a0
        mv      a0, s2
        call    size_mask                       # leaves t1 alone
        sll     a0, a0, s1
        lw      t0, 0(t1)
        xor     s3, s3, t0                      # the bits that differ ...
        and     s3, s3, a0                      # ... of those that are written ...
        xor     t0, t0, s3                      # ... change
        sw      t0, 0(t1)
        j       2f
1:
        mv      a0, a2
        call    clint_set_software
2:
        li      a0, 1
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

# ---- the finisher: it turns the machine off, and says how all went. For a guest that is: the VM ends

# finisher_store: a0 = offset, a1 = size, a2 = value. -> a0 = 1 taken, 0 refused
finisher_store:
        addi    t0, a1, -1
        beqz    t0, device_refuse_store         # the finisher does not know bytes
        bnez    a0, 1f                          # one register, the rest ignores what is written
        addi    sp, sp, -16
        sw      ra, 12(sp)
        addi    t0, a1, -2
        snez    t0, t0                          # t0 = 0 for a half word: then there is no room for a code
        srli    t1, a2, 16
        neg     t0, t0
        and     t1, t1, t0                      # t1 = the code
        slli    t2, a2, 16
        srli    t2, t2, 16                      # t2 = the command
        li      a0, 0
        la      a1, text_passed
        li      t3, FINISH_PASS
        beq     t2, t3, 2f
        mv      a0, t1
        la      a1, text_failed
        li      t3, FINISH_FAIL
        beq     t2, t3, 2f
        li      a0, CODE_NO_RESET
        la      a1, text_reset
        li      t3, FINISH_RESET
        bne     t2, t3, 3f                      # any other command is none
2:
        call    vm_end
3:
        lw      ra, 12(sp)
        addi    sp, sp, 16
1:
        li      a0, 1
        ret

        .section .rodata
text_passed:
        .asciz  "turned itself off"
text_failed:
        .asciz  "turned itself off after a failure"
text_reset:
        .asciz  "wanted to start again, which a VM cannot"
