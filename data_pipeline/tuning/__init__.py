"""Text for generalization tuning: a good sample of every domain, and dev sentences by domain."""
