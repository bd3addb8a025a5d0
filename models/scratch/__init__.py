"""Train a small language model from scratch: tokenizer, architecture, training loop, and the shipped tiny base."""
