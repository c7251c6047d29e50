"""Text in, text out: cleaning on Ray, subword vocabulary, binarization."""
