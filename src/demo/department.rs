//! The demo hospital in the program: nothing yet but its place among the departments.

use crate::server::Department;

pub static DEPARTMENT: Department = Department::named("demo");
