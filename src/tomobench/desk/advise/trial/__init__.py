"""``tomobench plan --try``: layouts written from one's own voxels and read in turns, beside what the model said."""
