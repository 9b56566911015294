"""Tests of tomobench.desk.asv."""
