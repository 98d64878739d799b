//! The organisation in the program: nothing yet but its place among the departments.

use crate::server::Department;

pub static DEPARTMENT: Department = Department::named("organisation");
