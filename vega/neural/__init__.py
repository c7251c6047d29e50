"""Neural metrics of translation (COMET, MetricX, pymarian): models from local files, each in a process of its own.

`vega.neural.assets` finds a model's files, `vega.neural.scorer` scores, `vega.neural.cache` keeps scores,
`vega.neural.child` is what runs in the other process. Only `child/comet_child.py` knows the COMET package.
"""
