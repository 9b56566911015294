"""How fast the program of plan --script writes, beside plain assignment."""
