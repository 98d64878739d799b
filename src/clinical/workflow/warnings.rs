//! Warnings about a prescription: the program checks when it is written, and again when it is signed.
//!
//! Each warning has a key. The reason that a doctor gives answers the keys that were shown, and no others: the form sends a digest of
//! them (`seen`), and the prescription stores them (`answered`), so that the program asks about a later warning.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    super::{
        Dosage, Prescription, PrescriptionState,
        findings::{self, CheckStage, Overridden, OverrideOf},
        medicines::{self, store},
        safety,
    },
    checks,
};
use crate::{
    core::{
        DrugId, EncounterId, Error, FieldError, PatientId, PrescriptionId, Result, UserId,
        time::{self, Instant},
    },
    db::Locked,
    formulary::{CheckLevel, Dose, check::Warning},
    patients::{self, AllergyStatus},
    server::{Ctx, hooks::OnWard},
    tr,
};

/// The most characters that a reason holds.
const REASON_LENGTH: usize = 500;
/// The key of a name that cannot be checked at all.
pub(super) const UNKNOWN: &str = "unknown";
const DIED: &str = "died";
const NOT_ASKED: &str = "not_asked";
const DOSAGE: &str = "dosage";
const REPLACES: &str = "replaces:";

/// A medicine by its name, the hospital's words for it, and its row in the list.
pub(super) struct Named<'n> {
    pub name: &'n str,
    pub words: &'n str,
    pub drug: Option<DrugId>,
}

/// A medicine that is ordered for a patient on a ward, for the checks of another one.
#[derive(Clone, Debug)]
pub struct OrderedMedicine {
    /// The order.
    pub id: Uuid,
    pub drug: DrugId,
    pub name: String,
    pub dosage: Dosage,
    pub since: Instant,
}

impl OrderedMedicine {
    fn into_prescription(self, patient: PatientId) -> Prescription {
        Prescription {
            id: PrescriptionId(self.id),
            encounter: EncounterId(self.id),
            patient,
            drug_id: Some(self.drug),
            drug: self.name,
            dosage: self.dosage,
            state: PrescriptionState::Active,
            override_reason: String::new(),
            answered: String::new(),
            prescribed_at: self.since,
            prescriber: String::new(),
            prescribed_by: UserId::SYSTEM,
            stop_reason: String::new(),
        }
    }
}

impl From<OnWard> for OrderedMedicine {
    fn from(known: OnWard) -> Self {
        let amount = known.amount.and_then(|(amount, unit)| Some(Dose { amount, unit: unit.parse().ok()? }));
        let dosage = Dosage {
            dose: known.dose,
            route: known.route,
            frequency: known.frequency,
            as_needed: known.as_needed,
            max_per_day: known.max_per_day,
            amount,
            often: known.often,
            ..Dosage::default()
        };
        Self { id: known.id, drug: known.drug, name: known.name, dosage, since: known.since }
    }
}

/// Returns the medicines that the patient gets on a ward, as prescriptions.
pub(super) async fn on_ward(ctx: &mut Ctx, patient: PatientId) -> Result<Vec<Prescription>> {
    let departments = ctx.state().departments;
    let known = departments.on_ward(ctx, patient).await?;
    Ok(known.into_iter().map(|one| OrderedMedicine::from(one).into_prescription(patient)).collect())
}

/// The warnings about a medicine for a patient.
#[derive(Clone, Debug, Default)]
pub struct Against {
    pub keys: Vec<String>,
    pub sentences: Vec<String>,
    /// The patient's allergies were never asked about.
    pub not_asked: bool,
    /// The name is unknown: allergies cannot be checked.
    pub unknown: bool,
    /// The reasons for which it cannot be prescribed at all.
    pub blocks: Vec<String>,
    /// Facts to be read, which need no answer.
    pub infos: Vec<String>,
    /// Each warning that needs a reason, with its level.
    pub asked: Vec<Warning>,
    /// The warnings behind `blocks`.
    pub blocked: Vec<Warning>,
}

/// The form's answer to the warnings.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub reason: String,
    /// The digest of the warnings that the form showed.
    pub seen: String,
    /// The name, when its prescriber has confirmed that it cannot be checked.
    pub confirmed: String,
}

impl Against {
    fn add(&mut self, key: String, level: CheckLevel, sentence: String) {
        self.keys.push(key.clone());
        self.sentences.push(sentence.clone());
        self.asked.push(Warning { key, level, sentence });
    }

    /// Returns the sentences.
    pub fn words(&self) -> String {
        self.sentences.join(" ")
    }

    /// Returns a digest that identifies this medicine with these warnings.
    pub fn seen(&self, name: &str) -> String {
        if self.keys.is_empty() { String::new() } else { digest(&[name.to_owned(), self.keys.join(" ")]) }
    }

    /// Returns the reason to be stored, and the keys that it answers.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the warnings to be answered: `override_reason` with the digest in `seen`, and
    /// `confirmed`.
    pub fn answered(self, name: &str, reply: Reply) -> Result<(String, String)> {
        let seen = self.seen(name);
        let mut errors = Vec::new();
        for field in ["dose", "route"] {
            let of_field = self.blocked.iter().filter(|warning| (warning.key == "route") == (field == "route"));
            let sentences: Vec<&str> = of_field.map(|warning| warning.sentence.as_str()).collect();
            if !sentences.is_empty() {
                errors.push(FieldError { field: field.into(), message: sentences.join(" ") });
            }
        }
        if !self.sentences.is_empty() && (reply.reason.is_empty() || reply.seen != seen) {
            errors.push(FieldError { field: "override_reason".into(), message: self.words() });
            errors.push(FieldError { field: "seen".into(), message: seen });
            if self.not_asked {
                errors.push(FieldError { field: "allergies".into(), message: tr!(clinical.ask_allergies).to_owned() });
            }
        }
        if self.unknown && reply.confirmed != name {
            errors.push(FieldError { field: "confirmed".into(), message: tr!(clinical.not_checked, drug = name.to_owned()) });
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let reason = if self.sentences.is_empty() { String::new() } else { reply.reason };
        let mut keys = self.keys;
        if self.unknown {
            keys.push(UNKNOWN.to_owned());
        }
        Ok((reason, keys.join(" ")))
    }
}

fn digest(parts: &[String]) -> String {
    use std::fmt::Write as _;
    let hash = Sha256::digest(parts.join("\n").as_bytes());
    hash.iter().take(12).fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns the answered keys of a repeated prescription: the prescription that it continues, and a name that was
/// confirmed then.
pub(super) fn repeats(repeated: PrescriptionId) -> String {
    format!("{REPLACES}{repeated} {UNKNOWN}")
}

/// Returns the prescriptions that the drafts of an encounter continue.
pub(super) async fn repeated(ctx: &mut Ctx, encounter: Locked<EncounterId>) -> Result<Vec<PrescriptionId>> {
    let drafts = store::of_encounter(&mut ctx.tx, encounter.id()).await?;
    let drafts = drafts.iter().filter(|one| one.state == PrescriptionState::Draft);
    Ok(drafts.flat_map(|one| one.answered.split(' ')).filter_map(|key| key.strip_prefix(REPLACES)?.parse().ok()).collect())
}

/// Returns the warnings about giving the patient this medicine, beside the prescriptions and what the patient gets on a ward. `but` are prescriptions
/// that do not count: the prescription itself, and one that it replaces.
pub(super) async fn against(
    ctx: &mut Ctx,
    patient: PatientId,
    medicine: &Named<'_>,
    dosage: Option<&Dosage>,
    but: &[PrescriptionId],
) -> Result<Against> {
    let now = ctx.now;
    let mut open = store::open_of_patient(&mut ctx.tx, patient).await?;
    open.retain(|known| !but.contains(&known.id) && (known.state == PrescriptionState::Draft || known.is_current(now)));
    open.extend(on_ward(ctx, patient).await?);
    against_these(ctx, patient, medicine, dosage, &open).await
}

/// Returns the warnings about ordering a medicine for a patient on a ward: against the patient's present prescriptions and the other
/// orders of the stay.
///
/// # Errors
/// When the database refuses.
pub async fn check_ordered(
    ctx: &mut Ctx,
    patient: PatientId,
    drug: &medicines::Drug,
    dosage: &Dosage,
    ordered: Vec<OrderedMedicine>,
) -> Result<Against> {
    let now = ctx.now;
    let mut open = store::open_of_patient(&mut ctx.tx, patient).await?;
    open.retain(|known| known.is_current(now));
    open.extend(ordered.into_iter().map(|one| one.into_prescription(patient)));
    let named = Named { name: &drug.name, words: &drug.allergy_words, drug: Some(drug.id) };
    against_these(ctx, patient, &named, Some(dosage), &open).await
}

/// Returns the warnings about a medicine beside the `open` ones.
pub(super) async fn against_these(
    ctx: &mut Ctx,
    patient: PatientId,
    medicine: &Named<'_>,
    dosage: Option<&Dosage>,
    open: &[Prescription],
) -> Result<Against> {
    let (now, zone) = (ctx.now, ctx.zone());
    let checked = checks::Checked::load(ctx, patient, medicine, dosage, open).await?;
    // A drug whose substances the formulary has is known, whatever its name.
    let mut found = Against { unknown: !checked.medicine.exact && !safety::is_known(medicine.name, medicine.words), ..Against::default() };
    allergic(ctx, patient, (medicine, &checked), &mut found).await?;
    for known in open {
        if checked.shares_substance(known.id) || safety::same_medicine(&known.drug, medicine.name) {
            let since = time::show_date(zone.day(known.prescribed_at));
            found.add(
                format!("same:{}", known.id),
                CheckLevel::Strong,
                tr!(clinical.prescribed_already, drug = known.drug.clone(), since = since),
            );
        }
    }
    for Warning { key, level, sentence } in checked.warnings() {
        match level {
            CheckLevel::Block => {
                found.blocks.push(sentence.clone());
                found.blocked.push(Warning { key, level, sentence });
            }
            CheckLevel::Strong | CheckLevel::Warn => found.add(key, level, sentence),
            CheckLevel::Info => found.infos.push(sentence),
        }
    }
    if let Some(died) = patients::death(&mut ctx.tx, patient).await?.filter(|died| died.day <= zone.day(now)) {
        found.add(DIED.to_owned(), CheckLevel::Strong, tr!(clinical.patient_has_died, died = died.sentence(None)));
    }
    let unclear: Vec<String> = dosage
        .map(|dosage| dosage.contradictions().into_iter().map(|(_, words)| words).chain(dosage.text_against_fields()).collect())
        .unwrap_or_default();
    if !unclear.is_empty() {
        found.add(DOSAGE.to_owned(), CheckLevel::Warn, unclear.join(" "));
    }
    Ok(found)
}

async fn allergic(
    ctx: &mut Ctx,
    patient: PatientId,
    (medicine, checked): (&Named<'_>, &checks::Checked),
    found: &mut Against,
) -> Result<()> {
    let allergies = patients::allergies(&mut ctx.tx, patient).await?;
    let status = patients::find(&mut ctx.tx, patient).await?.allergy_status;
    if status == AllergyStatus::NotRecorded && !allergies.iter().any(patients::Allergy::counts) {
        found.not_asked = true;
        found.add(NOT_ASKED.to_owned(), CheckLevel::Warn, tr!(clinical.allergies_never_asked).to_owned());
    }
    let mut hits = Vec::new();
    for allergy in allergies.iter().filter(|allergy| allergy.counts()) {
        let by_name = || safety::concerns(&allergy.substance, medicine.name, medicine.words);
        match checked.allergy(&allergy.substance) {
            checks::AllergyMatch::Concerns => {}
            _ if by_name() => {}
            checks::AllergyMatch::MayConcern(level, sentence) => {
                let key = format!("cross:{}", allergy.id);
                match level {
                    CheckLevel::Info => found.infos.push(sentence),
                    _ => found.add(key, level, sentence),
                }
                continue;
            }
            checks::AllergyMatch::No => continue,
        }
        let key = format!("allergy:{}", allergy.id);
        let (substance, reaction) = (allergy.substance.clone(), allergy.reaction.clone());
        let hit = match (allergy.is_severe(), reaction.is_empty()) {
            (true, true) => tr!(clinical.allergy_severe, substance = substance),
            (true, false) => tr!(clinical.allergy_severe_reaction, substance = substance, reaction = reaction),
            (false, true) => substance,
            (false, false) => format!("{substance} ({reaction})"),
        };
        let level = if allergy.is_severe() { CheckLevel::Strong } else { CheckLevel::Warn };
        let sentence = tr!(clinical.allergic_to, substances = hit.clone());
        found.keys.push(key.clone());
        found.asked.push(Warning { key, level, sentence });
        hits.push(hit);
    }
    if !hits.is_empty() {
        found.sentences.push(tr!(clinical.allergic_to, substances = hits.join(", ")));
    }
    Ok(())
}

/// Whether the reason of a prescription answers a warning, or that of another one does: `same:`, `interaction:` and `group:` end with the id of
/// the other medicine, and one reason answers for both.
pub(super) fn is_answered(all: &[Prescription], own: &Prescription, key: &str) -> bool {
    if own.has_answered(key) {
        return true;
    }
    let Some((kind, id)) = key.rsplit_once(':') else { return false };
    if !["same", "interaction", "group"].iter().any(|known| kind.split(':').next() == Some(known)) {
        return false;
    }
    let other = all.iter().find(|other| other.id.to_string() == id);
    let replaces = kind == "same" && own.has_answered(&format!("{REPLACES}{id}"));
    replaces || other.is_some_and(|other| other.has_answered(&format!("{kind}:{}", own.id)))
}

/// Checks each draft of the encounter again, under the locks of patient and encounter. A warning that the draft's reason has not
/// answered stops the signature, until the form sends a reason with the digest of the warnings shown; the reason is stored with
/// the prescription.
///
/// # Errors
/// [`Error::Invalid`] with the warnings in `sign_reason` and their digest in `seen`.
pub(super) async fn ask_again(ctx: &mut Ctx, patient: Locked<PatientId>, encounter: Locked<EncounterId>, reply: &Reply) -> Result<()> {
    let all = store::open_of_patient(&mut ctx.tx, patient.id()).await?;
    let drafts: Vec<&Prescription> =
        all.iter().filter(|one| one.encounter == encounter.id() && one.state == PrescriptionState::Draft).collect();
    let mut open: Vec<(&Prescription, Vec<String>, Vec<Warning>)> = Vec::new();
    let mut sentences: Vec<String> = Vec::new();
    for draft in drafts {
        let words = medicines::words_of(&mut ctx.tx, draft.drug_id).await?;
        let named = Named { name: &draft.drug, words: &words, drug: draft.drug_id };
        let mut found = against(ctx, patient.id(), &named, Some(&draft.dosage), &[draft.id]).await?;
        if !found.blocks.is_empty() {
            return Err(Error::conflict(format!("{}: {}", draft.drug, found.blocks.join(" "))));
        }
        if found.unknown {
            found.add(UNKNOWN.to_owned(), CheckLevel::Warn, tr!(clinical.not_checked, drug = draft.drug.clone()));
        }
        found.keys.retain(|key| !is_answered(&all, draft, key));
        if !found.keys.is_empty() {
            sentences.push(format!("{}: {}", draft.drug, found.words()));
            open.push((draft, found.keys, found.asked));
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let seen = digest(&open.iter().map(|(draft, keys, _)| format!("{} {}", draft.id, keys.join(" "))).collect::<Vec<_>>());
    if reply.reason.is_empty() || reply.seen != seen {
        return Err(Error::Invalid(vec![
            FieldError { field: "sign_reason".into(), message: sentences.join(" ") },
            FieldError { field: "seen".into(), message: seen },
        ]));
    }
    let clinic = super::super::store::encounter(&mut ctx.tx, encounter.id()).await?.ok_or(Error::NotFound)?.clinic;
    for (draft, keys, asked) in open {
        let reason =
            [draft.override_reason.as_str(), &reply.reason].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        if reason.chars().count() > REASON_LENGTH {
            return Err(Error::invalid("sign_reason", tr!(clinical.reason_too_long, drug = draft.drug.clone())));
        }
        let answered = format!("{} {}", draft.answered, keys.join(" "));
        store::answer(&mut ctx.tx, encounter, draft.id, &reason, answered.trim()).await?;
        let asked: Vec<Warning> = asked.into_iter().filter(|warning| keys.contains(&warning.key)).collect();
        let about = Overridden {
            of: OverrideOf::Prescription(draft.id),
            patient: patient.id(),
            clinic,
            stage: CheckStage::Sign,
            reason: &reply.reason,
        };
        findings::keep(ctx, &about, &asked).await?;
    }
    Ok(())
}
