"""The race: releases measured side by side, turn by turn, so that drift of the machine is no regression."""
