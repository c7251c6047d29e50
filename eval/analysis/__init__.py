"""What one number does not say: faults of the lines of an output, and where one system is better than another."""
