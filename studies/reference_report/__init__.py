"""The claims of the published report that tomobench redoes, each checked against the results."""
