# split/calls.s - what the lowvisor and the host kernel have agreed on. Both include it.

        .equ    LOWVISOR,       0x80000000      # the lowvisor's memory ...
        .equ    HOST,           0x80010000      # ... ends where the host kernel begins: its first instruction
        .equ    TABLES,         0x80200000      # the tables that the hardware walks for VMs; VMs come behind them

        # The host kernel calls the lowvisor by ecall, with the number of the call in a7. What a call does to registers
        # is what any function does: a0-a7 and t0-t6 are lost, the others are kept.
        #
        #       LOW_RUN         run a guest. a0 = its vCPU, a1 = mstatus, a2 = satp, a3 = after so many instructions of
        #                       it come back at the latest. Answer, when it has been left: a0 = mcause, a1 = mtval,
        #                       a2 = how many instructions it has retired
        #       LOW_ALARM       a1:a0 = when, in mtime, the host wants a timer interrupt; none comes from before

        .equ    LOW_RUN,        0
        .equ    LOW_ALARM,      1

        .equ    VCPU_PC,        4 * 32          # a vCPU begins with x0 to x31 and the pc; the rest is not our business
