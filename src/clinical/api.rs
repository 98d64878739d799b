//! The server functions that doctors call in a consultation. A visit's id names the consultation; its first change
//! begins the encounter.

use leptos::prelude::*;

use crate::{
    clinical::worksheet::{DrugFacts, Found, NoteSaved, NoteView, Worksheet},
    core::{AddendumId, Answer, DiagnosisId, EncounterId, Error, FindingId, PrescriptionId, ServiceId, VisitId},
};

#[cfg(feature = "ssr")]
use crate::{
    accounts,
    clinical::{
        NoteText, icd10, medicines,
        prescription_form::PrescriptionForm,
        workflow::{self, Reply},
    },
    core::{
        DrugId, Permission,
        form::{chosen, line},
        time,
    },
    opd,
    orders::OrderForm,
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Redirects to the consultation page with the word `done` for the action just completed.
#[cfg(feature = "ssr")]
fn back_to(visit: VisitId, done: &str) {
    redirect_to(&format!("/consultation/{visit}?done={done}"));
}

/// Commits a change and answers with the current diagnoses and prescriptions.
#[cfg(feature = "ssr")]
async fn saved(mut ctx: Ctx, visit: VisitId) -> Result<Worksheet, Error> {
    let worksheet = workflow::worksheet(&mut ctx, visit).await?;
    ctx.commit().await?;
    back_to(visit, "saved");
    Ok(worksheet)
}

/// Redirects to the consultation page of the patient just called. `entry` is the queue entry that an undo returns.
#[cfg(feature = "ssr")]
fn called_to(visit: VisitId, entry: crate::core::QueueEntryId) {
    redirect_to(&format!("/consultation/{visit}?done=called&entry={entry}"));
}

/// Calls the next patient of the queue into the doctor's room, and opens the consultation.
#[server(endpoint = "clinical/call_next", output = Answer)]
pub async fn call_next(
    service: ServiceId,
    /// Whether the server may first ask for the doctor's room and about a patient who is still there
    /// ([`opd::before_call`]).
    #[server(default)]
    ask: String,
) -> Result<Option<VisitId>, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    if opd::before_call(&mut ctx, &ask).await? == opd::BeforeCall::ChoosePlace {
        redirect_to(&opd::choose_place("/consultation"));
        return Ok(None);
    }
    let called = workflow::call_next(&mut ctx, service).await?;
    ctx.commit().await?;
    match called {
        Some((visit, entry)) => called_to(visit, entry),
        None => redirect_to("/consultation?done=nobody"),
    }
    Ok(called.map(|(visit, _)| visit))
}

/// Calls this patient out of turn.
#[server(endpoint = "clinical/call")]
pub async fn call(visit_id: VisitId, #[server(default)] ask: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    if opd::before_call(&mut ctx, &ask).await? == opd::BeforeCall::ChoosePlace {
        redirect_to(&opd::choose_place(&format!("/consultation/{visit_id}")));
        return Ok(());
    }
    let entry = workflow::call(&mut ctx, visit_id).await?;
    ctx.commit().await?;
    called_to(visit_id, entry);
    Ok(())
}

/// Records that the called patient is in the room and begins the encounter.
#[server(endpoint = "clinical/begin")]
pub async fn begin(visit_id: VisitId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    workflow::begin(&mut ctx, visit_id).await?;
    ctx.commit().await?;
    back_to(visit_id, "begun");
    Ok(())
}

/// Takes a colleague's unfinished encounter over.
#[server(endpoint = "clinical/take_over")]
pub async fn take_over(visit_id: VisitId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    workflow::take_over(&mut ctx, visit_id).await?;
    ctx.commit().await?;
    back_to(visit_id, "taken_over");
    Ok(())
}

/// Saves the draft of the note. The server refuses to save over a newer version; [`note`] then returns that version.
#[server(endpoint = "clinical/save_note", output = Answer)]
pub async fn save_note(
    visit_id: VisitId,
    #[server(default)] version: i64,
    #[server(default)] history: String,
    #[server(default)] examination: String,
    #[server(default)] assessment: String,
    #[server(default)] plan: String,
) -> Result<NoteSaved, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let text = NoteText { history, examination, assessment, plan }.parse()?;
    let version = workflow::save_note(&mut ctx, visit_id, version, &text).await?;
    let at = time::show_time(ctx.zone().local(ctx.now).time());
    ctx.commit().await?;
    back_to(visit_id, "saved");
    Ok(NoteSaved { version, at })
}

/// Returns the note as it is stored.
#[server(endpoint = "clinical/note", output = Answer)]
pub async fn note(visit_id: VisitId) -> Result<NoteView, Error> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    workflow::note(&mut ctx, visit_id).await
}

/// Returns the diagnoses and prescriptions entered so far.
#[server(endpoint = "clinical/worksheet", output = Answer)]
pub async fn read_worksheet(visit_id: VisitId) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let worksheet = workflow::worksheet(&mut ctx, visit_id).await?;
    let fresh = super::pages::fresh(&mut ctx, visit_id).await?;
    Ok(Worksheet { fresh, ..worksheet })
}

/// Finds codes of the ICD-10-CM list, by code or words. Codes that only group other codes are left out.
#[server(endpoint = "clinical/find_diagnoses", output = Answer)]
pub async fn find_diagnoses(text: String) -> Result<Vec<Found>, Error> {
    let _ctx = Ctx::read(Permission::WriteNotes).await?;
    let text: String = text.chars().take(100).collect();
    let found = icd10::search(&text, 12).into_iter().filter(|code| code.billable);
    Ok(found.map(|code| Found { id: code.code.to_owned(), name: code.description.to_owned(), detail: code.code.to_owned() }).collect())
}

/// Adds a coded diagnosis: either the chosen one, or one whose full code was typed.
#[server(endpoint = "clinical/add_diagnosis", output = Answer)]
pub async fn add_diagnosis(
    visit_id: VisitId,
    #[server(default)] diagnosis: String,
    #[server(default)] diagnosis_id: String,
    #[server(default)] certainty: String,
) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let certainty = chosen("certainty", &certainty)?;
    let code = if diagnosis_id.is_empty() { diagnosis } else { diagnosis_id };
    let code = icd10::lookup(code.trim()).filter(|code| code.billable).ok_or_else(|| which_diagnosis(&code))?;
    workflow::add_diagnosis(&mut ctx, visit_id, code, certainty).await?;
    saved(ctx, visit_id).await
}

/// Refuses `words` with a list of the codes that they may mean, for a page that shows no suggestions while the doctor
/// types.
#[cfg(feature = "ssr")]
fn which_diagnosis(words: &str) -> Error {
    let found = icd10::search(words.trim(), 5).into_iter().filter(|code| code.billable);
    let found: Vec<String> = found.map(|code| format!("{} {}", code.code, code.description)).collect();
    let message = if found.is_empty() {
        tr!(clinical.which_diagnosis).to_owned()
    } else {
        tr!(clinical.which_of_diagnoses, codes = found.join("; "))
    };
    Error::invalid("diagnosis", message)
}

/// Makes a diagnosis the primary one.
#[server(endpoint = "clinical/primary_diagnosis", output = Answer)]
pub async fn primary_diagnosis(visit_id: VisitId, diagnosis_id: DiagnosisId) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    workflow::make_primary(&mut ctx, visit_id, diagnosis_id).await?;
    saved(ctx, visit_id).await
}

/// Strikes a diagnosis out as entered in error.
#[server(endpoint = "clinical/remove_diagnosis", output = Answer)]
pub async fn remove_diagnosis(visit_id: VisitId, diagnosis_id: DiagnosisId, #[server(default)] reason: String) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let reason = line("reason", &reason, 500)?;
    workflow::remove_diagnosis(&mut ctx, visit_id, diagnosis_id, &reason).await?;
    saved(ctx, visit_id).await
}

/// Finds medicines of the hospital's list by the beginnings of words.
#[server(endpoint = "clinical/find_drugs", output = Answer)]
pub async fn find_drugs(text: String) -> Result<Vec<Found>, Error> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let text: String = text.chars().take(100).collect();
    let drugs = medicines::find_drugs(&mut ctx.tx, &text, 12).await?;
    Ok(drugs.into_iter().map(|drug| Found { id: drug.id.to_string(), name: drug.name, detail: drug.usual_dose }).collect())
}

/// Returns the usual dosage of a medicine, and the warnings about it for the patient of the visit. The medicine is one of the list, or
/// a typed name.
#[server(endpoint = "clinical/drug_facts", output = Answer)]
pub async fn look_up_drug(
    visit_id: VisitId,
    #[server(default)] drug_id: String,
    #[server(default)] drug: String,
) -> Result<DrugFacts, Error> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let name = line("drug", &drug, 200)?;
    workflow::drug_facts(&mut ctx, visit_id, drug_id.parse().ok(), &name).await
}

/// Prescribes a medicine. When the patient has an allergy to it or already takes it, the doctor must give a reason.
#[server(endpoint = "clinical/prescribe", output = Answer)]
pub async fn prescribe(
    visit_id: VisitId,
    #[server(default)] drug: String,
    #[server(default)] drug_id: String,
    #[server(default)] dose: String,
    #[server(default)] route: String,
    #[server(default)] frequency: String,
    #[server(default)] days: String,
    #[server(default)] as_needed: String,
    #[server(default)] max_per_day: String,
    #[server(default)] instructions: String,
    /// The reason for which no other medicine may be handed out.
    #[server(default)]
    no_substitution: String,
    #[server(default)] override_reason: String,
    /// The digest of the warnings that the reason answers.
    #[server(default)]
    seen: String,
    /// The name of a medicine that cannot be checked for allergies, as the prescriber has confirmed.
    #[server(default)]
    confirmed: String,
) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let form =
        PrescriptionForm { drug, dose, route, frequency, days, as_needed, max_per_day, instructions, no_substitution, override_reason };
    let (drug, dosage, reason) = form.parse()?;
    let drug_id: Option<DrugId> = drug_id.parse().ok();
    let confirmed = line("confirmed", &confirmed, 200)?;
    workflow::prescribe(&mut ctx, visit_id, drug_id, drug, dosage, Reply { reason, seen, confirmed }).await?;
    saved(ctx, visit_id).await
}

/// Prescribes again a medicine that the patient takes, or took recently.
#[server(endpoint = "clinical/repeat_prescription", output = Answer)]
pub async fn repeat_prescription(visit_id: VisitId, prescription_id: PrescriptionId) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    workflow::repeat_prescription(&mut ctx, visit_id, prescription_id).await?;
    saved(ctx, visit_id).await
}

/// Ends a prescription: an unsigned one is struck out, a signed one is stopped with a reason.
#[server(endpoint = "clinical/stop_prescription", output = Answer)]
pub async fn stop_prescription(
    prescription_id: PrescriptionId,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<Worksheet, Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let reason = line("reason", &reason, 500)?;
    let (patient, visit) = workflow::stop_prescription(&mut ctx, prescription_id, &reason).await?;
    let worksheet = match visit {
        Some(visit) => workflow::worksheet(&mut ctx, visit).await?,
        None => Worksheet::default(),
    };
    ctx.commit().await?;
    match visit.filter(|_| back != "chart") {
        Some(visit) => back_to(visit, "saved"),
        None => redirect_to(&format!("/patients/{patient}/chart?done=stopped")),
    }
    Ok(worksheet)
}

/// Stops a signed prescription, and prescribes and signs another one in its place.
#[server(endpoint = "clinical/replace_prescription")]
pub async fn replace_prescription(
    prescription_id: PrescriptionId,
    /// The reason why the old prescription is wrong.
    #[server(default)]
    why: String,
    #[server(default)] drug: String,
    #[server(default)] dose: String,
    #[server(default)] route: String,
    #[server(default)] frequency: String,
    #[server(default)] days: String,
    #[server(default)] as_needed: String,
    #[server(default)] max_per_day: String,
    #[server(default)] instructions: String,
    /// The reason for which no other medicine may be handed out.
    #[server(default)]
    no_substitution: String,
    #[server(default)] override_reason: String,
    #[server(default)] seen: String,
    #[server(default)] confirmed: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proved(&password).await?;
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let why = line("why", &why, 500)?;
    if why.is_empty() {
        return Err(Error::invalid("why", tr!(clinical.why_replace)));
    }
    let form =
        PrescriptionForm { drug, dose, route, frequency, days, as_needed, max_per_day, instructions, no_substitution, override_reason };
    let (drug, dosage, reason) = form.parse()?;
    let reply = Reply { reason, seen, confirmed: line("confirmed", &confirmed, 200)? };
    let (patient, encounter) = workflow::replace_prescription(&mut ctx, prescription_id, &why, drug, dosage, reply).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient}/chart?done=replaced&prescription={encounter}"));
    Ok(())
}

/// Marks a prescription in spite of a warning as reviewed by the pharmacist.
#[server(endpoint = "clinical/review_override")]
pub async fn review_override(finding_id: FindingId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReviewPrescriptions).await?;
    super::findings::review(&mut ctx, finding_id).await?;
    ctx.commit().await?;
    redirect_to("/prescriptions/overrides?done=reviewed");
    Ok(())
}

/// Places an order of a kind that a department takes.
#[server(endpoint = "clinical/order")]
pub async fn order(
    visit_id: VisitId,
    /// The order's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] kind: String,
    #[server(default)] service: String,
    #[server(default)] priority: String,
    #[server(default)] reason: String,
    #[server(default)] instructions: String,
    #[server(default)] draft: String,
    #[server(default)] again: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let form = OrderForm { key, kind, service, priority, reason, instructions, draft, again };
    let asked = form.parse()?;
    workflow::order(&mut ctx, visit_id, &asked).await?;
    ctx.commit().await?;
    back_to(visit_id, if asked.is_draft { "drafted" } else { "ordered" });
    Ok(())
}

/// Checks that the user may write notes, and verifies the password of the signed-in user.
#[cfg(feature = "ssr")]
async fn proved(password: &str) -> Result<(), Error> {
    drop(Ctx::read(Permission::WriteNotes).await?);
    let request = Request::current().ok_or(Error::SignedOut)?;
    accounts::prove(&request, password).await
}

/// Signs the note as it stands in the form with the doctor's key, and finishes the encounter: prescriptions become valid,
/// the consultation is charged, and the visit moves to its next step. The doctor must enter the password each time.
#[server(endpoint = "clinical/sign")]
pub async fn sign(
    visit_id: VisitId,
    #[server(default)] version: i64,
    #[server(default)] history: String,
    #[server(default)] examination: String,
    #[server(default)] assessment: String,
    #[server(default)] plan: String,
    #[server(default)] password: String,
    /// The reason for prescribing in spite of warnings that came up after the prescriptions were written.
    #[server(default)]
    sign_reason: String,
    /// The digest of these warnings.
    #[server(default)]
    seen: String,
) -> Result<(), Error> {
    proved(&password).await?;
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let text = NoteText { history, examination, assessment, plan }.parse()?;
    let reason = line("sign_reason", &sign_reason, 500)?;
    let reply = Reply { reason, seen, confirmed: String::new() };
    let prescribed = workflow::sign(&mut ctx, visit_id, version, text, &reply).await?;
    ctx.commit().await?;
    let prescription = prescribed.map(|encounter| format!("&prescription={encounter}")).unwrap_or_default();
    redirect_to(&format!("/consultation?done=signed&visit={visit_id}{prescription}"));
    Ok(())
}

/// Adds an addendum to a signed note; the addendum is signed too.
#[server(endpoint = "clinical/add_addendum")]
pub async fn add_addendum(
    encounter_id: EncounterId,
    /// An id created with the form: an addendum that is sent twice is added once.
    key: AddendumId,
    #[server(default)] body: String,
    #[server(default)] back: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proved(&password).await?;
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let body = body.replace("\r\n", "\n");
    let body = body.trim();
    if body.is_empty() {
        return Err(Error::invalid("body", tr!(clinical.empty_addendum)));
    }
    if body.chars().count() > super::note::SECTION_LENGTH {
        return Err(Error::invalid("body", tr!(clinical.section_too_long)));
    }
    let encounter = workflow::add_addendum(&mut ctx, encounter_id, key, body).await?;
    ctx.commit().await?;
    match encounter.visit.filter(|_| back != "chart") {
        Some(visit) => back_to(visit, "added"),
        None => redirect_to(&format!("/patients/{}/chart?done=added", encounter.patient)),
    }
    Ok(())
}
