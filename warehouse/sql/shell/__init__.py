"""The shell of `stargrove sql`: a prompt over the lake, read-only."""
