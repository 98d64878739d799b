//! Imports in the program: its `DEPARTMENT`, and what stands in its lists.

use crate::{server::Department, tr};

pub static DEPARTMENT: Department = Department { audited: &[("import", || tr!(audit.what_import))], ..Department::named("imports") };
