"""Connected components over row numbers, as arrays: no Python object for each row."""

import numpy as np
from numpy.typing import NDArray


def components(size: int, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Label each of `size` nodes with the lowest node it is connected to through the edges `left[i] - right[i]`.

    Shapes: `left` and `right` are equal in length, values below `size`; the answer has length `size`. Each round takes
    the lowest label across every edge, then halves the paths: rounds grow with the logarithm of the longest chain.
    """
    labels = np.arange(size, dtype=np.uint32)
    a, b = left.astype(np.int64), right.astype(np.int64)
    while True:
        low = np.minimum(labels[a], labels[b])
        before = labels.copy()
        np.minimum.at(labels, before[a], low)
        np.minimum.at(labels, before[b], low)
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels
