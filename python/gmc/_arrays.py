"""Arrays as gmc takes them: 32-bit floats in C order, by the names of variables."""

import numpy as np

from .errors import GmcError


def numbers(name, values, labels=()):
    """An array of 32-bit floats in C order; not copied where it is one. Names of classes become their numbers."""
    array = np.asarray(values)
    if array.dtype.kind in "USO" and len(labels):
        known = {label: i for i, label in enumerate(labels)}
        unknown = sorted({str(v) for v in array.ravel()} - set(known))
        if unknown:
            raise GmcError(
                f"`{name}` has no class `{unknown[0]}`: its classes are {', '.join(labels)}",
            )
        array = np.array([known[str(v)] for v in array.ravel()], dtype=np.float32).reshape(array.shape)
    try:
        return np.ascontiguousarray(array, dtype=np.float32).reshape(array.shape)
    except (TypeError, ValueError):
        raise GmcError(f"`{name}` holds no numbers: it is an array of {array.dtype}") from None


def named(values, names, question):
    """Arrays by name: a mapping as it is, one array as the only variable that is asked about."""
    if hasattr(values, "keys"):
        return {str(name): values[name] for name in values.keys()}
    if len(names) != 1:
        listed = ", ".join(f"{name}=.." for name in names)
        raise GmcError(
            f"`{question}` is about several variables: hand over a dict, dict({listed})"
            if names
            else f"`{question}` is about no variable"
        )
    return {names[0]: values}


def handed(arrays, labels):
    """Pairs of names and arrays for the library; `labels(name)` are the names of a variable's classes."""
    return [(name, numbers(name, values, labels(name))) for name, values in arrays.items()]


def given_back(made):
    """One array where there is one variable, else a dict by name. NumPy reads the numbers where gmc left them."""
    arrays = {name: np.asarray(values) for name, values in made}
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays
