"""How the machine behaves: its cores, and the bias of races."""
