"""The event store: aggregates on the same log as the graph. Everything is exported by `entdb_sdk`."""
