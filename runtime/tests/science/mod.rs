//! Trained models against what is known about them: exact answers of linear algebra, entropies, Jacobians, the modes of a mixture.
//! Each test takes seconds. Tests that need MNIST say so and pass where it is not found.

mod autoencoders;
mod codes;
mod common;
mod every_spec;
mod flow_specs;
mod flows;
mod games;
mod latent;
mod linalg;
mod linear;
mod mnist;
mod onnx;
mod ordered;
mod perdatum;
mod sequences;
mod threads;
mod time;
mod verdicts;
mod what_games_show;
