"""The running service: composition root, scheduler, pipeline, maintenance, configuration reload."""
