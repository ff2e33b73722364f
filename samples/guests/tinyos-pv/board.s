# tinyos-pv/board.s - where the devices are on this board. They are words in the shared page.

        .include "page.s"
        .include "tinyos-pv/instead.s"          # from here on kernel instructions are something else

        .equ    MTIMECMP,       PAGE + PAGE_ALARM
        .equ    MTIME,          PAGE + PAGE_TIME
        .equ    FINISHER,       PAGE + PAGE_POWER
