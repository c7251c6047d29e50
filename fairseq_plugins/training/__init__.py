"""What our trainer adds to fairseq's: one idea, one file; `trainer.py` joins them."""
