//! The stock of other goods: what departments use up.

mod consumption;
mod workbook;
