"""What people and their feed readers see over HTTP, and the same as files. Decides nothing about items."""
