"""Types of the numpy columns that the kernels pass around.

What belongs here: type aliases only.
"""

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
# days are datetime64[D], months datetime64[M]; NaT where absent
DateArray = npt.NDArray[np.datetime64]
