"""Property tests fail for what they find, not for how busy the machine is. Every process computes with one thread."""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported, and for all that tests start

settings.register_profile("vega", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vega")
