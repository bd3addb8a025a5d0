"""Training of the policy and the PPM with TRL, each job in its own process."""
