# tinyos-pv/character.s - one character to the console.

        .section .text

# print_character: put the byte in a0 into the ring. At each hypercall what is in it is printed.
print_character:
        li      t0, PAGE
        lw      t1, PAGE_SENT(t0)
1:
        lw      t2, PAGE_PRINTED(t0)
        sub     t2, t1, t2
        li      t3, RING_SIZE
        bltu    t2, t3, 2f
        hypercall CALL_LOOK                     # the ring is full
        j       1b
2:
        andi    t2, t1, RING_SIZE - 1
        add     t2, t2, t0
        sb      a0, PAGE_RING(t2)
        addi    t1, t1, 1
        sw      t1, PAGE_SENT(t0)
        ret
