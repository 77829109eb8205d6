"""Specs: compiled, explained, fitted to arrays."""

import os
import shutil
import tempfile
import warnings
import weakref

import numpy as np

from . import _arrays
from ._gmc import Spec as _Spec
from .model import Model


def compile(text, *, folder=".", set=None):
    """Compiles a spec, its text or the path of a `.gm` file. `set` overrides literals: `{"train.epochs": 3}`.

    A spec with errors raises `SpecError`, whose text is what `gmc check` shows.
    """
    if isinstance(text, os.PathLike) or (isinstance(text, str) and text.endswith(".gm") and "\n" not in text):
        folder = os.path.dirname(os.fspath(text)) or "."
        with open(text, encoding="utf-8") as file:
            text = file.read()
    return Spec(text, folder=folder, set=set)


class Explanation:
    """What was concluded and derived: text to print, typeset in a notebook."""

    def __init__(self, text, html, latex):
        self._text, self._html, self._latex = text, html, latex

    def __str__(self):
        return self._text

    __repr__ = __str__

    def _repr_html_(self):
        return self._html

    def _repr_latex_(self):
        return self._latex


class Spec:
    """A spec without errors."""

    def __init__(self, text, *, folder=".", set=None):
        pairs = [(str(path), str(value)) for path, value in (set or {}).items()]
        self._inner = _Spec(text, os.fspath(folder), pairs)

    @property
    def text(self):
        """The text."""
        return self._inner.text

    def check(self):
        """What was concluded about each model, and what each player does; warnings are given as warnings."""
        said = self._inner.warnings()
        if said:
            warnings.warn(said, stacklevel=2)
        return self._inner.conclusions().rstrip("\n")

    def explain(self):
        """Objective, questions, parameters and costs, and the models as mathematics in a notebook."""
        return Explanation(self._inner.explanation(), self._inner.html(), self._inner.latex())

    def _repr_html_(self):
        return self.explain()._repr_html_()

    def _repr_latex_(self):
        return self.explain()._repr_latex_()

    def variables(self):
        """The variables of the data: names and types."""
        return {name: ty for name, ty, _ in self._inner.variables()}

    def fit(self, arrays=None, /, *, out=None, name="run", device="auto", verbose=False, **named):
        """Trains on arrays, each in the place of the data variable of its name: `fit(x=x, y=y)` or `fit({"x": x})`.

        Variables that are declared `from arrays` come from nowhere else; other data are read as the spec says where no array is handed over. A class may be an
        array of names. `out` is the folder for the run folder (default: one that is removed with the model); Ctrl-C stops training.
        """
        arrays = {**dict(arrays or {}), **named}
        labels = {}
        for variable, values in arrays.items():
            values = np.asarray(values)
            if values.dtype.kind in "USO" and values.ndim == 1:
                labels[variable] = sorted({str(v) for v in values})
        handed = _arrays.handed(arrays, lambda variable: labels.get(variable, ()))
        kept = None
        if out is None:
            out = tempfile.mkdtemp(prefix="gmc-")
            kept = out
        try:
            where = (os.fspath(out), name, device, not verbose)
            fitted = self._inner.fit(handed, list(labels.items()), where)
        except BaseException:
            if kept is not None:
                shutil.rmtree(kept, ignore_errors=True)
            raise
        model = Model(fitted, kept)
        if kept is not None:
            weakref.finalize(model, shutil.rmtree, kept, ignore_errors=True)
        return model

    def __repr__(self):
        return f"<gmc.Spec of {', '.join(self.variables()) or 'no data'}>"
