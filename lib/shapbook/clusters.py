"""A Dask cluster to compute on: an embedded one that vanishes with its last use, or any other by its address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

try:
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster
except ModuleNotFoundError as error:
    msg = "Dask is not installed: the extra `scaling` of shapbook brings it, as in `pip install 'shapbook[scaling]'`."
    raise ModuleNotFoundError(msg) from error

__all__ = ["connect"]

ANSWER_SECONDS = 10


@contextmanager
def connect(
    address: str | None = None, n_workers: int = CPU_COUNT, memory_limit: str | float = "1 GiB"
) -> Iterator[Client]:
    """Give a client of the cluster at an address, or of an embedded one on this machine.

    The embedded cluster has one process a core, with one thread each: a crash or a memory limit then strikes one
    worker and not all, and XGBoost's threads do not fight. It listens on 127.0.0.1 only, has no dashboard, and its
    processes end with the `with` block, or with this process. In a script, open it under
    `if __name__ == "__main__":`, because the workers import the script.

    Arguments:
        address: A running scheduler, such as `"tcp://10.0.0.1:8786"`; it is left running. Whoever can reach a
            scheduler can run code on its workers, and what it sends back is run here: use only addresses you trust.
        n_workers: Processes of an embedded cluster.
        memory_limit: Memory of each of them, as Dask writes it; a worker that outgrows it is ended and replaced.

    Raises:
        ConnectionError: If no scheduler answers at the address.
    """
    if address is not None:
        with connected(address) as client:
            yield client
        return
    with (
        TemporaryDirectory(prefix="shapbook-dask-", ignore_cleanup_errors=True) as folder,
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory_limit,
            dashboard_address="127.0.0.1:0",  # a free port: with None Dask takes 8787, and warns if it is in use
            scheduler_kwargs={"dashboard": False},
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def connected(address: str) -> Client:
    try:
        return Client(address, timeout=ANSWER_SECONDS)
    except OSError as error:
        msg = (
            f"No Dask scheduler answers at {address}. Start one with `dask scheduler` and workers with `dask worker "
            f"{address}`, or leave the address out for a cluster on this machine."
        )
        raise ConnectionError(msg) from error
