# What is written, by `make.py`.

# Location and scale: near the centre, some scales out, far out, at the ends of what is asked.
LOCATION = ["Normal", "Laplace", "Logistic", "Cauchy", "Gumbel"]
for row in LOCATION:
    for loc, s in itertools.product(LOCS, SCALES):
        for k in some([-40, -3.7, -0.3, 0.01, 1.9, 12, 85], 3):
            x = f32(f32(loc) + k * s)
            if x == f32(loc): continue
            density(row, [loc, s], x)
    for s in SCALES:
        for x in [1e20, -1e20, 1e10]: density(row, [0.5, s], x)
    for loc, s in some(itertools.product(LOCS, SCALES), 6): entropies(row, [loc, s])
for df, s in itertools.product(SHAPES, [1e-3, 1, 1e8]):
    for loc, k in some(itertools.product([0, -2.5], [-1e5, -30, -1.3, 0.02, 4, 1e3]), 3): density("StudentT", [df, loc, s], loc + k * s)
    density("StudentT", [df, 0, s], some([1e20, -1e20, 1e13], 1)[0])
for df in SHAPES: entropies("StudentT", [df, 1, 0.25])
for loc, s in itertools.product([-80, -2.5, 0, 46, 1e4], [1e-3, 0.3, 1, 50, 1e8]):
    for x in some([1e-30, 1e-3, 0.9, 77, 1e8, 1e20], 2): density("LogNormal", [loc, s], x)
    x = f32(exp(m(max(-80, min(loc, 46))) + m(1.3) * s)) if s < 2 else 3
    density("LogNormal", [loc, s], x)
    entropies("LogNormal", [loc, s])
for s in SCALES:
    for k in [1e-6, 0.2, 3, 44]:
        density("HalfNormal", [s], k * s)
        density("Exponential", [1 / s], k * s)
    for x in [1e20, 1e-20]:
        density("HalfNormal", [s], x)
        density("Exponential", [1 / s], x)
    entropies("HalfNormal", [s])
    entropies("Exponential", [1 / s])
for lo, hi in [(0, 1e-3), (-1e8, 1e8), (1e4, 1e4 + 1), (-1e-3, 1e8), (-1e20, 1e20)]:
    density("Uniform", [lo, hi], f32(lo) / 2 + f32(hi) / 2, dx=False)
    entropies("Uniform", [lo, hi])
for a, r in itertools.product(SHAPES, [1e-3, 1, 1e8]):
    sd = a**0.5
    for k in some([-4, -1, 0, 0.3, 2, 9], 3):
        x = (a + k * sd) / r
        if x > 0: density("Gamma", [a, r], x)
    for x in some([1e-30, 1e-3, 1e8, 1e20], 1): density("Gamma", [a, r], x)
    entropies("Gamma", [a, r])
density("Gamma", [1, 2], 0, zero=True)
density("Gamma", [1, 1e8], 0, zero=True)
for a, b in itertools.product(SHAPES, SHAPES):
    sd = (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    for k in some([-4, -1, 0, 0.3, 2], 1):
        x = f32(a / (a + b) + k * sd)
        if 0 < x < 1: density("Beta", [a, b], x)
    x = some([1e-30, 1e-8, 1e-3, 0.5, 0.999, 1 - 2.0**-24], 1)[0]
    density("Beta", [a, b], x)
    entropies("Beta", [a, b])
for a, b, x in [(1, 8, 0), (1, 1, 0), (1, 1, 1), (1e8, 1, 1), (1, 1e8, 0), (1, 0.01, 0)]: density("Beta", [a, b], x, zero=True)
for c in [[1, 1, 1], [1e-3, 1e-3, 1e-3], [1e8, 1e8, 1e8], [1e-3, 1e8, 1], [1e7, 3e7, 5e5], [0.03, 300, 5.5], [1e5, 1e-3, 2e5], [7e7, 1, 3e3]]:
    mean = [u / sum(c) for u in c]
    for k in [0, 0.5, 3]:
        x = [max(f32(u + k * s * (u * (1 - u) / (sum(c) + 1)) ** 0.5), 1e-30) for u, s in zip(mean, [1, -1, 0])]
        x = [max(1e-30, x[0]), max(1e-30, x[1]), x[2]]
        density("Dirichlet", [c], x)
    density("Dirichlet", [c], [0.25, 0.5, 0.25])
    entropies("Dirichlet", [c])
density("Dirichlet", [[1, 2, 1]], [0, 0.5, 0.5], zero=True)
density("Dirichlet", [[1, 1, 1e8]], [0, 0, 1], zero=True)
for loc, k in itertools.product([0, 3, -2.5, 100, 1e4, 1e8], [1e-3, 0.3, 5, 1e3, 1e6, 1e8]):
    for t in some([-3, -0.7, 0.1, 1.8], 1):
        x = float(mp.fmod(m(loc), 2 * pi)) + min(t / k**0.5, t)
        x = (x + float(pi)) % (2 * float(pi)) - float(pi)
        if abs(x) < 3.14159: density("VonMises", [loc, k], x)
for k in [1e-3, 0.3, 5, 1e3, 1e6, 1e8]: entropies("VonMises", [0.5, k])
for l in [0, 1e-3, -3, 14, -50, 1e4, -1e8, 1e20]:
    for x in [0, 1]: density("Bernoulli", [l, None], x, dx=False)
    entropies("Bernoulli", [l, None])
for q in [1e-8, 1e-3, 0.3, 0.999, 1 - 3e-7]:
    for x in [0, 1]: density("Bernoulli", [None, q], x, dx=False)
    entropies("Bernoulli", [None, q])
for l in [[0, 0, 0], [1e8, 1e8, 1e8], [1e4, 1e4 - 1, 0], [-1e8, 1e8, 0], [1e20, 1e20, -1e20], [-70, 3, 2.5], [1e-3, 0, -1e-3], [1e6, 1e6 - 0.5, 1e6 + 2]]:
    for k in range(3):
        density("Categorical", [l, None], k, dx=False)
        density("OneHotCategorical", [l, None], [int(k == j) for j in range(3)], dx=False)
    for row in ["Categorical", "OneHotCategorical"]: entropies(row, [l, None])
for row in ["Categorical"]:
    for q in [[1e-8, 0.5, 0.5], [0.25, 0.5, 0.25]]:
        for k in range(3): density(row, [None, q], k, dx=False, zero=True)
density("OneHotCategorical", [None, [0.25, 0.5, 0.25]], [0, 1, 0], dx=False, zero=True)
for l in [[1e8, 1e8 - 8], [0, 30]]:
    for k in range(2): density("Categorical", [l, None], k, dx=False)
for loc, s in itertools.product([0, 0.37, -1, 50, -1e4, 1e8], [1e-3, 0.03, 1, 1e4, 1e8]):
    near = max(0, min(255, round((max(-2, min(2, loc)) + 1) * 127.5)))
    for x in set([near, min(255, near + 1), some([0, 255, 1, 200], 1)[0]]): density("DiscretizedLogistic", [loc, s, 256], x, fixed=(2,), dx=False)
    if abs(loc) < 100: entropies("DiscretizedLogistic", [loc, s, 256], fixed=(2,))
MIX = [[0, 0], [-1e4, 30], [3, 3.5]]
for w, s in itertools.product(MIX, [1e-3, 0.3, 1e8]):
    for x in some([0, 3, 128, 200, 255], 2): density("DiscretizedLogisticMixture", [w, [0.1, -0.7], [s, 0.05], 256], x, fixed=(3,), dx=False)
entropies("DiscretizedLogisticMixture", [[0, 1], [0.1, -0.7], [1e-3, 1e4], 256], fixed=(3,))
for s, x in itertools.product([1e-3, 1, 1e8], [0.1, -30, 1e4, 1e20]): density("NormalMixture", [[0.5, -0.5], [0.1, -4], [s, 2 * s]], x)
for w in MIX: density("NormalMixture", [w, [1e4, -4], [1, 0.5]], -3.5)
for d in [-6.9, 0, 18.4]:
    for k in [0.3, -25, 1e3]:
        s = [float(exp(m(d))), float(exp(m(d) / 2)), 1.0]
        density("MultivariateNormal", [[0, 1, -2], [d, 0, 0, 0.5, d / 2, 0, -0.25, 2, 0]], [k * s[0], 1 - k * s[1], -1.5])
    entropies("MultivariateNormal", [[0, 1, -2], [d, 0, 0, 0.5, d / 2, 0, -0.25, 2, 0]])

# Truncated: around the centre, in the tails, far in the tails, narrow, wide, one end.
def truncated(row, p, low, high, x):
    density("Truncated " + row, p + [low, high], x)
for row in ["Normal", "Laplace", "Logistic", "Gumbel"]:
    for loc, s in [(0, 1), (0.5, 1e-3), (-3, 50), (1e4, 1e8)]:
        for a, b in [(-1, 2), (3, 7), (-9, -8), (30, 31), (-25, 4), (-1e6, 1e6), (0.5, 0.50001)]:
            if row == "Gumbel" and a < -100: a = -60
            low, high = f32(f32(loc) + a * s), f32(f32(loc) + b * s)
            if low >= high or f32(low + (high - low) * 0.3) in (low, high): continue
            t = 0.3 if b - a < 3 else (0.3 / (b - a) if a > 0 else 1 - 0.3 / (b - a) if b < 0 else (0.4 - a) / (b - a))
            truncated(row, [loc, s], low, high, f32(low + (high - low) * t))
    for e in [-5, 0.3, 8, 1e3, 1e5]:
        truncated(row, [0, 1], e, None, f32(e + 0.5 / (1 + abs(e))) if f32(e + 0.5 / (1 + abs(e))) > e else f32(e * 1.0001))
        if row != "Gumbel" or e < 100: truncated(row, [0, 1], None, -e, f32(-e - 0.5 / (1 + abs(e))) if f32(-e - 0.5 / (1 + abs(e))) < -e else f32(-e * 1.0001))
    truncated(row, [0, 1e8], 0, 1e-3, 4e-4)
    truncated(row, [0, 1e-3], -1e8, 1e8, 2e-3)
    if row != "Gumbel":
        for a, b in [(-1, 2), (3, 7), (-9, -8), (30, 31), (0.5, 0.5001), (-1001, -1000), (150, 150.001), (1e4, 1e4 + 0.5), (3e6, 3e6 + 1)]: entropies("Truncated " + row, [0.5, 2, f32(0.5 + 2 * a), f32(0.5 + 2 * b)], grad=False)
        for e in [-5, 0.3, 100, 101, 1e3, 3e4, 1e8]: entropies("Truncated " + row, [0, 1, e, None], grad=False)
        for e in [1e3, 1e8]: entropies("Truncated " + row, [0, 1, None, -e], grad=False)
for s in [1e-3, 1, 1e8]:
    for a, b in [(0.01, 2), (0.5, 0.5001), (3, 7), (30, 31), (1e-5, 1e3)]:
        t = f32(f32(a * s) + (min(b, a + 2) - a) * s * 0.3)
        truncated("HalfNormal", [s], a * s, b * s, t)
        truncated("Exponential", [1 / s], a * s, b * s, t)
    for row, q in [("HalfNormal", s), ("Exponential", 1 / s)]:
        truncated(row, [q], 5 * s, None, 5.2 * s)
        truncated(row, [q], None, 0.01 * s, 0.004 * s)
        entropies("Truncated " + row, [q, 0.5 * s, 3 * s], grad=False)
        entropies("Truncated " + row, [q, 5 * s, None], grad=False)
        entropies("Truncated " + row, [q, 3e4 * s, None], grad=False)
        entropies("Truncated " + row, [q, 3e4 * s, 30001 * s], grad=False)
truncated("HalfNormal", [1e8], None, 1e-3, 4e-4)
truncated("Exponential", [1e-8], None, 1e-3, 4e-4)
for loc, s in [(0, 1), (0.5, 1e-3), (-3, 50), (40, 1e-3)]:
    for a, b in [(-1, 2), (1.5, 1.6), (-0.5, 0.5)]:
        low, high = f32(exp(m(loc) + m(a * min(s, 3)))), f32(exp(m(loc) + m(b * min(s, 3))))
        truncated("LogNormal", [loc, s], low, high, f32(low + (high - low) * 0.3))
    truncated("LogNormal", [loc, s], f32(exp(m(loc) + 6 * m(min(s, 3)))), None, f32(exp(m(loc) + m(6.1) * m(min(s, 3)))))
entropies("Truncated LogNormal", [0, 1, 0.5, 3], grad=False)
entropies("Truncated LogNormal", [0, 1e-3, 0.999, None], grad=False)
for lo, hi in [(0, 1), (-1e8, 1e8)]:
    truncated("Uniform", [lo, hi], 0.25, 0.5, 0.3)
    truncated("Uniform", [lo, hi], 0.25, None, 0.3)
entropies("Truncated Uniform", [0, 1, 0.25, 0.5], grad=False)

# Mixtures of every row of single numbers, of two of the sets of parameters above.
def mixture(row, pairs, xs, fixed=(), dx=True):
    for (p, q), x, w in itertools.product(pairs, xs, [[0, 0], [40, -3]]):
        density("Mixture " + row, [None if a is None else a if i in fixed else [a, b] for i, (a, b) in enumerate(zip(p, q))] + [w], x, fixed=fixed, dx=dx)
for row in LOCATION: mixture(row, [([0, 1e-3], [1, 1]), ([1e4, 1e8], [-2.5, 50])], [0.5, 1e10])
mixture("StudentT", [([1e-3, 0, 1], [1e7, 1, 1]), ([1e8, 0, 1e-3], [3, 0, 1e8])], [0.5, 1e10])
mixture("LogNormal", [([0, 1e-3], [1, 1])], [1.25, 1e20])
mixture("HalfNormal", [([1e-3], [1e8])], [1e-3, 1e8])
mixture("Exponential", [([1e-3], [1e8])], [1e-8, 1e4])
mixture("Uniform", [([0, 1], [-1, 1e8])], [0.5, 1e4], dx=False)
mixture("Gamma", [([1e-3, 1], [1e7, 1e7]), ([1e8, 1e8], [3, 1e-3])], [1.0005, 1e-20])
mixture("Beta", [([1e-3, 1], [1e7, 1e7]), ([1e8, 1e8], [3, 1e-3])], [0.50005, 1e-20])
mixture("VonMises", [([100, 1e-3], [0.5, 1e8])], [0.5, -3])
mixture("Bernoulli", [([14, None], [-1e8, None])], [0, 1], dx=False)
mixture("DiscretizedLogistic", [([0, 1e-3, 256], [0.5, 1e8, 256])], [128, 255], fixed=(2,), dx=False)
entropies("Mixture Bernoulli", [[14, -1e8], None, [0, 0]])
entropies("Mixture DiscretizedLogistic", [[0, 0.5], [1e-3, 1e4], 256, [0, 0]], fixed=(2,))
mixture("Truncated Normal", [([0, 1, 8, 9], [0, 1e8, 7, 1e3])], [8.25])
for row in ["Laplace", "Logistic", "Gumbel"]: mixture("Truncated " + row, [([0, 1, 8, 9], [0, 1e8, 7, 1e3])], [8.25])
for row in ["HalfNormal", "Exponential"]: mixture("Truncated " + row, [([1, 8, 9], [1e-3, 7, 1e3])], [8.25])
mixture("Truncated LogNormal", [([0, 1, 8, 9], [0, 1e8, 7, 1e3])], [8.25])
mixture("Truncated Uniform", [([0, 20, 8, 9], [0, 1e8, 7, 1e3])], [8.25])

# KL.
for l, k in [(0, 0.5), (14, 1e4), (20, 1e8), (-50, 3), (1e8, -1e8), (-20, -1e8)]: kls("Bernoulli", "Bernoulli", [l, None], [k, None])
for a, b in [([1e-3, 1e-3], [1, 1]), ([1e8, 1e8], [1e8, 9e7]), ([1e8, 1e8], [1, 1]), ([3, 1e7], [1e-3, 1e7]), ([1, 2], [1e8, 1e8]), ([1e5, 1e5], [1e5, 1.001e5])]:
    kls("Beta", "Beta", a, b)
    kls("Dirichlet", "Dirichlet", [a + [5]], [b + [5]])
    kls("Gamma", "Gamma", a, b)
    kls("Gamma", "Exponential", a, b[:1])
    kls("Exponential", "Gamma", a[:1], b)
kls("Gamma", "Gamma", [1e8, 1], [1e8, 1.0001])
for l, k in [([0, 0, 0], [1, 2, 3]), ([1e8, 1e8, 0], [0, 1, 2]), ([-50, 3, 2], [1e4, 1e4, 0])]:
    for row in ["Categorical", "OneHotCategorical"]: kls(row, row, [l, None], [k, None])
for p, q in itertools.product([[0, 1e-3], [0.5, 1], [1e4, 50], [-1e8, 1e8]], [[0, 1], [0.25, 2e-3], [1e4, 1e8]]):
    for P, Q in [("Cauchy", "Cauchy"), ("Laplace", "Laplace"), ("Laplace", "Normal"), ("Normal", "Laplace"), ("Normal", "Normal"), ("LogNormal", "LogNormal"), ("Gumbel", "Gumbel")]: kls(P, Q, p, q)
kls("Cauchy", "Cauchy", [1e20, 1], [0, 1e-3])
for a, b in itertools.product([1e-3, 1, 1e8], repeat=2):
    kls("Exponential", "Exponential", [a], [b])
    kls("HalfNormal", "HalfNormal", [a], [b])
kls("Uniform", "Uniform", [0, 1e-3], [-1e8, 1e8])
for q in [[0, 1], [1e4, 1e8], [0.5, 1e-3]]:
    for p in [[0, 1e-3], [-1e8, 1e8], [0.25, 0.5]]: kls("Uniform", "Normal", p, q)
for a, b in itertools.product([1e-3, 5, 1e8], repeat=2): kls("VonMises", "VonMises", [0.5, a], [-0.7, b])
C = [-6.9, 0, 0, 0.5, 0.25, 0, -0.25, 2, 18.4]
kls("MultivariateNormal", "MultivariateNormal", [[0, 1, -2], C], [[0, 0.5, -2], [0, 0, 0, 0.5, -1, 0, 1, 2, 18]])
kls("MultivariateNormal", "Normal", [[0, 1, -2], C], [[0, 0.5, -2], [1e-3, 1, 1e8]])
kls("Normal", "MultivariateNormal", [[0, 0.5, -2], [1e-3, 1, 1e8]], [[0, 1, -2], C])

# Distribution functions, at points that part the draws.
def cdf(row, p, points):
    """points: (x, P(X <= x))"""
    print(" | ".join(["cdf", row, ";".join(map(given, exact(p))), ",".join(given(x) for x, _ in points), ",".join(text(f) for _, f in points), "", ""]))
def beta_cdf(a, b, x): return mp.betainc(m(a), m(b), 0, m(x), regularized=True)
def gamma_cdf(a, x): return mp.gammainc(m(a), 0, m(x), regularized=True)
NORMAL_CDF = lambda z: erfc(-z / sqrt(2)) / 2
for a, b in [(0.01, 0.01), (1e-3, 1e-3), (1e-3, 2e-3), (0.01, 3), (1e-4, 1), (0.3, 0.3)]: cdf("Beta", [a, b], [(x, beta_cdf(f32(a), f32(b), f32(x))) for x in map(f32, [1e-36, 1e-20, 1e-6, 0.1, 0.4, 0.6, 0.999, 1 - 1e-6])])
for a, b in [(1e6, 1e6), (1e8, 1e8), (3e7, 1e6)]:
    # Nearly normal, with the first term of Edgeworth's series.
    mu, sd = m(a) / (a + b), sqrt(m(a) * b / (m(a) + b) ** 2 / (a + b + 1))
    skew = 2 * (m(b) - a) * sqrt(m(a) + b + 1) / ((m(a) + b + 2) * sqrt(m(a) * b))
    xs = [f32(mu + k * sd) for k in [-2.5, -1, -0.2, 0.6, 2]]
    z = lambda x: (m(x) - mu) / sd
    cdf("Beta", [a, b], [(x, NORMAL_CDF(z(x)) - skew / 6 * (z(x) ** 2 - 1) * exp(-z(x) ** 2 / 2) / sqrt(2 * pi)) for x in xs])
for a, r in [(1e-3, 1), (0.01, 1e8), (1e-3, 1e-3), (0.3, 2), (1e-4, 1)]: cdf("Gamma", [a, r], [(x, gamma_cdf(f32(a), m(x) * m(f32(r)))) for x in map(f32, [1e-36, 1e-30, 1e-20, 1e-10, 1e-3, 0.1, 1.5])])
for a, r in [(1e4, 1), (1e6, 1e-3), (1e8, 1e8)]:
    mu, sd, skew = m(a) / m(f32(r)), sqrt(m(a)) / m(f32(r)), 2 / sqrt(m(a))
    xs = [f32(mu + k * sd) for k in [-2.5, -1, -0.2, 0.6, 2]]
    z = lambda x: (m(x) - mu) / sd
    cdf("Gamma", [a, r], [(x, NORMAL_CDF(z(x)) - skew / 6 * (z(x) ** 2 - 1) * exp(-z(x) ** 2 / 2) / sqrt(2 * pi)) for x in xs])
for c in [[1e-3, 1e-3, 1e-3], [0.01, 3, 0.2], [1e-3, 1e-3, 2]]:
    cdf("Dirichlet", [c], [(x, beta_cdf(f32(c[0]), f32(c[1]) + f32(c[2]), x)) for x in map(f32, [1e-36, 1e-20, 1e-6, 0.1, 0.4, 0.6, 0.999])])
def t_cdf(df, x):
    x, df = m(x), m(df)
    tail = mp.betainc(df / 2, m(1) / 2, 0, df / (df + x * x), regularized=True) / 2
    return 1 - tail if x > 0 else tail
for df, s in [(1e-3, 1), (0.1, 1), (1, 1e-3), (30, 1e8)]: cdf("StudentT", [df, 0, s], [(x, t_cdf(f32(df), m(x) / m(f32(s)))) for x in map(f32, [-1e36, -1e10 * s, -3 * s, -0.1 * s, 0.5 * s, 2 * s, 1e20])])
cdf("StudentT", [1e8, 0, 1], [(x, NORMAL_CDF(m(x))) for x in [-2, -0.5, 0.5, 2]])
for row in ["Normal", "Laplace", "Logistic", "Gumbel"]:
    for loc, s in [(0, 1e-3), (1e8, 1e8), (-2.5, 50)]: cdf(row, [loc, s], [(x, exp(LAWS[row][2]((m(x) - m(f32(loc))) / m(f32(s))))) for x in [f32(f32(loc) + k * s) for k in [-3, -1, 0.2, 1.5, 4]]])
for s in [1e-3, 1e8]:
    cdf("Cauchy", [0, s], [(x, mp.atan(m(x) / m(f32(s))) / pi + m(1) / 2) for x in [f32(k * s) for k in [-1e3, -2, 0.3, 5]]])
    cdf("HalfNormal", [s], [(x, mp.erf(m(x) / m(f32(s)) / sqrt(2))) for x in [f32(k * s) for k in [0.01, 0.5, 1, 2.5]]])
    cdf("Exponential", [s], [(x, -expm1(-m(x) * m(f32(s)))) for x in [f32(k / s) for k in [0.01, 0.5, 1, 2.5]]])
    cdf("LogNormal", [0.5, s], [(x, NORMAL_CDF((log(m(x)) - m(0.5)) / m(f32(s)))) for x in map(f32, ([1.645, 1.648, 1.6495, 1.651] if s < 1 else [1e-30, 1, 1e20]))])
cdf("Uniform", [-1e8, 1e8], [(x, (m(x) + 10**8) / (2 * 10**8)) for x in [-9e7, -1e3, 4e7]])
def vm_cdf(loc, k, x):
    with mp.workdps(20):
        f = lambda t: exp(m(k) * (cos(t - m(loc)) - 1)) / (2 * pi * exp(log_i0e(m(k))))
        return mp.quad(f, [-pi, -pi + (m(x) + pi) / 2, m(x)])
for loc, k in [(0.5, 1e-3), (0.5, 5), (1e8, 0.3)]: cdf("VonMises", [loc, k], [(x, vm_cdf(f32(loc), f32(k), f32(x))) for x in map(f32, [-2.5, -1, 0.25, 0.75, 2])])
cdf("VonMises", [0.5, 1e8], [(x, NORMAL_CDF((m(f32(x)) - m(0.5)) * 10**4)) for x in map(f32, [0.4999, 0.49997, 0.50004, 0.50015])])
for q in [1e-3, 0.5, 0.999]: cdf("Bernoulli", [None, q], [(0, 1 - m(f32(q)))])
for w in [[1e4, 1e4 - 1, 0], [-1e8, 1e8, 1e8]]:
    ws = [m(f32(u)) for u in w]
    cdf("Categorical", [w, None], [(j, sum(exp(u - lse(ws)) for u in ws[: j + 1])) for j in range(2)])
for loc, s in [(0.37, 1e-3), (0, 1e8), (-1e4, 1)]: cdf("DiscretizedLogistic", [loc, s, 256], [(j, exp(-softplus(-(((2 * m(j) + 1) / 255 - 1) - m(f32(loc))) / m(f32(s))))) for j in [0, 60, 127, 174, 250]])
for row, p, low, high, points in [
    ("Normal", [0, 1], 30, 31, [30.005, 30.02, 30.05, 30.1]), ("Normal", [0, 1e8], 0, 1e-3, [2e-4, 5e-4, 9e-4]), ("Normal", [0, 1], None, -40, [-40.05, -40.02, -40.005]),
    ("Normal", [0, 1], -1e8, 1e8, [-1, 0.5, 2]), ("Normal", [0, 1], 1000, None, [1000 + 8.5 * 2.0**-14, 1000 + 33.5 * 2.0**-14]), ("Laplace", [0, 1], 50, 51, [50.1, 50.5, 50.9]),
    ("Logistic", [0, 1], -1e4, -9999, [-9999.9, -9999.5, -9999.1]), ("Gumbel", [0, 1], -8, -7, [-7.005, -7.001, -7.0003]), ("Gumbel", [0, 1], 60, None, [60.1, 61, 62]),
    ("HalfNormal", [1e8], None, 1e-3, [2e-4, 5e-4, 9e-4]), ("Exponential", [1e-8], 1, 2, [1.1, 1.5, 1.9]), ("Uniform", [-1e8, 1e8], 0.25, 0.5, [0.3, 0.4]),
    ("LogNormal", [40, 1e-3], f32(exp(m("40.001"))), None, [f32(exp(m("40.0012"))), f32(exp(m("40.002")))]),
]:
    p_, low_, high_ = exact(p), None if low is None else m(f32(low)), None if high is None else m(f32(high))
    begin = low_ if low_ is not None else None
    total = log_mass(row, p_, low_, high_)
    cdf("Truncated " + row, p + [low, high], [(x, exp(log_mass(row, p_, begin, m(x)) - total)) for x in points])
cdf("NormalMixture", [[0, 0], [-1e4, 1e4], [1, 1e-3]], [(x, (NORMAL_CDF(m(x) + 10**4) + NORMAL_CDF((m(x) - 10**4) * 1000)) / 2) for x in [-10001, -9999.5, 0]])
cdf("DiscretizedLogisticMixture", [[0, 0], [-1, 1], [1e-3, 1e-3], 256], [(j, 0.5 * (exp(-softplus(-((2 * m(j) + 1) / 255 / m(f32(1e-3)))))) if j < 100 else m("0.5")) for j in [0, 120]])
for w in [[1e4, 1e4 - 1, 0], [-1e8, 1e8, 1e8]]: cdf("OneHotCategorical", [w, None], [(0, 1 - exp(m(f32(w[0])) - lse([m(f32(u)) for u in w])))])
cdf("MultivariateNormal", [[100, 1], [-2.3, 0, 0.5, 18.4]], [(x, NORMAL_CDF((m(f32(x)) - 100) * exp(m(f32(2.3))))) for x in map(f32, [99.85, 100, 100.17])])

# Counts.
from mpmath import gammainc, betainc
MEANS = [1e-3, 0.3, 7, 300, 1e5, 1e7, 1e8]
def counted(mean, sd): return sorted({float(np.float32(max(0, round(mean + k * sd)))) for k in [-6, -1, 0, 0.4, 3, 40]} | {0.0, 1.0, 2.0**24, 1e9})
for mean in MEANS:
    for x in counted(mean, mean**0.5):
        density("Poisson", [mean, None], x, dx=False)
        density("Poisson", [None, log(m(mean))], x, dx=False)
    for r in SHAPES:
        for x in some(counted(mean, (mean + mean**2 / r) ** 0.5), 4):
            density("NegativeBinomial", [mean, None, r], x, dx=False)
            density("NegativeBinomial", [None, log(m(mean)), r], x, dx=False)
    for other in MEANS: kls("Poisson", "Poisson", [mean, None], [other, None])
    kls("Poisson", "Poisson", [None, log(m(mean))], [None, log(m(mean)) + 1e-3])
for l in [-18, -3, -0.3, 0.01, 2, 15, 60]:
    for x in [0, 1, 20, 1e5, 1e9]: density("Geometric", [l, None], x, dx=False)
    entropies("Geometric", [l, None])
    for k in [-14, -0.5, 0.02, 30]: kls("Geometric", "Geometric", [l, None], [k, None])
for q in [1e-7, 1e-3, 0.4, 0.999]:
    for x in [0, 3, 1e6]: density("Geometric", [None, q], x, dx=False)
    entropies("Geometric", [None, q])
for n in [1, 7, 30, 4000, 1e6, 16777215]:
    for l in [-15, -2, 0.01, 0.7, 12]:
        mean = n / (1 + float(exp(-m(l))))
        for x in some([x for x in counted(mean, (mean * (n - mean) / n) ** 0.5) if x <= n] + [n], 5): density("Binomial", [n, l, None], x, fixed=(0,), dx=False)
    for q in [1e-6, 0.3, 0.999]:
        for x in some([x for x in counted(n * q, (n * q * (1 - q)) ** 0.5) if x <= n] + [n], 3): density("Binomial", [n, None, q], x, fixed=(0,), dx=False)
mixture("Poisson", [([1e-3, None], [1e7, None]), ([300, None], [1e8, None])], [0, 3, 1e8], dx=False)
mixture("NegativeBinomial", [([1e-3, None, 0.03], [1e7, None, 1e5])], [0, 3, 1e8], dx=False)
mixture("Geometric", [([-18, None], [15, None])], [0, 1e5], dx=False)
mixture("Binomial", [([30, -15, None], [30, 0.7, None])], [0, 21, 30], fixed=(0,), dx=False)
def poisson_cdf(rate, x): return gammainc(m(x) + 1, m(f32(rate)), regularized=True)
def nb_cdf(mean, r, x):
    q = m(f32(mean)) / (m(f32(mean)) + m(f32(r)))
    return 1 - betainc(m(x) + 1, m(f32(r)), 0, q, regularized=True)
with mp.workdps(30):
    for rate in [1e-3, 0.3, 2, 9.9, 10, 11.5, 40, 300]: cdf("Poisson", [rate, None], [(x, poisson_cdf(rate, x)) for x in sorted({float(max(0, round(rate + k * rate**0.5))) for k in [-1.5, -0.4, 0, 0.7, 2]})])
    for rate in [1e5, 1e8]: cdf("Poisson", [rate, None], [(f32(rate + k * rate**0.5), NORMAL_CDF(m(k)) - exp(-m(k) ** 2 / 2) / sqrt(2 * pi * m(rate)) * (m(k) ** 2 - 1) / 6) for k in [-1.5, -0.4, 0, 0.7, 2]])
    cdf("Poisson", [None, 2], [(x, gammainc(m(x) + 1, exp(m(2)), regularized=True)) for x in [4.0, 7.0, 10.0]])
    for mean, r in [(0.3, 0.03), (5, 1), (40, 5.5), (300, 300)]: cdf("NegativeBinomial", [mean, None, r], [(x, nb_cdf(mean, r, x)) for x in [0.0, float(round(mean)), float(round(1.5 * mean))]])
    for l in [-3, 0.01, 2]: cdf("Geometric", [l, None], [(x, 1 - exp(-softplus(m(f32(l))) * (x + 1))) for x in [0.0, 1.0, 9.0, 25.0]])
    cdf("Geometric", [-14, None], [(x, 1 - exp(-softplus(m(-14)) * (x + 1))) for x in [1e5, 8e5, 2e6]])
    for n, l in [(1, 0.7), (7, -2), (30, 0.01), (30, -2), (400, 0.7), (400, -3.5), (1000, 5)]:
        q = 1 / (1 + exp(-m(f32(l))))
        mean, sd = float(n * q), float((n * q * (1 - q)) ** 0.5)
        cdf("Binomial", [n, l, None], [(x, betainc(n - x, m(x) + 1, 0, 1 - q, regularized=True)) for x in sorted({float(max(0, min(n - 1, round(mean + k * sd)))) for k in [-1.5, -0.4, 0, 0.7, 2]})])
