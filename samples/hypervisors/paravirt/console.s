# paravirt/console.s - the real console, and the end.
#
# The guest's bytes come by the ring in the page, many at a time. The console is the guest's alone, so we print
# them as they are; our own lines begin with "paravirt: ".

        .include "serial.s"                     # console_init, print_character

# print: send the characters at a0 up to a 0. Texts of ours, never of the guest's.
print:
        mv      t6, ra
        mv      t5, a0
1:
        lbu     a0, 0(t5)
        beqz    a0, 2f
        call    print_character
        addi    t5, t5, 1
        j       1b
2:
        jr      t6

# ring_print: print what the guest has put into the ring. How far we are only we say: what the guest writes into
# PAGE_PRINTED is overwritten. If it claims to have sent more than fits, the newest RING_SIZE bytes are printed.
ring_print:
        li      t2, PAGE
        lw      t3, PAGE_SENT(t2)
        lw      t4, printed
        sub     t5, t3, t4
        beqz    t5, 3f                          # nothing new: by far the most frequent case
        mv      t6, ra
        li      a1, RING_SIZE
        bleu    t5, a1, 1f
        sub     t4, t3, a1
1:
        andi    t5, t4, RING_SIZE - 1
        add     t5, t5, t2
        lbu     a0, PAGE_RING(t5)
        call    print_character
        addi    t4, t4, 1
        bne     t4, t3, 1b
        sw      t4, printed, t0
        sw      t4, PAGE_PRINTED(t2)
        jr      t6
3:
        sw      t4, PAGE_PRINTED(t2)
        ret

# guest_ends: the guest has turned its machine off. a0 = what it has written to PAGE_POWER.
guest_ends:
        li      t0, FINISH_PASS
        beq     a0, t0, power_off
        slli    t1, a0, 16
        srli    t1, t1, 16
        li      t0, FINISH_FAIL
        beq     t1, t0, power_off
        la      a0, text_power

# guest_dies: we end it. a0 = the text that says why.
guest_dies:
        mv      a2, a0
        call    ring_print                      # its last words first
        mv      a0, a2
        call    print
        li      a0, EXIT_DIED << 16 | FINISH_FAIL
power_off:
        li      t0, FINISHER
        sw      a0, 0(t0)
1:
        wfi
        j       1b

# hypervisor_fault: a trap out of M mode. We never fault, so this is a bug of ours.
hypervisor_fault:
        la      a0, text_fault
        call    print
        li      a0, EXIT_FAULT << 16 | FINISH_FAIL
        j       power_off

        .section .rodata
text_power:
        .asciz  "paravirt: the guest wants what the finisher does not know; I end it\n"
text_fault:
        .asciz  "paravirt: the hypervisor itself trapped\n"

        .section .bss
        .balign 4
printed:
        .space  4                               # how many bytes of the guest we have printed
