//! The `DEPARTMENT` of imports, with the entries that it adds to the program's lists.

use crate::{server::Department, tr};

pub static DEPARTMENT: Department = Department { audited: &[("import", || tr!(audit.what_import))], ..Department::named("imports") };
