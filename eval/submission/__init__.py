"""What is uploaded to a shared task: checked against the official test set, written, and declared."""
