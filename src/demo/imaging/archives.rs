//! The archive of images of the demo: one study is tied to its order, and three wait for a person, each for another reason.
//!
//! The settings of a demo name no archive, so that its address is never asked.

use super::store::{self, By};
use crate::{
    core::{ClinicId, ImagingArchiveId},
    db::Tx,
    imaging::Modality,
};

/// A study in the archive.
pub(super) struct InArchive<'a> {
    pub uid: String,
    pub accession: &'a str,
    pub modality: Modality,
    pub images: i64,
    /// Number, name, birth date, sex, description.
    pub patient: [&'a str; 5],
    /// Empty: it is tied to its order.
    pub reason: &'static str,
}

/// Adds the archive and its studies.
pub(super) async fn make(tx: &mut Tx, clinic: ClinicId, day: &str, by: By) -> Result<(), crate::demo::DemoError> {
    let Some(order) = store::acquired(tx, clinic).await? else { return Ok(()) };
    let archive = ImagingArchiveId::new();
    store::archive(tx, archive, clinic, by).await?;
    let name = format!("{}^{}", order.family_name, order.given_names);
    let birth = order.birth_date.replace('-', "");
    let tied = [order.mrn.as_str(), &name, &birth, "", "Chest pa"];
    let uid = |number: u128| format!("2.25.{}", 329_800_735_698_586_629_295_641_978_511_506_172_918_u128 + number);
    let studies = [
        InArchive {
            uid: order.study_uid.clone(),
            accession: &order.accession,
            modality: Modality::Cr,
            images: 2,
            patient: tied,
            reason: "",
        },
        InArchive {
            uid: uid(1),
            accession: "",
            modality: Modality::Ct,
            images: 214,
            patient: ["", "UNKNOWN^EMERGENCY", "", "M", "Head without contrast"],
            reason: "no_accession",
        },
        InArchive {
            uid: uid(2),
            accession: "R260010000010",
            modality: Modality::Us,
            images: 12,
            patient: ["100452", "SAAR^PIRET", "19610803", "F", "Abdomen"],
            reason: "unknown_accession",
        },
        InArchive {
            uid: uid(3),
            accession: &order.accession,
            modality: Modality::Cr,
            images: 1,
            patient: ["999001", "TEST^PHANTOM", "20000101", "O", "Quality control"],
            reason: "other_patient",
        },
    ];
    for study in &studies {
        let of = study.reason.is_empty().then_some((order.id, order.patient_id));
        store::in_archive(tx, (archive, clinic), study, day, of, by).await?;
    }
    Ok(())
}
