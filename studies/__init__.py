"""Studies: not part of tomobench, they ask how good it is. Each has a make target."""
