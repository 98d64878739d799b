//! The `DEPARTMENT` of notifications, with the entries that it adds to the program's lists.

use super::{keep_telling_auditors, pages};
use crate::server::{Department, HeardBy, Topic};

/// The notifications of a user.
pub static BELL: Topic = Topic { name: "notifications", heard: HeardBy::TheNamed, subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(keep_telling_auditors(state))],
    topics: &[&BELL],
    ..Department::named("notifications")
};
