# Places and sizes that cannot be.
start:  nop
        nop
        .org    4
        .org    start
        .org    elsewhere
        .space  -1
        .space  start
        .space  1 << 30
        .fill   1 << 30, 8, 1
        .org    1 << 40
        .align  40
        .balign 3
        .space  tail - . + 4
tail:
        .space  4 & (tail2 - . == 0)
tail2:
        .rept   -1
        .endr
        .bss
        .word   5
        .space  4, 1
        .space  1 << 31
        .data
elsewhere:
        .section mine
        .section .text, "aw"
        .section mine, "aq"
        .section mine, "aw", @nothing
        .section mine, aw
        .subsection 1
        .popsection
