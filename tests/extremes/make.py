"""Writes `reference.txt`: densities, entropies, KLs and distribution functions at extreme parameters, with 80 digits by mpmath.

    python3 -m venv v && v/bin/pip install mpmath numpy && v/bin/python make.py > reference.txt

A line is `kind | row | parameters | x | value | derivatives in the parameters | derivative in x`; parameters are parted by `;`, the entries
of one by `,`, those of two distributions by `/`; `-` is one that is not given. All numbers given are exact in single precision.
Derivatives are central differences with relative steps of 1e-15. A line of kind `cdf` has points and the distribution function there.
"""
import itertools, random, sys
import numpy as np
from mpmath import mp, mpf, log, exp, loggamma, digamma, sqrt, pi, erfc, cos, sin, log1p, expm1, besseli, euler, inf

mp.dps = 50
mp_exp = exp
def exp(x): return mpf(0) if x < -1e7 else mpf(inf) if x > 1e7 else mp_exp(x)
def f32(x): return float(np.float32(x))
def m(x): return mpf(x)
HL = lambda: log(2 * pi) / 2
def xlogy(c, x): return mpf(0) if c == 0 and x == 0 else c * log(x)
def softplus(x): return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))
def lse(v):
    k = max(v)
    return k if k == -inf else k + log(sum(exp(a - k) for a in v))

# Standard laws: ln of the density, of the mass above, of the mass below.
def log_upper_normal(z): return log(erfc(z / sqrt(2)) / 2) if z < 1e6 else -z * z / 2 - log(z) - HL() + log(1 - 1 / z**2 + 3 / z**4)
def log1mexp(l): return log(-expm1(l))
LAWS = {
    "Normal": (lambda z: -z * z / 2 - HL(), log_upper_normal, lambda z: log_upper_normal(-z)),
    "HalfNormal": (lambda z: -z * z / 2 - HL() + log(2), lambda z: log_upper_normal(z) + log(2), lambda z: log(mp.erf(z / sqrt(2)))),
    "Logistic": (lambda z: -abs(z) - 2 * softplus(-abs(z)), lambda z: -softplus(z), lambda z: -softplus(-z)),
    "Laplace": (lambda z: -abs(z) - log(2), lambda z: -z - log(2) if z > 0 else log1p(-exp(z) / 2), lambda z: z - log(2) if z < 0 else log1p(-exp(-z) / 2)),
    "Gumbel": (lambda z: -z - exp(-z), lambda z: log1mexp(-exp(-z)), lambda z: -exp(-z)),
    "Exponential": (lambda z: -z, lambda z: -z, lambda z: log1mexp(-z)),
    "Uniform": (lambda z: mpf(0), lambda z: log1p(-z), lambda z: log(z)),
}
def link(row, p):
    """law, z from x, ln dz/dx"""
    if row in ("Normal", "Logistic", "Laplace", "Gumbel"): return row, lambda x: (x - p[0]) / p[1], lambda x: -log(p[1])
    if row == "HalfNormal": return row, lambda x: x / p[0], lambda x: -log(p[0])
    if row == "Exponential": return row, lambda x: x * p[0], lambda x: log(p[0])
    if row == "LogNormal": return "Normal", lambda x: (log(x) - p[0]) / p[1], lambda x: -log(p[1]) - log(x)
    if row == "Uniform": return row, lambda x: (x - p[0]) / (p[1] - p[0]), lambda x: -log(p[1] - p[0])
def log_mass(row, p, low, high):
    law, z, _ = link(row, p)
    _, up, down = LAWS[law]
    support = {"HalfNormal": (mpf(0), None), "Exponential": (mpf(0), None), "Uniform": (mpf(0), mpf(1))}.get(law, (None, None))
    a = z(low) if low is not None else support[0]
    b = z(high) if high is not None else support[1]
    if support[0] is not None: a = max(a, support[0])
    if support[1] is not None: b = min(b, support[1]) if b is not None else support[1]
    if law == "Uniform": return log(b - a)
    with mp.workdps(80):
        if a is not None and b is not None:
            if a >= 0 and law != "Gumbel" or law == "Gumbel" and a > 0.37:
                u = up(a)
                v = up(b)
                return u + log1mexp(v - u)
            u = down(b)
            v = down(a) if not (support[0] == 0 and a == 0) else -inf
            return u + log1mexp(v - u) if v != -inf else u
        return up(a) if a is not None else down(b)

def logpdf(row, p, x):
    """p: list of mpf, of lists of mpf, or None"""
    form, _, inner = row.partition(" ")
    if form == "Mixture":
        w = p[-1]
        k = len(w)
        of = lambda j: [None if q is None else (q[j] if isinstance(q, list) else q) for q in p[:-1]]
        return lse([w[j] + logpdf(inner, of(j), x) for j in range(k)]) - lse(w)
    if form == "Truncated":
        low, high = p[-2], p[-1]
        if (low is not None and x < low) or (high is not None and x > high): return -inf
        return logpdf(inner, p[:-2], x) - log_mass(inner, p[:-2], low, high)
    if row == "NormalMixture": return logpdf("Mixture Normal", [p[1], p[2], p[0]], x)
    if row == "DiscretizedLogisticMixture": return logpdf("Mixture DiscretizedLogistic", [p[1], p[2], p[3], p[0]], x)
    if link(row, p + [None, None]):
        law, z, s = link(row, p)
        if law == "Uniform" and not 0 <= z(x) <= 1: return -inf
        return LAWS[law][0](z(x)) + s(x)
    if row == "Bernoulli":
        if p[0] is not None: return x * p[0] - softplus(p[0])
        return log(p[1]) if x == 1 else log1p(-p[1])
    if row in ("Categorical", "OneHotCategorical"):
        l = p[0] if p[0] is not None else [log(a) for a in p[1]]
        k = int(x) if row == "Categorical" else [int(a) for a in x].index(1)
        return l[k] - lse(l) if p[0] is not None else l[k] - log(sum(p[1]))
    if row == "Beta": return xlogy(p[0] - 1, x) + xlogy(p[1] - 1, 1 - x) - loggamma(p[0]) - loggamma(p[1]) + loggamma(p[0] + p[1])
    if row == "Cauchy": return -log1p(((x - p[0]) / p[1]) ** 2) - log(p[1] * pi)
    if row == "Dirichlet":
        return sum(xlogy(c - 1, a) - loggamma(c) for c, a in zip(p[0], x)) + loggamma(sum(p[0]))
    if row == "DiscretizedLogistic":
        loc, s, n = p
        top = n - 1
        a, b = ((2 * x - 1) / top - 1 - loc) / s, ((2 * x + 1) / top - 1 - loc) / s
        if x == 0: return -softplus(-b)
        if x == top: return -softplus(a)
        return -softplus(-b) - softplus(a) + log1mexp(a - b)
    if row == "Poisson": return (xlogy(x, p[0]) - p[0] if p[0] is not None else x * p[1] - exp(p[1])) - loggamma(x + 1)
    if row == "NegativeBinomial":
        mean, r = p[0] if p[0] is not None else exp(p[1]), p[2]
        return loggamma(x + r) - loggamma(r) - loggamma(x + 1) - r * log1p(mean / r) + xlogy(x, mean / (r + mean))
    if row == "Geometric": return -softplus(-p[0]) - x * softplus(p[0]) if p[0] is not None else log(p[1]) + x * log1p(-p[1])
    if row == "Binomial":
        ways = loggamma(p[0] + 1) - loggamma(x + 1) - loggamma(p[0] - x + 1)
        return ways + (x * p[1] - p[0] * softplus(p[1]) if p[1] is not None else xlogy(x, p[2]) + (p[0] - x) * log1p(-p[2]))
    if row == "Gamma": return xlogy(p[0] - 1, x) - p[1] * x + p[0] * log(p[1]) - loggamma(p[0])
    if row == "StudentT":
        df, loc, s = p
        return loggamma((df + 1) / 2) - loggamma(df / 2) - log(df * pi) / 2 - log(s) - (df + 1) / 2 * log1p(((x - loc) / s) ** 2 / df)
    if row == "VonMises": return p[1] * (cos(x - p[0]) - 1) - log_i0e(p[1]) - log(2 * pi)
    if row == "MultivariateNormal":
        loc, c = p
        n = len(loc)
        L = [[c[i * n + j] if j < i else (exp(c[i * n + j]) if i == j else mpf(0)) for j in range(n)] for i in range(n)]
        z, out = [], mpf(0)
        for i in range(n):
            z.append((x[i] - loc[i] - sum(L[i][j] * z[j] for j in range(i))) / L[i][i])
            out += -z[i] ** 2 / 2 - HL() - c[i * n + i]
        return out
    raise KeyError(row)

def log_i0e(k):
    """ln(I0(k) e^-k)"""
    if k < 2000: return log(besseli(0, k)) - k
    t, total = mpf(1), mpf(1)
    for j in range(1, 60):
        t *= mpf((2 * j - 1) ** 2) / (8 * k * j)
        total += t
    return log(total) - log(2 * pi * k) / 2
def mean_versine(k):
    return 1 - besseli(1, k) / besseli(0, k) if k < 2000 else -(log_i0e(k * (1 + mpf(10) ** -20)) - log_i0e(k * (1 - mpf(10) ** -20))) / (2 * k * mpf(10) ** -20)

def dirichlet_norm(c): return sum(loggamma(a) for a in c) - loggamma(sum(c))
def entropy(row, p):
    form, _, inner = row.partition(" ")
    if form == "Truncated": return truncated_entropy(inner, p[:-2], p[-2], p[-1])
    if row == "NormalMixture": raise KeyError
    if row in ("DiscretizedLogistic", "DiscretizedLogisticMixture", "Mixture DiscretizedLogistic", "Mixture Bernoulli"):
        n = {"DiscretizedLogistic": 2, "DiscretizedLogisticMixture": 3, "Mixture DiscretizedLogistic": 2}.get(row)
        n = 2 if n is None else int(p[n])
        ls = [logpdf(row, p, mpf(i)) for i in range(n)]
        return -sum(exp(l) * l for l in ls)
    if row == "Bernoulli":
        q = 1 / (1 + exp(-p[0])) if p[0] is not None else p[1]
        return softplus(p[0]) - p[0] * q if p[0] is not None else -xlogy(q, q) - xlogy(1 - q, 1 - q)
    if row in ("Categorical", "OneHotCategorical"):
        l = p[0] if p[0] is not None else [log(a) for a in p[1]]
        k = lse(l)
        return -sum(exp(a - k) * (a - k) for a in l)
    if row == "Beta":
        a, b = p
        return dirichlet_norm(p) - (a - 1) * (digamma(a) - digamma(a + b)) - (b - 1) * (digamma(b) - digamma(a + b))
    if row == "Dirichlet": return dirichlet_norm(p[0]) - sum((a - 1) * (digamma(a) - digamma(sum(p[0]))) for a in p[0])
    if row == "Cauchy": return log(4 * pi * p[1])
    if row == "Exponential": return 1 - log(p[0])
    if row == "Geometric":
        q = 1 / (1 + exp(-p[0])) if p[0] is not None else p[1]
        return -log(q) - (1 - q) / q * log1p(-q) if p[0] is None else softplus(-p[0]) + exp(-p[0]) * softplus(p[0])
    if row == "Gamma": return p[0] - log(p[1]) + loggamma(p[0]) + (1 - p[0]) * digamma(p[0])
    if row == "Gumbel": return log(p[1]) + euler + 1
    if row == "HalfNormal": return log(pi * p[0] ** 2 / 2) / 2 + mpf(1) / 2
    if row == "Laplace": return log(2 * p[1]) + 1
    if row == "LogNormal": return p[0] + log(p[1]) + HL() + mpf(1) / 2
    if row == "Logistic": return log(p[1]) + 2
    if row == "Normal": return log(p[1]) + HL() + mpf(1) / 2
    if row == "MultivariateNormal":
        n = len(p[0])
        return sum(p[1][i * n + i] for i in range(n)) + n * (HL() + mpf(1) / 2)
    if row == "StudentT":
        df, _, s = p
        return (df + 1) / 2 * (digamma((df + 1) / 2) - digamma(df / 2)) + log(df) / 2 + loggamma(df / 2) + log(pi) / 2 - loggamma((df + 1) / 2) + log(s)
    if row == "Uniform": return log(p[1] - p[0])
    if row == "VonMises": return log_i0e(p[1]) + log(2 * pi) + p[1] * mean_versine(p[1])
    raise KeyError(row)
def truncated_entropy(row, p, low, high):
    law, z, s = link(row, p)
    f, up, down = LAWS[law]
    lm = log_mass(row, p, low, high)
    a = z(low) if low is not None else (mpf(0) if law in ("HalfNormal", "Exponential", "Uniform") else None)
    b = z(high) if high is not None else (mpf(1) if law == "Uniform" else None)
    # Where the mass lies: from the end nearer to the centre on, in units of the decay there.
    steps = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    if a is not None and a >= 0: ends = [a + k / (1 + a if law in ("Normal", "HalfNormal") else 1) for k in steps]
    elif b is not None and b <= 0: ends = [b - k / (1 - b if law == "Normal" else 1) for k in steps][::-1]
    else: ends = [mpf(k) for k in [-k for k in steps[:0:-1]] + steps]
    ends = [e for e in ends if (a is None or e > a) and (b is None or e < b)]
    ends = ([a] if a is not None else []) + ends + ([b] if b is not None and (len(ends) < 20 and (not ends or b - ends[-1] < 60)) else [])
    slope = (lambda t: -(log(p[1]) + p[0] + p[1] * t)) if row == "LogNormal" else (lambda t: s(None))
    with mp.workdps(25 if a is None or abs(a) < 1e3 else 50):
        return mp.quad(lambda t: -exp(f(t) - lm) * (f(t) - lm + slope(t)), ends)

def kl(P, Q, p, q):
    if P == "Bernoulli": return (p[0] - q[0]) / (1 + exp(-p[0])) + softplus(q[0]) - softplus(p[0])
    if P == Q == "Beta": return kl("Dirichlet", "Dirichlet", [p], [q])
    if P == Q == "Dirichlet":
        c, d = p[0], q[0]
        return sum((a - b) * (digamma(a) - digamma(sum(c))) for a, b in zip(c, d)) + dirichlet_norm(d) - dirichlet_norm(c)
    if P in ("Categorical", "OneHotCategorical"):
        k, l = lse(p[0]), lse(q[0])
        return sum(exp(a - k) * (a - k - b + l) for a, b in zip(p[0], q[0]))
    if P == "Cauchy": return log(((p[1] + q[1]) ** 2 + (p[0] - q[0]) ** 2) / (4 * p[1] * q[1]))
    if P in ("Gamma", "Exponential") and Q in ("Gamma", "Exponential"):
        a, r = (p if P == "Gamma" else [mpf(1), p[0]])
        b, s = (q if Q == "Gamma" else [mpf(1), q[0]])
        return (a - b) * digamma(a) - loggamma(a) + loggamma(b) + b * log(r / s) + a * (s - r) / r
    if P == "Gumbel":
        r, d = p[1] / q[1], (p[0] - q[0]) / q[1]
        return -log(r) + euler * (r - 1) + d + exp(loggamma(1 + r) - d) - 1
    if P == "Poisson":
        a, b = [t[0] if t[0] is not None else exp(t[1]) for t in (p, q)]
        return a * log(a / b) + b - a
    if P == "Geometric": return softplus(-q[0]) - softplus(-p[0]) + exp(-p[0]) * (softplus(q[0]) - softplus(p[0]))
    if P == "HalfNormal": return log(q[0] / p[0]) + (p[0] / q[0]) ** 2 / 2 - mpf(1) / 2
    if (P, Q) == ("Laplace", "Laplace"):
        d = abs(p[0] - q[0])
        return log(q[1] / p[1]) + (p[1] * exp(-d / p[1]) + d) / q[1] - 1
    if (P, Q) == ("Laplace", "Normal"): return -log(2 * p[1]) - 1 + HL() + log(q[1]) + (2 * p[1] ** 2 + (p[0] - q[0]) ** 2) / (2 * q[1] ** 2)
    if P in ("Normal", "LogNormal") and P == Q: return log(q[1] / p[1]) + (p[1] ** 2 + (p[0] - q[0]) ** 2) / (2 * q[1] ** 2) - mpf(1) / 2
    if (P, Q) == ("Normal", "Laplace"):
        d = p[0] - q[0]
        e = p[1] * sqrt(2 / pi) * exp(-d * d / (2 * p[1] ** 2)) + d * mp.erf(d / p[1] / sqrt(2))
        return -log(p[1]) - HL() - mpf(1) / 2 + log(2 * q[1]) + e / q[1]
    if (P, Q) == ("Uniform", "Uniform"): return log((q[1] - q[0]) / (p[1] - p[0])) if q[0] <= p[0] and p[1] <= q[1] else inf
    if (P, Q) == ("Uniform", "Normal"):
        w, c = p[1] - p[0], (p[0] + p[1]) / 2
        return -log(w) + HL() + log(q[1]) + (w * w / 12 + (c - q[0]) ** 2) / (2 * q[1] ** 2)
    if P == "VonMises": return log_i0e(q[1]) - log_i0e(p[1]) - p[1] * mean_versine(p[1]) + q[1] * (1 - (1 - mean_versine(p[1])) * cos(p[0] - q[0]))
    n = len(p[0])
    def factor(R, p):
        if R == "Normal": return [[p[1][i] if i == j else mpf(0) for j in range(n)] for i in range(n)]
        return [[p[1][i * n + j] if j < i else (exp(p[1][i * n + j]) if i == j else mpf(0)) for j in range(n)] for i in range(n)]
    L, R = mp.matrix(factor(P, p)), mp.matrix(factor(Q, q))
    A = R**-1 * L
    d = R**-1 * mp.matrix([a - b for a, b in zip(p[0], q[0])])
    logdet = sum(log(R[i, i]) - log(L[i, i]) for i in range(n))
    return (sum(v * v for v in A) + sum(v * v for v in d) - n) / 2 + logdet

# Derivatives.
def at(tree, path, f):
    if not path: return f(tree)
    return [at(t, path[1:], f) if i == path[0] else t for i, t in enumerate(tree)]
def slope(f, args, path, v):
    h = (abs(v) if v else mpf(10) ** -8) * mpf(10) ** -15
    return (f(at(args, path, lambda t: t + h)) - f(at(args, path, lambda t: t - h))) / (2 * h)
def slopes(f, args):
    def walk(t, path):
        if t is None: return None
        if isinstance(t, list): return [walk(u, path + [i]) for i, u in enumerate(t)]
        return slope(f, args, path, t)
    return walk(args, [])
def text(t):
    if t is None: return "-"
    if isinstance(t, list): return ",".join(text(u) for u in t)
    return mp.nstr(t, 12, min_fixed=0, max_fixed=0) if abs(t) != inf else ("inf" if t > 0 else "-inf")
def given(t):
    if t is None: return "-"
    if isinstance(t, list): return ",".join(given(u) for u in t)
    return repr(float(t))
def line(kind, row, params, x, value, d, dx): print(" | ".join([kind, row, params, x, value, d, dx]))
def exact(t):
    if t is None: return None
    return [exact(u) for u in t] if isinstance(t, list) else mpf(f32(t))

LARGEST = mpf("3.0e38")
CONSTANT = {"levels"}
def density(row, p, x, fixed=(), dx=True, zero=False):
    """`fixed`: parameters that are constants; `zero`: at a border where derivatives are what the value says of the inside."""
    p, x = exact(p), exact(x)
    with mp.workdps(80):
        v = logpdf(row, p, x)
        if v == -inf or abs(v) > LARGEST: return line("density", row, ";".join(map(given, p)), given(x), text(-inf if v < 0 else v), "", "")
        if zero: return line("density", row, ";".join(map(given, p)), given(x), text(v), "", "")
        d = [None if i in fixed or q is None else slopes(lambda a: logpdf(row, p[:i] + [a] + p[i + 1:], x), q) for i, q in enumerate(p)]
        e = slopes(lambda a: logpdf(row, p, a), x) if dx else None
        if isinstance(x, list) and not dx: e = None
    line("density", row, ";".join(map(given, p)), given(x), text(v), ";".join(map(text, d)), text(e))
def entropies(row, p, fixed=(), grad=True):
    p = exact(p)
    with mp.workdps(80):
        v = entropy(row, p)
        d = [None if i in fixed or q is None or not grad else slopes(lambda a: entropy(row, p[:i] + [a] + p[i + 1:]), q) for i, q in enumerate(p)]
    line("entropy", row, ";".join(map(given, p)), "", text(v), ";".join(map(text, d)), "")
def kls(P, Q, p, q):
    p, q = exact(p), exact(q)
    with mp.workdps(80):
        v = kl(P, Q, p, q)
        if v > LARGEST: return line("kl", f"{P} / {Q}", ";".join(map(given, p)) + " / " + ";".join(map(given, q)), "", "inf", "", "")
        d = [slopes(lambda a: kl(P, Q, p[:i] + [a] + p[i + 1:], q), t) if t is not None else None for i, t in enumerate(p)]
        e = [slopes(lambda a: kl(P, Q, p, q[:i] + [a] + q[i + 1:]), t) if t is not None else None for i, t in enumerate(q)]
    line("kl", f"{P} / {Q}", ";".join(map(given, p)) + " / " + ";".join(map(given, q)), "", text(v), ";".join(map(text, d)) + " / " + ";".join(map(text, e)), "")

SHAPES = [1e-3, 0.03, 1, 5.5, 300, 1e5, 1e7, 1e8]
SCALES = [1e-3, 0.3, 1, 50, 1e8]
LOCS = [0, -2.5, 1e4, -1e8]
random.seed(1)
def some(items, n):
    items = list(items)
    return items if len(items) <= n else random.sample(items, n)
if __name__ == "__main__":
    exec(open(sys.path[0] + "/cases.py").read())
