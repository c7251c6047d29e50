"""Text in, text out: cleaning on Ray, subword vocabulary, binarization."""

import os

# pyarrow's own allocator keeps what tables have freed, so that a process grows with the text that has gone through it.
# pyarrow reads this when it is loaded; the processes that Ray starts for us inherit it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
