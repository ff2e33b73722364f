# abi.s - what the host kernel of 10-type2-translation and its processes have to agree on. This file is included by
# both, by the processes with hypervisors/hostlib.s.

        .equ    WINDOW,         0x40000000      # where a process finds its memory
        .equ    WINDOW_SIZE,    0x400000

        # ---- a frame: registers of something that was interrupted

        .equ    FRAME_PC,       0               # register xN is at 4*N; x0 needs no place
        .equ    FRAME_CAUSE,    128             # mcause
        .equ    FRAME_VALUE,    132             # mtval
        .equ    FRAME_SIZE,     136

        .equ    HEADER_SIZE,    24
        .equ    HEADER_START,   4
        .equ    HEADER_NAME,    8
        .equ    NAME_SIZE,      16
