# containers/listing.s - in place of tinyos/listing.s. The processes have been found: put each into its container,
# number them anew, and say on each container's console what runs there.

        .include "containers/table.s"

        .section .text

# list_programs: the kernel calls this when the process table is complete and nobody has run yet.
list_programs:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s0, 8(sp)
        sw      s1, 4(sp)
        sw      s2, 0(sp)
        la      s1, enrol
        call    for_each_process
        la      s1, list
        call    for_each_process
        lw      ra, 12(sp)
        lw      s0, 8(sp)
        lw      s1, 4(sp)
        lw      s2, 0(sp)
        addi    sp, sp, 16
        ret

# for_each_process: call the function s1 for each process there is: s0 = the process.
for_each_process:
        mv      s2, ra
        la      s0, processes
1:
        lw      t0, P_STATE(s0)
        beqz    t0, 2f                          # STATE_FREE, 0, ends the list: there are no gaps
        jalr    s1
        addi    s0, s0, P_SIZE
        la      t0, processes_end
        bltu    s0, t0, 1b
2:
        mv      ra, s2
        ret

# enrol: the process s0 joins the container in whose part of the slots it lies.
enrol:
        lw      t0, P_SLOT(s0)
        li      t1, SLOTS - CONTAINER_SPACE     # container 1 begins at SLOTS
        sub     t0, t0, t1
        li      t1, CONTAINER_SPACE
        divu    t0, t0, t1
        sb      t0, P_CONTAINER(s0)
        slli    t0, t0, C_SIZE_SHIFT
        la      t1, containers
        add     t0, t0, t1
        lw      t1, C_PROCESSES(t0)
        addi    t1, t1, 1
        sw      t1, C_PROCESSES(t0)
        sb      t1, P_PID(s0)
        ret

# list: print the name of the process s0 on its container's console. The first one of a container begins the line,
# the last one ends it.
list:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        lbu     t0, P_PID(s0)
        li      t1, 1
        bne     t0, t1, 1f
        la      a0, text_programs
        call    print
1:
        li      a0, ' '
        call    print_character
        addi    a0, s0, P_NAME
        call    print
        call    container_of
        lw      t0, C_PROCESSES(t0)
        lbu     t1, P_PID(s0)
        bne     t0, t1, 2f
        la      a0, text_newline
        call    print
2:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
