"""The whole history measured: what is left to do, a step at a time, nothing lost on the way."""
