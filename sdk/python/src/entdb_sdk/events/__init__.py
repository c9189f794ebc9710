"""The event store: aggregates on the same log as the graph. The package exports all of it."""
