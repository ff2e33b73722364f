"""The hardware: hart, privilege, CSRs, trap bitmap, memory, translation, devices, board."""
