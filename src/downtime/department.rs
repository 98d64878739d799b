//! Registers the downtime pack in the program: its job.

use super::pack;
use crate::server::Department;

pub static DEPARTMENT: Department = Department { jobs: &[|state| Box::pin(pack::keep_packing(state))], ..Department::named("downtime") };
