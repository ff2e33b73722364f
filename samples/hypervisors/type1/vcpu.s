# type1/vcpu.s - the virtual CPU: all that the hypervisor knows of one virtual machine.
#
# A virtual machine has one hart. What a real hart keeps in registers, CSRs and devices stands here in memory, one
# word each, because the real registers belong to whoever runs. While the hypervisor works, s0 points to the vCPU
# it works for; all functions of the hypervisor rely on that and none changes it but the scheduler.
#
# The first 32 words are x0 to x31, so that "register n of the guest" is the word at 4*n. x0's word stays zero.

        .macro  field name, bytes=4             # the next field: its name is its offset in bytes
        .equ    \name, vcpu_size
        .set    vcpu_size, vcpu_size + \bytes
        .endm

        .set    vcpu_size, 0

        # ---- what the guest can see

        field   V_X, 4 * 32                     # the general registers
        field   V_PC                            # where it goes on
        field   V_PRIVILEGE                     # the mode it believes to be in: PRIV_M, PRIV_S or PRIV_U

        field   V_MSTATUS
        field   V_MEDELEG
        field   V_MIDELEG
        field   V_MIE
        field   V_MIP                           # the bits that software sets: SEIP, STIP, SSIP
        field   V_MTVEC
        field   V_MCOUNTEREN
        field   V_MENVCFG
        field   V_MCOUNTINHIBIT
        field   V_MSCRATCH
        field   V_MEPC
        field   V_MCAUSE
        field   V_MTVAL

        field   V_STVEC
        field   V_SCOUNTEREN
        field   V_SENVCFG
        field   V_SSCRATCH
        field   V_SEPC
        field   V_SCAUSE
        field   V_STVAL
        field   V_SATP

        .ifdef  NESTED
        field   V_TRAPMAP                       # mtrapmap and mvmcb (type1/nested.s)
        field   V_BLOCK
        .endif

        field   V_PMPCFG, 16                    # a byte an entry: L..AAXWR
        field   V_PMPADDR, 4 * 16               # a word an entry: address bits 33 to 2

        # ---- its time (type1/time.s). 64 bits each, low word first

        field   V_RETIRED, 8                    # how many instructions the guest has retired
        field   V_MTIME, 8                      # its clock
        field   V_MTIMECMP, 8                   # its alarm
        field   V_CYCLE_OFFSET, 8               # mcycle = V_RETIRED + this; when inhibited, mcycle itself
        field   V_INSTRET_OFFSET, 8             # minstret, the same way

        # ---- its devices

        field   V_LINES                         # the mip bits that devices drive: MEIP, SEIP, MSIP (MTIP is computed)

        field   V_UART_IER                      # the 16550 (type1/uart.s)
        field   V_UART_FCR
        field   V_UART_LCR
        field   V_UART_MCR
        field   V_UART_SCR
        field   V_UART_DIVISOR
        field   V_UART_OVERRUN                  # 1: a byte was lost, until LSR is read
        field   V_UART_SENT                     # 1: "transmitter empty" is to be reported
        field   V_UART_POLLS                    # how often LSR was read since the last byte was sent
        field   V_UART_COUNT                    # bytes in the receiver ...
        field   V_UART_FIFO, 16                 # ... the oldest first
        field   V_UART_HELD_COUNT               # bytes that come next, before new input: they were in the receiver
        field   V_UART_HELD, 16                 # already, and had to leave it when it was switched

        field   V_PLIC_PRIORITY, 4 * 96         # the PLIC (type1/plic.s): a word a source
        field   V_PLIC_LEVELS, 4 * 3            # a bit a source: the device asks
        field   V_PLIC_SERVICE, 4 * 3           # a bit a source: claimed, not completed
        field   V_PLIC_ENABLED, 2 * 4 * 3       # a bit a source, for context 0 (M) and context 1 (S)
        field   V_PLIC_THRESHOLD, 2 * 4         # a word a context

        field   V_LINE_COUNT                    # its console line as far as it has come (type1/console.s)
        field   V_LINE, LINE_SIZE
        field   V_LINE_BROKEN                   # 1: its line was cut, the rest is printed as a continuation

        # ---- what the hypervisor remembers

        field   V_NUMBER                        # 1 for vm1, 2 for vm2, ...
        field   V_STATE                         # VM_RUNNABLE, VM_WAITING or VM_ENDED
        field   V_EXIT_CODE                     # how it ended
        field   V_BASE                          # the real address of its memory
        field   V_TABLES                        # the real address of its pages for shadow tables
        field   V_TABLES_USED                   # how many of them are taken
        field   V_STALE                         # a bit a root: its shadow is out of date (type1/shadow.s)

        field   V_CAUSE                         # why the guest was left: mcause ...
        field   V_VALUE                         # ... mtval ...
        field   V_INSTRUCTION                   # ... the instruction that trapped, if it was one ...
        field   V_NEXT_PC                       # ... and the pc after it

        .ifdef  NESTED
        field   V_INTERCEPTED                   # the bits of V_TRAPMAP that make the trap on its way to the guest
        .endif

        field   V_TRAP_PC                       # the last trap handed to the guest, to notice a loop of traps: from
        field   V_TRAP_CAUSE                    # which pc and why ...
        field   V_TRAP_RETIRED                  # ... and after how many instructions (low word)
        field   V_TRAP_REPEATS                  # how often the same again

        field   V_SLICE_END                     # when the next VM gets the CPU: real mtime, low word
        field   V_WAIT_SINCE, 8                 # waiting: the real mtime when it fell asleep ...
        field   V_WAKE, 8                       # ... and when its alarm goes off; all ones: never
        field   V_SHADOW, SHADOW_STATE_SIZE     # type1/shadow.s's own

        .equ    VCPU_SIZE, (vcpu_size + 15) / 16 * 16
