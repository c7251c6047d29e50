"""A SLURM cluster of two to four nodes on one host, for tests and for trying things (`python -m slurm.testing`).

One munged, one slurmctld and one slurmd per node, with their own key, ports and folders; nothing outside the cluster's
folder is read or written. Needs root and Debian's `slurm-wlm` and `munge`; `accounting=True`, which adds slurmdbd and a
MariaDB of its own, also `mariadb-server-core`, `mariadb-client-core` and `slurmdbd`.
"""

from slurm.testing.cluster import Cluster, ClusterError, cluster
from slurm.testing.options import ClusterOptions

__all__ = ["Cluster", "ClusterError", "ClusterOptions", "cluster"]
