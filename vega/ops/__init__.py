"""Functions on tensors: no state, no paper."""
