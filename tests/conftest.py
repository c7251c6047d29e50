"""Property tests fail for what they find, not for how busy the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("vega", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vega")
