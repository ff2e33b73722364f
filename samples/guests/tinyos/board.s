# tinyos/board.s - where the devices are on this board.

        .equ    UART,           0x10000000      # 16550 serial port, the console
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm, 64 bits
        .equ    MTIME,          0x0200bff8      # CLINT: the clock, 64 bits
        .equ    FINISHER,       0x00100000      # a word that is written here ends the run
