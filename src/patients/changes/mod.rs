//! The corrections of the facts of a record: which field, from what to what. The auditor sees the names of all changed fields in the log, and
//! the values of those that the record holds in the open; who keeps the record sees the sealed values too.

pub mod pages;
mod store;

use crate::{
    audit::FieldChange,
    core::{PatientId, Result, time::Instant},
    db::{Locked, Tx},
    patients::{BirthPrecision, Facts},
    server::Ctx,
};

pub(super) use store::forget_reach;

/// The most changes of a record that are looked through for replaced addresses.
const MOST_REPLACED: i64 = 200;

/// A change of a record.
#[derive(Clone, Debug)]
pub struct RecordChange {
    pub at: Instant,
    pub by: String,
    pub fields: Vec<FieldChange>,
}

/// The birth date as it is kept with a change: in figures, and as far as it is known.
fn birth(facts: &Facts) -> String {
    let Some(date) = facts.birth.date else { return String::new() };
    date.format(match facts.birth.precision {
        BirthPrecision::Day => "%Y-%m-%d",
        BirthPrecision::Month => "%Y-%m",
        BirthPrecision::Year | BirthPrecision::Unknown => "%Y",
    })
    .to_string()
}

/// Facts by name.
type Named = Vec<(&'static str, String)>;

/// The facts that a record holds in the open, and those that it seals.
fn parts(facts: &Facts) -> (Named, Named) {
    let (name, more) = (&facts.name, &facts.more);
    let open = vec![
        ("given_names", name.given_names.clone()),
        ("family_name", name.family_name.clone()),
        ("preferred_name", name.preferred_name.clone()),
        ("birth_date", birth(facts)),
        ("sex", facts.sex.as_str().to_owned()),
        ("gender", more.gender.clone()),
        ("country", more.country.clone()),
        ("language", more.language.clone()),
        ("marital_status", more.marital_status.clone()),
        ("blood_group", more.blood_group.clone()),
    ];
    let sealed = vec![
        ("national_id", more.national_id.clone()),
        ("phone", more.phone.clone()),
        ("email", more.email.clone()),
        ("address", more.address.clone()),
        ("city", more.city.clone()),
        ("region", more.region.clone()),
        ("postal_code", more.postal_code.clone()),
        ("description", more.description.clone()),
    ];
    (open, sealed)
}

fn differing(before: Vec<(&'static str, String)>, after: Vec<(&'static str, String)>) -> Vec<FieldChange> {
    let pairs = before.into_iter().zip(after).filter(|((_, before), (_, after))| before != after);
    pairs.map(|((field, before), (_, after))| FieldChange { field: field.to_owned(), before, after }).collect()
}

/// The fields in which two sets of facts differ.
pub fn differences(before: &Facts, after: &Facts) -> Vec<FieldChange> {
    let ((open_before, sealed_before), (open_after, sealed_after)) = (parts(before), parts(after));
    [differing(open_before, open_after), differing(sealed_before, sealed_after)].concat()
}

/// Records what a save changed, in its transaction.
///
/// # Errors
/// When the database refuses.
pub async fn record_changes(ctx: &mut Ctx, patient: Locked<PatientId>, before: &Facts, after: &Facts) -> Result<()> {
    let ((open_before, sealed_before), (open_after, sealed_after)) = (parts(before), parts(after));
    let (open, sealed) = (differing(open_before, open_after), differing(sealed_before, sealed_after));
    if open.is_empty() && sealed.is_empty() {
        return Ok(());
    }
    let (stamp, request) = (ctx.stamp(), ctx.request().id.clone());
    store::insert(&mut ctx.tx, patient, &request, (&open, &sealed), stamp).await
}

/// Reads what changed in a record, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn changes_of(tx: &mut Tx, patient: PatientId, limit: i64, offset: i64) -> Result<Vec<RecordChange>> {
    store::of_patient(tx, patient, limit, offset).await
}

/// Returns the e-mail addresses that were replaced since then.
///
/// # Errors
/// When the database refuses.
pub async fn emails_replaced(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<Vec<String>> {
    let changes = store::of_patient(tx, patient, MOST_REPLACED, 0).await?.into_iter().filter(|change| change.at >= since);
    let fields = changes.flat_map(|change| change.fields).filter(|field| field.field == "email" && !field.before.is_empty());
    Ok(fields.map(|field| field.before).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patients::{Birth, PatientName, Sex};

    #[test]
    fn only_what_differs_is_a_change_and_sealed_facts_stand_apart() {
        let name = PatientName { given_names: "Ana".into(), family_name: "Núñez".into(), preferred_name: String::new() };
        let born = "1980-04-18".parse().expect("a day");
        let before = Facts::new(name, Birth::on(born), Sex::Female);
        let mut after = before.clone();
        after.birth.precision = BirthPrecision::Year;
        after.more.phone = "+1 617 555 0101".into();
        let ((open_before, sealed_before), (open_after, sealed_after)) = (parts(&before), parts(&after));
        let open = differing(open_before, open_after);
        let sealed = differing(sealed_before, sealed_after);
        assert_eq!(open, [FieldChange { field: "birth_date".into(), before: "1980-04-18".into(), after: "1980".into() }]);
        assert_eq!(sealed, [FieldChange { field: "phone".into(), before: String::new(), after: "+1 617 555 0101".into() }]);
    }
}
