//! The `DEPARTMENT` of sealing, with the entries that it adds to the program's lists.

use super::check;
use crate::{
    core::Result,
    db::Tx,
    server::{Department, department::Finding},
    tr,
};

pub static DEPARTMENT: Department = Department {
    checks: Some(|tx| Box::pin(checks(tx))),
    audited: &[("encryption_key", || tr!(audit.what_encryption_key))],
    ..Department::named("sealing")
};

async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let sealed = check(tx).await?;
    Ok(vec![
        Finding::of("no field that is to be sealed is plain", sealed.plain),
        Finding::of("what is sealed opens in its place", sealed.unopened),
        Finding::of("what is sealed is as the program left it", sealed.put_back),
        Finding::of("what is sealed is found by its blind index", sealed.unfound),
    ])
}
