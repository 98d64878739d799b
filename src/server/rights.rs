//! The rights that a piece of work asks for, as they were asked: `docs/permissions.md` is made of them. In a running hospital nobody
//! records, and that costs nothing.

use std::{cell::RefCell, collections::BTreeSet};

use crate::core::Permission;

tokio::task_local! {
    static ASKED: RefCell<BTreeSet<Permission>>;
}

/// Does the work and tells which rights it asked for in its own task.
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
