# Data directives: numbers of every size, strings with every escape, numbers of variable length.
        .data
start:  .byte   0, 1, -1, 127, -128, 255, 'a', 0x7f, 0b101, 017
        .2byte  0, -1, 0x1234, 65535, -32768
        .half   1, 2
        .short  3
        .hword  4, 'z'
        .4byte  0, -1, 0x12345678, 4294967295, -2147483648
        .word   5, start, end, end - start, start + 8, -4 + end
        .long   6
        .int    7, 8
        .8byte  0x123456789abcdef0, -1
        .dword  9, start, end - start
        .quad   0xffffffffffffffff, -9223372036854775808
        .byte   end - start - 100
        .half   end - start
        .ascii  "no end", "two" " parts"
        .asciz  "ends", "also ends"
        .string "the same"
        .ascii  "\n\t\r\b\f\\\"\0\7\101\x41\xff\12a"
        .ascii  "hash # semicolon ; slashes // block /* in a string */"
        .ascii  "é€"
        .word   'a', 'b, '\n', '\\', '\'', '"', ' ', ';', '#', ','
        .uleb128 0
        .uleb128 127
        .uleb128 128
        .uleb128 300000
        .sleb128 -1
        .sleb128 63
        .sleb128 64
        .sleb128 -65
        .sleb128 -300000
        .byte
        .word
end:
