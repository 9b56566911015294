"""The plan: candidates for a question, estimated, in order, with reasons."""
