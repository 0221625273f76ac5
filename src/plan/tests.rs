//! The truth table, row by row.
