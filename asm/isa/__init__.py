"""The instruction set as data: instructions, CSRs, trap causes, trap bits, register names."""
