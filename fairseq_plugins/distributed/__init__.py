"""What stock fairseq lacks for several processes."""
