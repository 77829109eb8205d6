"""Trained models and their answers."""

import os

import numpy as np

from . import _arrays
from ._gmc import Model as _Model


class LogProb(np.ndarray):
    """Log-densities in nats, an array with the kind of its numbers: `exact`, or `lower bound (K = 64)`."""

    kind = None

    def __new__(cls, values, kind):
        array = np.asarray(values).view(cls)
        array.kind = kind
        return array

    def __array_finalize__(self, other):
        self.kind = getattr(other, "kind", None)


def load(run, *, device="auto", model=None):
    """Opens a run folder, as `gmc run` and `fit` leave it, with its latest parameters. It needs no data.

    `device` is auto, cpu or gpu; `model` names the model that is asked, where a spec has several.
    """
    return Model(_Model.load(os.fspath(run), device, model))


class Model:
    """A trained model. Its methods are the questions of `gmc`; `questions()` says which it answers.

    Rows are given as arrays whose first axis counts them: one array where a question is about one variable, a dict by name elsewhere. Classes may be
    given by name where they have names. Answers are one array, or a dict by name where there are several variables.
    """

    def __init__(self, inner, kept=None):
        self._inner = inner
        # A folder that lasts as long as the model.
        self._kept = kept

    @property
    def run(self):
        """The run folder."""
        return os.fspath(self._inner.folder())

    def questions(self):
        """For each question the kind of its answer, or why there is none."""
        return {name: kind if can else f"no: {kind}" for name, can, kind in self._inner.questions()}

    def labels(self, name):
        """What the classes of a variable are called, by number; empty where they are numbers."""
        return self._inner.labels(name)

    def _rows(self, question, values):
        arrays = _arrays.named(values, self._inner.needed(question), question)
        return _arrays.handed(arrays, self._inner.labels)

    def sample(self, n=None, *, given=None, temperature=None, seed=1):
        """Draws `n` samples of all observed variables (default: one, or as many as rows are given).

        `given` fixes what the model is conditioned on or draws first: `{"y": 3}` or `{"kind": "red"}` for all draws, an array for one each. Where nothing
        is given, classes take turns.
        """
        values = []
        for name, value in (given or {}).items():
            array = _arrays.numbers(name, value, self._inner.labels(name))
            values.append((name, float(array) if array.ndim == 0 else array))
        return _arrays.given_back(self._inner.sample(n, values, temperature, seed))

    def log_prob(self, x, *, k=None, seed=1):
        """The log-density of each row in nats, with its `kind`; of a bound with `k` samples a row."""
        return LogProb(*self._inner.log_prob(self._rows("density", x), k, seed))

    def encode(self, x, *, seed=1):
        """What stands for each row: the means of its codes."""
        return _arrays.given_back(self._inner.encode(self._rows("encode", x), seed))

    def decode(self, z):
        """Data from codes: means, of classes the most probable one."""
        arrays = _arrays.named(z, self._inner.codes(), "decode")
        return _arrays.given_back(self._inner.decode(_arrays.handed(arrays, self._inner.labels)))

    def reconstruct(self, x, *, seed=1):
        """Rows through their codes and back."""
        return _arrays.given_back(self._inner.reconstruct(self._rows("reconstruct", x), seed))

    def predict_proba(self, x, *, k=None, seed=1):
        """How probable each class is by Bayes' rule: `[rows, classes]`."""
        return np.asarray(self._inner.probabilities(self._rows("classify", x), k, seed)[0])

    def __repr__(self):
        answered = [name for name, can, _ in self._inner.questions() if can]
        return f"<gmc.Model {self.run}: {', '.join(answered)}>"
