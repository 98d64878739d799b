//! The act that records a decision about resuscitation.

use leptos::prelude::*;

use super::admissions::finish;
use crate::{
    core::{AdmissionId, Error, Permission, error::FieldErrors, time::parse_date},
    server::Ctx,
    tr,
    wards::{
        AdmissionState, admission,
        resuscitation::{self, CareLevel, LevelGround, NewDecision},
    },
};

/// Records which treatment a patient gets when the heart stops.
#[server(endpoint = "wards/decide_level")]
pub async fn decide_level(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] seen: String,
    #[server(default)] level: String,
    #[server(default)] ground: String,
    #[server(default)] review_on: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeClinical).await?;
    let turn = admission::turn(&mut ctx, Permission::DischargeClinical, admission_id, &key).await?;
    turn.must_be(&[AdmissionState::Admitted])?;
    let mut errors = FieldErrors::new();
    let level = errors.chosen::<CareLevel>("level", &level);
    let ground = errors.chosen::<LevelGround>("ground", &ground);
    let review_on = if review_on.is_empty() { None } else { errors.check(parse_date("review_on", &review_on)) };
    if review_on.is_some_and(|day| day < ctx.today()) {
        errors.add("review_on", tr!(wards.review_past));
    }
    errors.finish()?;
    if let Some((level, ground)) = level.zip(ground) {
        resuscitation::decide(&mut ctx, &turn, &seen, &NewDecision { level, ground, review_on }).await?;
    }
    finish(ctx, &turn, "level_decided").await
}
