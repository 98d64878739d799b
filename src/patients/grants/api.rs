//! Judges access that a desk gave.

use leptos::prelude::*;

use crate::core::{AccessGrantId, Error};

#[cfg(feature = "ssr")]
use crate::patients::review;

/// Records whether giving the access was justified. It can be judged once, and not by the user who gave it.
#[server(endpoint = "patients/judge_grant")]
pub async fn judge_grant(
    grant_id: AccessGrantId,
    #[server(default)] verdict: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    review::judge(review::Kind::Grant, grant_id.into(), &verdict, &remark).await
}
