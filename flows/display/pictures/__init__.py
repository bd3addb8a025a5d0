"""Pictures of an evolution for the Prefect UI: pure functions from numbers to SVG, and the one place that publishes them."""
