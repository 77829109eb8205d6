//! All tests of the compiler, in one program: it links once. `cargo test -p gmc-compiler rows_kl` runs the tests of one file.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds nothing there fails")]
#![expect(clippy::type_complexity, reason = "tables of cases are read once")]
#![expect(
    clippy::too_many_lines,
    clippy::too_many_arguments,
    reason = "tables of cases, and what is asked of each"
)]
#![expect(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

/// Some tests watch how much memory is held.
#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

mod blocks;
mod bounds;
mod cases;
mod chains;
mod channel_means;
mod derivatives;
mod diffusion;
mod discrete;
mod docs;
mod enumerate;
mod estimators;
mod extremes;
mod factors;
mod flow_data;
mod frozen;
mod further_inputs;
mod fuzz;
mod games;
mod gumbel;
mod heap;
mod hostile;
mod house;
mod ir_common;
mod ir_conv;
mod ir_grad;
mod ir_loop_grad;
mod ir_loops;
mod ir_optimise;
mod ir_text;
mod ir_verify;
mod latent;
mod limits;
mod messages;
mod metamorphic;
mod missing;
mod objectives;
mod ordered;
mod ordered_rows;
mod others;
mod overrides;
mod queries;
mod ranges;
mod row_weights;
mod rows_args;
mod rows_bijection;
mod rows_causality;
mod rows_common;
mod rows_constraint;
mod rows_copies;
mod rows_corruption;
mod rows_data;
mod rows_data_text;
mod rows_distribution;
mod rows_distribution_cases;
mod rows_forms;
mod rows_function;
mod rows_in_specs;
mod rows_kl;
mod rows_layer;
mod rows_map;
mod rows_net;
mod rows_optimizer;
mod rows_schedule;
mod rows_sequence;
mod rows_stored;
mod rows_tables;
mod settings;
mod sizes;
mod soundness;
mod spec_common;
mod specs;
mod supports;
mod syntax;
mod temperature;
mod training;
mod upgrade;
mod volume;
mod written;
