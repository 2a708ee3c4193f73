"""A sweep on the cluster of a Dask scheduler: chunks of cases are tasks, and each is judged once."""
