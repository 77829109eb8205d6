//! `gmc` as its users meet it: the program in a folder of its own, and the library where a test must see every round.

mod asking;
mod cases;
mod common;
mod completion;
mod costs;
mod data_in;
mod errors;
mod exports;
mod families;
mod first_steps;
mod formats;
mod frozen;
mod gaps;
mod going_on;
mod health;
mod hostile;
mod limits;
mod reference;
mod resume;
mod rules;
mod runs;
mod same;
mod tables;
mod text;
mod training;
mod walks;
