"""gmc from Python. Run as `python -m unittest discover python/tests` where the package is installed."""

import _thread
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

import gmc
import numpy as np

NORMAL = """
data x: Real[2] from arrays
param mu: Real[2] = 0
param s: Real[2] in positive = 1
model p { x ~ Normal(mu, s) }
train { steps 300  batch 64  using adam(lr: 5e-2) }
"""
VAE = """
data x: Bool[16] from arrays
net decode(z: Real[2]) -> Real[16]            { dense(16), relu, dense(16) }
net encode(x: Bool[16]) -> (Real[2], Real[2]) { dense(16), relu, heads(2, 2) }
model p    { z ~ Normal(0, I)[2];  x ~ Bernoulli(logits: decode(z)) }
guide q(x) { (m, s) = encode(x);   z ~ Normal(m, exp(s)) }
train { steps 40  batch 32  using adam(lr: 2e-3) }
"""
CLASSES = """
data (x: Real[2], kind: Class(3)) from arrays
net mean(k: Class(3)) -> Real[2] { dense(2) }
param s: Real[] in positive = 1
model p { kind ~ Categorical(logits: free(3));  x ~ Normal(mean(kind), s)[2] }
train { steps 200  batch 64  using adam(lr: 5e-2) }
"""
LONG = NORMAL.replace("steps 300", "steps 100000000")

rng = np.random.default_rng(7)


def points(n=400):
    return rng.normal([1.0, -2.0], [0.5, 2.0], size=(n, 2))


def weights(run):
    """Tensors of a safetensors file by name, read by hand."""
    with open(os.path.join(run, "weights.safetensors"), "rb") as f:
        (size,) = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(size))
        data = f.read()
    return {
        name: np.frombuffer(data[t["data_offsets"][0] : t["data_offsets"][1]], "<f4").reshape(t["shape"])
        for name, t in head.items()
        if name != "__metadata__"
    }


class Specs(unittest.TestCase):
    def test_errors_are_rendered(self):
        with self.assertRaises(gmc.SpecError) as e:
            gmc.compile("data x: Real[2] from arrays\nmodel p { x ~ Normal(0, exp(1) - 3)[2] }\n")
        self.assertRegex(str(e.exception), r"error\[E\d+\]")
        self.assertIn("spec.gm:2:", str(e.exception))
        self.assertIsInstance(e.exception, gmc.GmcError)

    def test_a_spec_is_checked_and_explained(self):
        spec = gmc.compile(VAE)
        self.assertIn("p: joint density, latent {z}", spec.check())
        told = spec.explain()
        self.assertIn("KL(q(z | x) || p(z))", str(told))
        html, latex = told._repr_html_(), told._repr_latex_()
        self.assertIn("<math", html)
        self.assertTrue(latex.startswith("$$") and latex.endswith("$$") and r"\begin{aligned}" in latex, latex)
        self.assertEqual(spec._repr_html_(), html)
        self.assertEqual(spec.variables(), {"x": "Bool[16]"})

    def test_warnings_and_overrides(self):
        spec = gmc.compile("net unused(x: Real[2]) -> Real[2] { dense(2) }\n" + NORMAL)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            spec.check()
        self.assertTrue(any("unused" in str(w.message) for w in seen), seen)
        with self.assertRaises(gmc.GmcError) as e:
            gmc.compile(NORMAL, set={"train.stepz": 3})
        self.assertIn("train.stepz", str(e.exception))


class Fitting(unittest.TestCase):
    def test_a_density_is_that_of_its_parameters(self):
        x = points()
        model = gmc.compile(NORMAL).fit(x=x)
        found = weights(model.run)
        mu, s = found["mu"].astype("f8"), found["s"].astype("f8")
        new = points(50)
        wanted = (-0.5 * ((new - mu) / s) ** 2 - np.log(s) - 0.5 * np.log(2 * np.pi)).sum(1)
        log_prob = model.log_prob(new)
        self.assertEqual(log_prob.kind, "exact")
        np.testing.assert_allclose(log_prob, wanted, rtol=1e-5, atol=1e-5)
        # The maximum of the likelihood of the training part, which is most of the rows.
        np.testing.assert_allclose(mu, x.mean(0), atol=0.3)
        np.testing.assert_allclose(s, x.std(0), rtol=0.2)

    def test_samples(self):
        model = gmc.compile(NORMAL).fit({"x": points()})
        many = model.sample(4000)
        self.assertEqual((many.shape, many.dtype), ((4000, 2), np.float32))
        np.testing.assert_allclose(many.mean(0), [1, -2], atol=0.3)
        np.testing.assert_array_equal(model.sample(5, seed=3), model.sample(5, seed=3))
        self.assertFalse(np.array_equal(model.sample(5, seed=3), model.sample(5, seed=4)))
        self.assertEqual(model.sample().shape, (1, 2))
        # NumPy reads what gmc made where it lies, and may write there.
        self.assertFalse(many.flags.owndata)
        self.assertTrue(many.flags.writeable and many.flags.c_contiguous)
        many[0, 0] = 9
        self.assertEqual(many[0, 0], 9)

    def test_codes(self):
        x = (rng.random((200, 16)) < 0.3).astype("f4")
        model = gmc.compile(VAE).fit(x=x)
        bound = model.log_prob(x[:9], k=8)
        self.assertEqual((bound.kind, bound.shape), ("lower bound (K = 8)", (9,)))
        self.assertTrue(np.all(bound[:3].view(np.ndarray) < 0))
        z = model.encode(x[:9])
        self.assertEqual(z.shape, (9, 2))
        np.testing.assert_allclose(model.decode(z), model.reconstruct(x[:9]), atol=1e-6)
        self.assertEqual(model.decode(np.zeros((4, 2))).shape, (4, 16))
        # Unlike any of the rows, on its own or among others.
        np.testing.assert_allclose(model.encode(x[3:4])[0], z[3], atol=1e-6)

    def test_classes_by_name(self):
        kind = rng.choice(["ant", "bee", "cow"], size=600, p=[0.5, 0.3, 0.2])
        x = rng.normal(size=(600, 2)) + np.array([{"ant": [-3, 0], "bee": [0, 3], "cow": [3, 0]}[k] for k in kind])
        model = gmc.compile(CLASSES).fit(x=x, kind=kind)
        self.assertEqual(model.labels("kind"), ["ant", "bee", "cow"])
        p = model.predict_proba(x[:50])
        self.assertEqual(p.shape, (50, 3))
        np.testing.assert_allclose(p.sum(1), 1, atol=1e-6)
        # Bayes' rule, from the densities of each class.
        joint = np.stack([model.log_prob({"x": x[:50], "kind": [name] * 50}) for name in model.labels("kind")], 1)
        joint = np.exp(joint - joint.max(1, keepdims=True))
        np.testing.assert_allclose(p, joint / joint.sum(1, keepdims=True), atol=1e-5)
        self.assertGreater(np.mean(np.argmax(p, 1) == np.unique(kind[:50], return_inverse=True)[1]), 0.8)
        drawn = model.sample(64, given={"kind": "cow"})
        self.assertEqual(set(drawn), {"x", "kind"})
        np.testing.assert_allclose(drawn["x"].mean(0), [3, 0], atol=0.7)
        each = model.sample(given={"kind": ["ant", "cow", "bee"]}, temperature=0.01)
        np.testing.assert_allclose(each["x"], [[-3, 0], [3, 0], [0, 3]], atol=0.7)
        # What was given once is not given again.
        self.assertGreater(len(set(model.sample(64)["kind"])), 1)
        with self.assertRaisesRegex(gmc.GmcError, "`kind` has no class `dog`"):
            model.sample(given={"kind": "dog"})

    def test_runs_are_opened_again(self):
        with tempfile.TemporaryDirectory() as folder:
            model = gmc.compile(NORMAL, set={"train.steps": 20}).fit(x=points(), out=folder, name="normal")
            self.assertEqual(model.run, os.path.join(folder, "normal-1"))
            again = gmc.load(model.run)
            new = points(20)
            np.testing.assert_array_equal(again.log_prob(new), model.log_prob(new))
            self.assertEqual(again.questions()["density"], "exact")
            self.assertTrue(again.questions()["encode"].startswith("no: "))
            self.assertIn("sample", repr(again))
        kept = gmc.compile(NORMAL, set={"train.steps": 5}).fit(x=points())
        run = kept.run
        self.assertTrue(os.path.isdir(run))
        del kept
        self.assertFalse(os.path.exists(run))

    def test_what_is_wrong_is_said(self):
        spec = gmc.compile(NORMAL, set={"train.steps": 5})
        for arrays, said in [
            ({"x": np.zeros((5, 3))}, r"`x` is Real\[2\], and the array has the axes \[5, 3\]"),
            ({"y": np.zeros((5, 2))}, "no data variable `y`"),
            ({"x": np.full((5, 2), np.nan)}, "`x` holds values that are not Real"),
            ({"x": [["a", "b"]]}, "`x` holds no numbers"),
            ({}, "none has given any"),
            ({"x": np.zeros((0, 2))}, "the arrays hold no rows"),
        ]:
            with self.assertRaisesRegex(gmc.GmcError, said):
                spec.fit(**arrays)
        model = spec.fit(x=points())
        with self.assertRaisesRegex(gmc.GmcError, "cannot answer `encode`"):
            model.encode(points())
        with self.assertRaises(gmc.GmcError) as e:
            model.log_prob({"y": points()})
        self.assertIn("`density` is about `x`", e.exception.message)
        with self.assertRaisesRegex(gmc.GmcError, "is not a run folder|cannot open"):
            gmc.load("/nowhere")
        with self.assertRaisesRegex(gmc.GmcError, "there is no device `tpu`"):
            gmc.load("/nowhere", device="tpu")

    def test_other_threads_run_while_it_trains(self):
        turns = []
        done = threading.Event()

        def count():
            while not done.is_set():
                turns.append(1)
                time.sleep(0.001)

        thread = threading.Thread(target=count)
        thread.start()
        gmc.compile(NORMAL, set={"train.steps": 3000}).fit(x=points())
        done.set()
        thread.join()
        self.assertGreater(len(turns), 20)

    def test_an_interrupt_stops_training(self):
        threading.Timer(0.5, _thread.interrupt_main).start()
        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            gmc.compile(LONG).fit(x=points())
        self.assertLess(time.monotonic() - began, 60)


class Estimator(unittest.TestCase):
    def test_in_the_manner_of_scikit_learn(self):
        x = points()
        e = gmc.DensityEstimator(NORMAL.replace("[2]", "[{d}]"), random_state=3, set={"train.steps": 100})
        self.assertIs(e.fit(x), e)
        self.assertEqual(e.score_samples(x).shape, (400,))
        self.assertAlmostEqual(e.score(x), float(np.sum(e.score_samples(x))), places=6)
        self.assertEqual(e.sample(7).shape, (7, 2))
        other = gmc.DensityEstimator(**e.get_params()).fit(x)
        np.testing.assert_array_equal(e.score_samples(x), other.score_samples(x))
        with self.assertRaises(AttributeError):
            gmc.DensityEstimator(NORMAL).score(x)
        with self.assertRaises(ValueError):
            e.set_params(colour=3)

    def test_scikit_learn_takes_it(self):
        try:
            from sklearn.base import clone
            from sklearn.model_selection import GridSearchCV
        except ImportError:
            self.skipTest("no scikit-learn")
        e = gmc.DensityEstimator(NORMAL, set={"train.steps": 50})
        grid = GridSearchCV(clone(e), {"random_state": [1, 2]}, cv=2).fit(points(100))
        self.assertEqual(len(grid.cv_results_["mean_test_score"]), 2)


class Command(unittest.TestCase):
    def test_it_comes_with_the_package(self):
        def said(*words):
            return subprocess.run([sys.executable, "-m", "gmc", *words], capture_output=True, text=True)

        self.assertEqual(said("--version").stdout.strip(), f"gmc {gmc.__version__}")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "normal.gm")
            with open(path, "w") as f:
                f.write(NORMAL)
            self.assertIn("exact density", said("check", path).stdout)
            self.assertEqual(gmc.compile(path).text, NORMAL)
            ended = said("run", path, "--out", folder)
            self.assertEqual(ended.returncode, 1)
            self.assertIn("come from the program that calls gmc", ended.stderr)
        self.assertEqual(said("chekc").returncode, 2)


if __name__ == "__main__":
    unittest.main()
