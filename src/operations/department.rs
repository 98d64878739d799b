//! Registers operations in the program: the value `DEPARTMENT` and its lists.

use futures::future::BoxFuture;

use super::{erasures, nodes, pages, rules::RULES, runs, schema, trials};
use crate::{
    core::{ClinicId, Permission, Result, time::Clock},
    db::Tx,
    organisation::{is_backup_missing, manages_hospital},
    server::{
        Department, Principal, Request,
        department::{Place, RailCount},
    },
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[
        |state| Box::pin(runs::keep_backing_up(state)),
        |state| Box::pin(trials::keep_trying(state)),
        |state| Box::pin(erasures::keep_up(state)),
        |state| Box::pin(schema::keep_looking(state)),
        |state| Box::pin(nodes::keep_beating(state)),
    ],
    places: &[Place {
        order: 86,
        right: Permission::ManageHospital,
        also: Some(manages_hospital),
        href: "/status",
        words: || tr!(operations.status),
        glyph: Glyph::Chart,
        key: None,
        begins: None,
    }],
    rail_counts: &[("/status", RailCount::Read(troubles))],
    audited: &[("backup", || tr!(audit.what_backup)), ("restore_trial", || tr!(operations.what_trial))],
    rules: RULES,
    ..Department::named("operations")
};

/// Counts a backup that is missing, too old or failed, so that each page of an administrator shows it.
fn troubles<'t>(tx: &'t mut Tx, _: &'t Principal, _: ClinicId) -> BoxFuture<'t, Result<i64>> {
    Box::pin(async move {
        let now = Request::current().map_or_else(|| Clock::default().now(), |request| request.state.clock.now());
        Ok(i64::from(is_backup_missing(tx, now).await?))
    })
}
