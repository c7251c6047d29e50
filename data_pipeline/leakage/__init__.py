"""Leakage: training lines that occur in validation or test sets, found by content. What counts, and why.

A test row has sides (a line in each language). A training row leaks if *any* side of it matches the side of a test row
in the same language: a test source in the training sources is leakage too, whatever stands beside it. All comparisons
but the first are made on folded text (`data_pipeline.folding`: case, width, punctuation and spaces away), in tokens:
words, or in Japanese and Chinese characters (ASCII words stay whole). "6/16" means 6 words or 16 characters.

exact    The normalised lines are equal.
folded   The folded lines are equal.
         For both, a side of 4/10 or more counts alone; shorter ones ("Open", "Yes") only where two sides of the same
         test row agree, since everybody has written them.
ngram    The test line, or the greater part of it, stands inside the training line: stretches of at least 5/10 tokens
         that both have make up 55 % of the test line, and at least 6/16 tokens. So a test line inside a longer line, or
         cut off at 70 %, is found. A share, as in Llama 2's report, and not one common 13-gram, as in GPT-3's: most
         lines of a translation test have fewer than 26 words. The least numbers keep out idioms ("as part of the").
         They hold for two sides together too: an idiom and its translation are no more evidence than the idiom.
near     Edited, in lines of 6/16 or more: 85 % similar (1 - insertions and deletions / total length, the better of
         characters and words, so one word of seven may be another). In lines of 4-5/10-15 tokens one token may
         differ, and characters must be 93 % similar: "Delets the current sheet", but not "... slide". Shorter lines
         are never near anything: every word of them is the message.

Prior art: HPLT and Mozilla compare hashes of lines (Mozilla trained on WMT sets all the same: mozilla/translations
issue 911); OpusPocus' decontaminate looks for lines of 25 characters inside others. A paraphrase or another translation
of a test line is found by none of this. What it costs: about one row in a thousand of unrelated text, nearly all of
them texts with formulas in common ("right-click the ... and choose ..."); see benchmarks/leakage.py.

The bundled hashes of WMT sets (`wmt_hashes.npz`, made by `tools/make_wmt_hashes.py`) hold no text: per line 40 bits for
`folded`, 8 for `exact`, at most five n-grams of 24 bits, the rarest of each fifth, and for lines of 6-10/16-27 tokens
48 bits of pieces. There, lines of more n-grams count by the share of the kept ones that occur, and `near` is such a
line of about the same length, or one of the same number of tokens and five equal pieces of six. Edited lines of 4-5
words (under 16 characters) are not found, and the similarity told is a rough one.
"""
