//! What people look at: pictures, the report of a run, tables for other programs.

pub mod caption;
pub mod chart;
pub mod columns;
pub mod comparison;
pub mod costs;
pub mod image;
pub mod lines;
pub mod pictures;
pub mod plane;
pub mod report;
pub mod table;
pub mod text;
