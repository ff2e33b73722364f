# split/task.s - what the host knows of a task: a table of fields, as type1/vcpu.s is one.

        .macro  part name, bytes=4              # the next part of a task: its name is its offset in bytes
        .equ    \name, task_size
        .set    task_size, task_size + \bytes
        .endm

        .set    task_size, 0
        part    T_X, 4 * 32                     # the general registers; of the VM thread sp alone
        part    T_PC
        part    T_SATP                          # its page table. The VM thread lives in any
        part    T_MEMORY                        # where its slot really is; 0 for the VM thread
        part    T_STATE
        part    T_WAKE, 8                       # asleep: until when, in mtime
        part    T_EXIT_CODE
        part    T_ID                            # 1, 2, ...
        part    T_NAME, NAME_SIZE
        part    T_LINE_COUNT                    # what it has written of a line (split/syscalls.s)
        part    T_LINE, LINE_SIZE
        .equ    T_SIZE, task_size

        .equ    TASK_NONE,      0               # the slot is empty
        .equ    TASK_READY,     1
        .equ    TASK_ASLEEP,    2
        .equ    TASK_ENDED,     3

        .equ    TASK_COUNT,     1 + SLOT_COUNT
        .equ    EXIT_PANIC,     0xfe            # the exit code when the kernel itself is wrong
