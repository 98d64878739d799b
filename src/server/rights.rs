//! Records the permissions that a piece of work checks; `docs/permissions.md` is written from them. A running hospital does not
//! record them and has no cost.

use std::{cell::RefCell, collections::BTreeSet};

use crate::core::Permission;

tokio::task_local! {
    static ASKED: RefCell<BTreeSet<Permission>>;
}

/// Runs the work and returns its result with the permissions that it checked in its own task.
pub async fn asked<T>(work: impl Future<Output = T>) -> (T, BTreeSet<Permission>) {
    let both = async {
        let done = work.await;
        (done, ASKED.with(RefCell::take))
    };
    ASKED.scope(RefCell::default(), both).await
}

pub(super) fn note(permission: Permission) {
    let _ = ASKED.try_with(|asked| asked.borrow_mut().insert(permission));
}
