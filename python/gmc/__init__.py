"""gmc: a compiler for generative models.

>>> spec = gmc.compile('''
... data x: Real[2] from arrays
... flow f: Real[2] <-> Real[2] { repeat 4 as i { couple(parity(i), affine) { dense(32), relu } } }
... model p { z ~ Normal(0, I)[2];  x = f(z) }
... train { epochs 20  batch 64  using adam(lr: 2e-3) }
... ''')
>>> model = spec.fit(x=points)
>>> model.log_prob(points).kind
'exact'
>>> model.sample(100).shape
(100, 2)
"""

import os

# Mesa's device selection layer looks for a window system, and complains on standard error where there is none.
if "XDG_RUNTIME_DIR" not in os.environ:
    os.environ.setdefault("NODEVICE_SELECT", "1")

from ._gmc import __version__
from .errors import GmcError, SpecError
from .estimator import DensityEstimator
from .model import LogProb, Model, load
from .spec import Explanation, Spec, compile

__all__ = [
    "DensityEstimator",
    "Explanation",
    "GmcError",
    "LogProb",
    "Model",
    "Spec",
    "SpecError",
    "__version__",
    "compile",
    "load",
]
