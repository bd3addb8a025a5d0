"""From characters to tokens, and how a row of tokens is walked and cut. Knows no mathematics."""
