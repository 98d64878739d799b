//! The demo's ward round: notes of the last days, one that is not signed, a fall, a pressure ulcer with its care plan, lines, a request for
//! tests that the ward collects, and a follow-up that waits for its booking.

mod store;

use chrono::{Duration, NaiveDate};

use self::store::RoundBed;
use super::{DemoError, hospital::Clinic};
use crate::{
    core::{
        CarePlanId, FollowUpId, Stamp, StayDeviceId, StayNoteId, TaskPlanId, UserId,
        time::{Instant, Zone},
    },
    db::Tx,
    nursing,
    rounds::{self, NewStayNote, StayNoteKind, StayNoteStyle},
};

/// Patients whose round is told.
const PATIENTS: i64 = 6;

const SAID: [[&str; 4]; 3] = [
    [
        "Slept well, less cough.",
        "Temperature 37.1, crackles at the left base, eats half of the meals.",
        "Pneumonia of the left lung, better on day 3.",
        "Antibiotic by mouth from tomorrow. Walk twice a day.",
    ],
    [
        "Short of breath at night.",
        "Oedema to the knees, weight up by 1.2 kg since yesterday.",
        "Heart failure, not compensated yet.",
        "Double the diuretic today, weigh each morning, creatinine tomorrow.",
    ],
    ["No pain.", "Wound dry, drain 20 ml.", "Day 2 after the operation, as expected.", "Remove the drain tomorrow."],
];

/// The people of the round.
#[derive(Clone, Copy)]
struct Staff<'n> {
    doctor: UserId,
    name: &'n str,
    nurse: UserId,
}

/// Makes the rows for the patients of the medical ward.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, now: Instant, nurse: UserId) -> Result<(), DemoError> {
    nursing::confirm_all_tools(tx, Stamp::system(now)).await?;
    let Some((doctor, name)) = store::a_doctor(tx, clinic.id).await? else { return Ok(()) };
    let staff = Staff { doctor, name: &name, nurse };
    let beds = store::beds(tx, clinic.id, PATIENTS).await?;
    for (place, bed) in beds.iter().enumerate() {
        note(tx, bed, staff, (place, now)).await?;
        lines(tx, bed, staff.nurse, (place, now)).await?;
        match place {
            // Fell in the night: assessed again, high risk.
            0 => store::assess(tx, bed, ("morse", &[25, 15, 15, 20, 10, 0]), ("fall", now - Duration::hours(7)), nurse).await?,
            1 => {
                store::assess(tx, bed, ("braden", &[3, 2, 2, 2, 2, 1]), ("admission", now - Duration::hours(20)), nurse).await?;
                ulcer(tx, bed, staff.nurse, now).await?;
            }
            2 => store::assess(tx, bed, ("pain", &[6]), ("routine", now - Duration::hours(2)), nurse).await?,
            3 => store::assess(tx, bed, ("gcs", &[4, 4, 6]), ("change", now - Duration::hours(1)), nurse).await?,
            _ => {}
        }
    }
    if let (Some(bed), Some(service)) = (beds.first(), store::a_service(tx, clinic.id).await?) {
        let due: NaiveDate = zone.day(now) + Duration::weeks(6);
        let days = (due, due + Duration::weeks(8));
        store::follow_up(tx, (FollowUpId::new(), bed), service, (6, days), "Chest X-ray and a talk about the results", (now, doctor))
            .await?;
    }
    Ok(())
}

/// A signed note of yesterday; the third patient's note of today is not signed yet.
async fn note(tx: &mut Tx, bed: &RoundBed, staff: Staff<'_>, (place, now): (usize, Instant)) -> Result<(), DemoError> {
    let sections = SAID[place % SAID.len()].map(str::to_owned);
    let at = now - Duration::hours(22);
    let new = |id: StayNoteId, written_at: Instant| NewStayNote {
        id,
        admission: bed.admission,
        kind: StayNoteKind::Round,
        headings: StayNoteStyle::Soap,
        sections: sections.clone(),
        written_at,
        author: staff.doctor,
    };
    if at > bed.since {
        rounds::add_note(tx, &new(StayNoteId::new(), at), Some(staff.name)).await?;
    }
    if place == 2 {
        rounds::add_note(tx, &new(StayNoteId::new(), now - Duration::minutes(40)), None).await?;
    }
    Ok(())
}

/// A cannula for everybody, with signs of a phlebitis at the fourth patient; a urinary catheter for each other one.
async fn lines(tx: &mut Tx, bed: &RoundBed, nurse: UserId, (place, now): (usize, Instant)) -> Result<(), DemoError> {
    let cannula = StayDeviceId::new();
    store::device(tx, (cannula, bed), ("cannula", "Forearm", "left", "20 G"), (bed.since, now), nurse).await?;
    let vip = if place == 3 { 2 } else { 0 };
    store::check(tx, cannula, vip, Stamp { by: nurse, at: now - Duration::hours(3) }).await?;
    if place % 2 == 1 {
        store::device(tx, (StayDeviceId::new(), bed), ("urinary_catheter", "Urethra", "none", "14 Ch"), (bed.since, now), nurse).await?;
    }
    Ok(())
}

/// A pressure ulcer, turned every four hours.
async fn ulcer(tx: &mut Tx, bed: &RoundBed, nurse: UserId, now: Instant) -> Result<(), DemoError> {
    let began = (now - Duration::hours(18)).max(bed.since);
    let (plan, task) = (CarePlanId::new(), TaskPlanId::new());
    store::care_plan(tx, (plan, bed), ["Pressure ulcer at the sacrum, category 2", "Smaller within a week"], (began, nurse)).await?;
    store::action(tx, (plan, task, bed), "Turn, and look at the sacrum", (began, now), nurse).await?;
    store::evaluate(tx, plan, ("same", "3 x 2 cm, clean"), Stamp { by: nurse, at: now - Duration::hours(2) }).await?;
    Ok(())
}
