"""The calls of a client, a file for each family. `DbClient` is all of them together."""
