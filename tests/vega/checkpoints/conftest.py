"""The small binarized corpus of the plugin tests."""

from tests.fairseq_plugins.conftest import corpora, data, no_process_group_left_behind, one_thread

__all__ = ["corpora", "data", "no_process_group_left_behind", "one_thread"]
