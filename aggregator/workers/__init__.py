"""Worker processes: each document is parsed and normalised in a process that can be killed."""
