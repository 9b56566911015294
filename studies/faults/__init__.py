"""What bad input and faults of the machine do to tomobench's commands: ``make faults``."""
