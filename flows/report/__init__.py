"""The fidelity report: every setting and every figure of the paper beside those of a home.

What the paper says stands in two data files, and what the home says comes from its lake; no other module here holds a figure.
"""
