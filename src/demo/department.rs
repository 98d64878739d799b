//! The `DEPARTMENT` of the demo hospital, which adds nothing to the program's lists yet.

use crate::server::Department;

pub static DEPARTMENT: Department = Department::named("demo");
