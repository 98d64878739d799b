//! The functions of the round.

pub mod follow_ups;
pub mod home;
pub mod notes;
pub mod requests;
pub mod summaries;

use crate::{
    accounts,
    core::{Error, Permission, Result},
    server::{Ctx, Request},
};

/// Verifies the password of the signed-in user where the hospital asks for it at a signature.
async fn proved(permission: Permission, password: &str) -> Result<()> {
    drop(Ctx::read(permission).await?);
    let request = Request::current().ok_or(Error::SignedOut)?;
    accounts::prove(&request, password).await
}
