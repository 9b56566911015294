"""Tests of the published site: asv publish, a server of files, and Chromium where it is there."""
