"""An estimator in the manner of scikit-learn, which need not be installed."""

import numpy as np

from .spec import compile


class DensityEstimator:
    """A spec as a density estimator: `fit`, `score_samples`, `score`, `sample`, as those of `sklearn.mixture` and `sklearn.neighbors`.

    The spec has one data variable, a vector: `data x: Real[2] from arrays`. Where `{d}` stands in its text, the number of columns of the array is put. `set`
    overrides literals of the spec, `{"train.epochs": 50}`; `random_state` is the seed of training.
    """

    def __init__(self, spec, *, set=None, random_state=None, device="auto"):
        self.spec = spec
        self.set = set
        self.random_state = random_state
        self.device = device

    def get_params(self, deep=True):
        """The parameters of the estimator by name."""
        return {name: getattr(self, name) for name in ("spec", "set", "random_state", "device")}

    def set_params(self, **params):
        """Sets parameters of the estimator."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"there is no parameter `{name}`: there are {', '.join(known)}")
            setattr(self, name, value)
        return self

    def fit(self, X, y=None):
        """Trains on the rows of `X`; `y` is not looked at."""
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X has {X.ndim} axes: hand over an array [rows, columns]")
        overrides = dict(self.set or {})
        if self.random_state is not None:
            overrides.setdefault("train.seed", int(self.random_state))
        spec = compile(self.spec.replace("{d}", str(X.shape[1])), set=overrides)
        variables = list(spec.variables())
        if len(variables) != 1:
            raise ValueError(f"the spec has the data variables {', '.join(variables)}: an estimator has one")
        self.model_ = spec.fit({variables[0]: X}, device=self.device)
        self.n_features_in_ = X.shape[1]
        return self

    def _fitted(self):
        if not hasattr(self, "model_"):
            raise AttributeError("this estimator is not fitted yet: call `fit` first")
        return self.model_

    def score_samples(self, X):
        """The log-density of each row, in nats; `kind` of the array says whether it is exact or a bound."""
        return self._fitted().log_prob(X)

    def score(self, X, y=None):
        """The log-density of all rows together, in nats."""
        return float(np.sum(self.score_samples(X)))

    def sample(self, n_samples=1, random_state=None):
        """Draws `n_samples` rows."""
        seed = 1 if random_state is None else int(random_state)
        return self._fitted().sample(n_samples, seed=seed)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "model_")

    def __sklearn_tags__(self):
        # Only scikit-learn asks for them.
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(),
        )

    def __repr__(self):
        return f"DensityEstimator(random_state={self.random_state!r}, device={self.device!r})"
