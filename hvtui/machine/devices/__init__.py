"""The devices of the board: test finisher, CLINT, PLIC and UART."""
