"""Programs as files: raw binaries, and ELF with DWARF lines, in and out."""
