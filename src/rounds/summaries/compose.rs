//! The first text of a summary, from the record: problems, the course by the notes, results that are not normal, what is open, and the
//! medicine orders that are active, or were so when the patient left.

use super::{DischargeMedicine, SummaryText};
use crate::{
    clinical::problems::{self, ProblemStatus},
    core::{
        Result,
        time::{Zone, show_date},
    },
    lab::{self, Catalogue, Flag, localised, shown_unit},
    medicine_record::CareOrder,
    orders::{self, OrderState},
    rounds::{
        home::{self, HomeMedicines},
        notes::{self, StayNote},
        vocabulary::{MedicineDecision, StayNoteKind},
    },
    server::Ctx,
    tr,
    wards::Admission,
};

/// Notes whose assessment goes into the course.
const NOTES: usize = 10;

/// Composes the text and the rows of medicines. A row begins with the decision that a doctor made on the medicines to take home, and without one
/// otherwise.
///
/// # Errors
/// When the database refuses.
pub async fn compose(ctx: &mut Ctx, stay: &Admission, zone: Zone) -> Result<(SummaryText, Vec<DischargeMedicine>)> {
    let listed = problems::of_patient(&mut ctx.tx, stay.patient_id).await?;
    let active = listed.iter().filter(|entry| entry.is_current() && entry.clinical_status == ProblemStatus::Active);
    let mut diagnoses = vec![stay.reason.clone()];
    diagnoses.extend(active.map(|entry| format!("{} {}", entry.code, entry.description).trim().to_owned()));
    let written = notes::of_stay(&mut ctx.tx, stay.id).await?;
    let course = written
        .iter()
        .filter(|note| note.is_current() && note.kind != StayNoteKind::Nursing)
        .take(NOTES)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .filter_map(|note| said(note, zone))
        .collect::<Vec<_>>();
    let results = results(ctx, stay).await?;
    let open = orders::of_stay(&mut ctx.tx, stay.id).await?;
    let pending = open
        .iter()
        .filter(|order| OrderState::OPEN.contains(&order.state))
        .map(|order| format!("{} ({})", order.service, order.state.words().to_lowercase()))
        .collect::<Vec<_>>();
    let join = |lines: Vec<String>| lines.join("\n");
    let sections = [join(diagnoses), join(course), join(results), String::new(), join(pending)];
    let home = HomeMedicines::read(&mut ctx.tx, stay.id).await?;
    let mut medicines: Vec<_> = home::orders(&mut ctx.tx, stay).await?.iter().map(|order| row(order, &home, zone)).collect();
    medicines.extend(home.decisions.iter().filter(|one| one.decision == MedicineDecision::New).filter_map(|one| {
        let prescription = home.prescription(one)?;
        let (medicine, dosage) = (prescription.drug.clone(), prescription.dosage.sentence());
        Some(DischargeMedicine { order_id: None, decision: Some(MedicineDecision::New), medicine, dosage, reason: String::new() })
    }));
    Ok((SummaryText { sections, amendment: String::new() }, medicines))
}

/// The assessment of a note in one line, with its day.
fn said(note: &StayNote, zone: Zone) -> Option<String> {
    let text = note.text.sections[2].split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| format!("{}: {text}", show_date(zone.day(note.created_at))))
}

/// The latest value of each test of the stay that is outside its limits.
async fn results(ctx: &mut Ctx, stay: &Admission) -> Result<Vec<String>> {
    let Some(admitted) = stay.admitted_at else { return Ok(Vec::new()) };
    let latest = lab::latest_values(&mut ctx.tx, stay.patient_id).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let outside = latest.iter().filter(|value| value.measured_at >= admitted && !matches!(value.flag, Flag::Unjudged | Flag::Normal));
    Ok(outside
        .map(|value| {
            let name = all.test(value.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
            format!("{name} {} {} {}", localised(&value.value_text), shown_unit(&value.unit), value.flag.as_str()).trim().to_owned()
        })
        .collect())
}

fn row(order: &CareOrder, home: &HomeMedicines, zone: Zone) -> DischargeMedicine {
    let reason = if order.indication.is_empty() { String::new() } else { tr!(rounds.for_reason, reason = order.indication.clone()) };
    let decided = home.standing(order.id);
    let prescribed = decided.and_then(|one| home.prescription(one));
    let medicine = prescribed.map_or_else(|| order.title.clone(), |one| one.drug.clone());
    let dosage = prescribed.map_or_else(|| order.sentence(zone), |one| one.dosage.sentence());
    DischargeMedicine { order_id: Some(order.id), decision: decided.map(|one| one.decision), medicine, dosage, reason }
}

/// Returns rows for the active medicine orders that a version does not decide on.
///
/// # Errors
/// When the database refuses.
pub async fn undecided(ctx: &mut Ctx, stay: &Admission, known: &[DischargeMedicine], zone: Zone) -> Result<Vec<DischargeMedicine>> {
    let orders = home::orders(&mut ctx.tx, stay).await?;
    let home = HomeMedicines::read(&mut ctx.tx, stay.id).await?;
    Ok(orders.iter().filter(|order| known.iter().all(|row| row.order_id != Some(order.id))).map(|order| row(order, &home, zone)).collect())
}
