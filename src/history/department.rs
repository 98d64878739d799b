//! Registers the history in the program: the value `DEPARTMENT` and its lists.

use super::{pages, rules};
use crate::{
    server::{
        Department,
        department::{ChartSource, PortalPanel, StayPanel},
    },
    tr,
};

pub static DEPARTMENT: Department = Department {
    stay_panels: &[StayPanel { order: 90, read: |ctx, admission, _| Box::pin(pages::on_the_stay(ctx, admission)) }],
    chart: &[ChartSource { order: 48, name: "history", words: || tr!(history.title), read: |ctx, ask| Box::pin(pages::charted(ctx, ask)) }],
    portal_panels: &[PortalPanel { order: 32, read: |ctx, patient| Box::pin(pages::portal_history(ctx, patient)) }],
    rules: rules::RULES,
    ..Department::named("history")
};
