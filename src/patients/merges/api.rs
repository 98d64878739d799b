//! The server functions of merges: the desk proposes, a second user decides.

use leptos::prelude::*;

use crate::core::{Error, MergeId, PatientId};

#[cfg(feature = "ssr")]
use super::{
    FactGroup, MergeReason,
    acts::{self, Decision, LONGEST_WORDS},
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::confirm_unless_lately,
    core::{Permission, error::FieldErrors},
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Proposes to merge two records. `stays` names the record that survives.
#[server(endpoint = "patients/propose_merge")]
pub async fn propose_merge(
    patient_id: PatientId,
    #[server(default)] with: String,
    /// `this`: the record `patient_id` survives; `other`: the record `with`.
    #[server(default)]
    stays: String,
    #[server(default)] reason: String,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let mut errors = FieldErrors::new();
    let other = with.parse::<PatientId>().ok();
    if other.is_none() {
        errors.add("with", tr!(merges.two_records));
    }
    if !matches!(stays.as_str(), "this" | "other") {
        errors.add("stays", tr!(errors.choose));
    }
    let reason: Option<MergeReason> = errors.chosen("reason", &reason);
    let words = errors.line("words", &words, LONGEST_WORDS);
    if reason == Some(MergeReason::Other) && words.is_empty() {
        errors.add("words", tr!(merges.say_why));
    }
    errors.finish()?;
    let (Some(other), Some(reason)) = (other, reason) else { return Err(Error::NotFound) };
    let (survivor, merged) = if stays == "this" { (patient_id, other) } else { (other, patient_id) };
    let id = acts::propose(&mut ctx, survivor, merged, reason, &words).await?;
    ctx.commit().await?;
    redirect_to(&format!("/merges/{id}?done=proposed"));
    Ok(())
}

/// Decides on a proposal: `merge` or `reject`. Each group of facts is taken from the surviving record unless its field says `merged`.
#[server(endpoint = "patients/decide_merge")]
pub async fn decide_merge(
    merge_id: MergeId,
    #[server(default)] verdict: String,
    #[server(default)] name: String,
    #[server(default)] birth: String,
    #[server(default)] sex: String,
    #[server(default)] national_id: String,
    #[server(default)] phone: String,
    #[server(default)] email: String,
    #[server(default)] address: String,
    #[server(default)] other: String,
    #[server(default)] description: String,
    #[server(default)] one_account: String,
    #[server(default)] words: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    drop(Ctx::read(Permission::KeepRecords).await?);
    // A merge gives accounts of the portal the rows of another record.
    if verdict != "reject" {
        confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    }
    let mut ctx = Ctx::write(Permission::KeepRecords).await?;
    let words = crate::core::form::line("words", &words, LONGEST_WORDS)?;
    let done = if verdict == "reject" {
        if words.is_empty() {
            return Err(Error::invalid("words", tr!(merges.say_why)));
        }
        acts::reject(&mut ctx, merge_id, words).await?;
        "rejected"
    } else {
        let chosen = vec![
            (FactGroup::Name, name),
            (FactGroup::Birth, birth),
            (FactGroup::Sex, sex),
            (FactGroup::NationalId, national_id),
            (FactGroup::Phone, phone),
            (FactGroup::Email, email),
            (FactGroup::Address, address),
            (FactGroup::Other, other),
            (FactGroup::Description, description),
        ];
        acts::merge(&mut ctx, merge_id, Decision { chosen, one_account: !one_account.is_empty(), words }).await?;
        "merged"
    };
    ctx.commit().await?;
    redirect_to(&format!("/merges/{merge_id}?done={done}"));
    Ok(())
}

/// Asks to separate two merged records again.
#[server(endpoint = "patients/ask_to_undo_merge")]
pub async fn ask_to_undo_merge(merge_id: MergeId, #[server(default)] words: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::KeepRecords).await?;
    let mut errors = FieldErrors::new();
    let words = errors.required_line("words", &words, LONGEST_WORDS);
    errors.finish()?;
    acts::ask_to_undo(&mut ctx, merge_id, words).await?;
    ctx.commit().await?;
    redirect_to(&format!("/merges/{merge_id}?done=asked"));
    Ok(())
}

/// Decides on the request to separate two merged records: `undo` or `keep`.
#[server(endpoint = "patients/undo_merge")]
pub async fn undo_merge(merge_id: MergeId, #[server(default)] verdict: String, #[server(default)] password: String) -> Result<(), Error> {
    drop(Ctx::read(Permission::KeepRecords).await?);
    // A separation takes rows from an account of the portal and gives them to another one.
    if verdict == "undo" {
        confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    }
    let mut ctx = Ctx::write(Permission::KeepRecords).await?;
    let done = match verdict.as_str() {
        "undo" => {
            acts::undo(&mut ctx, merge_id).await?;
            "undone"
        }
        "keep" => {
            acts::keep(&mut ctx, merge_id).await?;
            "kept"
        }
        _ => return Err(Error::invalid("verdict", tr!(errors.choose))),
    };
    ctx.commit().await?;
    redirect_to(&format!("/merges/{merge_id}?done={done}"));
    Ok(())
}
