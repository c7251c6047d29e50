"""Find rows that say the same as an earlier row, in external memory.

The rule, one for all kinds. Rows stand in an order: by priority (genuine, monolingual, synthetic), corpus, line. They
are taken in this order; a row is dropped if and only if it repeats a row that was kept before it:

- `duplicate`: all sides are equal after folding (see data_pipeline.folding);
- `duplicate_side`: one side is equal: of a language named in `sides`; or the row is monolingual and the other is a
  pair; or, with `synthetic_sides`, the row is synthetic and the other a genuine pair;
- `near_duplicate`: on *every* side the shingles of the two rows have a Jaccard similarity of `similarity` or more. So
  one source with two different translations is kept.

It follows that the row named as the reason is itself kept, and that a second run on the kept rows drops none. Which
rows are compared for `near_duplicate` is decided by MinHash: those that share a bucket, and in each bucket the last few
kept ones (greedy.COMPARED). The comparison itself is exact, so a row is never dropped by chance.

Steps: every worker writes the keys of its rows (keys.py); one process groups them on disk (find.py) and takes the rows
in order (greedy.py).
"""
