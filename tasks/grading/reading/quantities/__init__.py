"""Tokens as one value: numbers, quantities with their units, and formulas."""
