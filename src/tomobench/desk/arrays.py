"""NumPy's arrays, as they are named in signatures: of which shape and element type, the words beside them say."""

from typing import Any

import numpy as np

type Array = np.ndarray[Any, np.dtype[Any]]
