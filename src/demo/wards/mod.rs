//! The demo's wards: four wards with 60 beds, most of them taken, with the states that a ward knows.

mod store;
mod twins;

use chrono::{Datelike as _, Duration, NaiveDate};

use super::{DemoError, hospital::Clinic};
use crate::{
    core::{
        AdmissionId, BedClassId, BedId, BedUseId, PatientId, PriceId, PriceItemId, StaffId, Stamp, SwapId, TransferId, UserId, WardId,
        time::{Instant, Zone},
    },
    db::{DbError, Tx, Value},
    row,
};

/// A ward of the demo: code, name, kind, sex rule, first and last age, rooms, and who lies in each room.
struct DemoWard {
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    ages: (Option<i64>, Option<i64>),
    /// The rule of each room about sex.
    rooms: &'static [&'static str],
    bed: &'static str,
    /// The places of the beds in which no patient lies: the first is cleaned or closed, the others are available.
    free: &'static [usize],
}

const BEDS_IN_A_ROOM: usize = 3;

const WARDS: [DemoWard; 4] = [
    DemoWard {
        code: "MED",
        name: "Medical ward",
        kind: "medical",
        ages: (Some(16), None),
        rooms: &["female", "female", "female", "male", "male", "male"],
        bed: "adult",
        free: &[17, 8, 14],
    },
    DemoWard {
        code: "SUR",
        name: "Surgical ward",
        kind: "surgical",
        ages: (Some(16), None),
        rooms: &["female", "female", "female", "male", "male", "male"],
        bed: "adult",
        free: &[17, 8, 14],
    },
    DemoWard {
        code: "MAT",
        name: "Maternity ward",
        kind: "maternity",
        ages: (Some(12), None),
        rooms: &["female", "female", "female", "female"],
        bed: "adult",
        free: &[11, 5, 8],
    },
    DemoWard {
        code: "PED",
        name: "Children's ward",
        kind: "paediatric",
        ages: (None, Some(15)),
        rooms: &["any", "any", "any", "any"],
        bed: "child",
        free: &[11, 5, 8],
    },
];

/// The ward that a large hospital has besides: 60 beds, 57 of them taken as far as there are patients.
const WIDE: DemoWard = DemoWard {
    code: "GEN",
    name: "General ward",
    kind: "medical",
    ages: (Some(16), None),
    rooms: &[
        "female", "male", "female", "male", "female", "male", "female", "male", "female", "male", "female", "male", "female", "male",
        "female", "male", "female", "male", "female", "male",
    ],
    bed: "adult",
    free: &[59, 29, 14],
};

const REASONS: [&str; 6] =
    ["Pneumonia", "Heart failure", "Observation after a fall", "Abdominal pain", "Infection of the urinary tract", "Dehydration"];

const MATERNITY_REASONS: [&str; 3] = ["Labour", "Birth by caesarean section", "High blood pressure in pregnancy"];

/// The wards of `WARDS` by their place.
const MATERNITY: usize = 2;

/// A bed that was made: its id and its ward.
type MadeBed = (BedId, WardId);

/// The rows of the wards, by table.
#[derive(Default)]
struct Made {
    admissions: Vec<Vec<Value>>,
    acts: Vec<Vec<Value>>,
    uses: Vec<Vec<Value>>,
    transfers: Vec<Vec<Value>>,
    discharges: Vec<Vec<Value>>,
    steps: Vec<Vec<Value>>,
    births: Vec<Vec<Value>>,
    swaps: Vec<Vec<Value>>,
    levels: Vec<Vec<Value>>,
    fasts: Vec<Vec<Value>>,
    /// The patients who lie in a bed, in order.
    lying: Vec<Lies>,
}

/// A patient who lies in a bed.
#[derive(Clone, Copy)]
struct Lies {
    admission: AdmissionId,
    patient: PatientId,
    ward: WardId,
    since: Instant,
}

/// The facts that all rows share.
struct Setting<'a> {
    clinic: &'a Clinic,
    zone: Zone,
    now: Instant,
    by: UserId,
}

/// Makes the wards, their beds and the patients in them; a `large` hospital has a wide ward too.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, stamp: Stamp, large: bool) -> Result<(), DemoError> {
    let today = zone.day(stamp.at);
    let class = prices(tx, today, stamp.at).await?;
    let mut made = Made::default();
    let setting = Setting { clinic, zone, now: stamp.at, by: stamp.by };
    let mut grown = [
        store::people(tx, "female", (None, Some(years_ago(today, 45)))).await?,
        store::people(tx, "male", (None, Some(years_ago(today, 18)))).await?,
    ];
    let mut mothers = store::people(tx, "female", (Some(years_ago(today, 45)), Some(years_ago(today, 18)))).await?;
    let mut children = store::people(tx, "any", (Some(years_ago(today, 15)), None)).await?;
    for (at, ward) in WARDS.iter().chain(large.then_some(&WIDE)).enumerate() {
        let Planned { id, beds, cots } = plan(tx, &setting, ward, class).await?;
        for (place, (bed, rule)) in beds.iter().enumerate() {
            if let Some(nth) = ward.free.iter().position(|free| *free == place) {
                made.other_use(&setting, *bed, (nth, at));
                continue;
            }
            let people = match *rule {
                _ if ward.kind == "maternity" => &mut mothers,
                "female" => &mut grown[0],
                "male" => &mut grown[1],
                _ => &mut children,
            };
            if let Some(patient) = people.pop() {
                made.lie(&setting, patient, (*bed, id), at * 20 + place);
            }
        }
        if let Some(mother) = made.lying.iter().find(|one| one.ward == id && !cots.is_empty()).copied() {
            made.twins(tx, &setting, mother, &cots).await?;
        }
    }
    made.transfer(&setting);
    made.leave(&setting);
    made.swap(&setting);
    made.level(&setting);
    made.fast(&setting);
    for number in 0..3 {
        if let (Some(patient), Some(one)) = (grown[number % 2].pop(), made.lying.get(number * 12).copied()) {
            made.ask(&setting, patient, one.ward, number);
        }
    }
    Ok(made.write(tx).await?)
}

fn years_ago(day: NaiveDate, years: i32) -> NaiveDate {
    day.with_year(day.year() - years).unwrap_or(day)
}

/// Adds the price of a day in a bed and the class that has it.
async fn prices(tx: &mut Tx, day: NaiveDate, now: Instant) -> Result<BedClassId, DbError> {
    let (item, class) = (PriceItemId::new(), BedClassId::new());
    let first = NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap_or(day);
    store::insert(
        tx,
        "INSERT INTO price_items (id, code, name, kind) VALUES ",
        vec![row![item, "BED-GEN", "Day in a general bed", "bed_day"]],
    )
    .await?;
    let price = row![PriceId::new(), item, 45_000_i64, first, now, UserId::SYSTEM];
    store::insert(tx, "INSERT INTO prices (id, item_id, amount, valid_from, created_at, created_by) VALUES ", vec![price]).await?;
    let row = row![class, "General", item, now, UserId::SYSTEM, now, UserId::SYSTEM];
    store::insert(tx, "INSERT INTO bed_classes (id, name, item_id, created_at, created_by, updated_at, updated_by) VALUES ", vec![row])
        .await?;
    Ok(class)
}

/// Adds the leaflet of a ward; the surgical ward has written none yet.
async fn leaflet(tx: &mut Tx, setting: &Setting<'_>, id: WardId, ward: &DemoWard) -> Result<(), DbError> {
    if ward.kind == "surgical" {
        return Ok(());
    }
    let (bring_en, bring_es) = match ward.kind {
        "maternity" => ("Your maternity notes and clothes for the baby.", "La cartilla del embarazo y ropa para el bebé."),
        "paediatric" => ("A toy that your child likes, and slippers.", "Un juguete que guste a su hijo y zapatillas."),
        _ => ("Slippers, glasses, and the medicines that you take.", "Zapatillas, gafas y los medicamentos que toma."),
    };
    let hours = ("Every day from 16:00 to 19:00, two visitors at a time.", "Todos los días de 16:00 a 19:00, dos visitas a la vez.");
    let row = row![id, "+1 508 555 0140", hours.0, hours.1, bring_en, bring_es, ward.kind != "maternity", setting.now, UserId::SYSTEM];
    store::insert(
        tx,
        "INSERT INTO ward_leaflets (ward_id, phone, visiting_en, visiting_es, bring_en, bring_es, shows_leaving, set_at, set_by) VALUES ",
        vec![row],
    )
    .await
}

/// A ward that was made: its beds with the rule of their room, and its cots.
struct Planned {
    id: WardId,
    beds: Vec<(BedId, &'static str)>,
    cots: Vec<BedId>,
}

/// Adds a ward with its rooms and beds; a maternity ward has two cots in its first room, for twins, and two free ones in its third.
async fn plan(tx: &mut Tx, setting: &Setting<'_>, ward: &DemoWard, class: BedClassId) -> Result<Planned, DbError> {
    let (id, now, by) = (WardId::new(), setting.now, UserId::SYSTEM);
    let row = row![id, ward.name, setting.clinic.id, ward.code, ward.kind, "by_room", ward.ages.0, ward.ages.1, now, by, now, by];
    store::insert(
        tx,
        "INSERT INTO wards (id, name, clinic_id, code, kind, sex_rule, age_from, age_to, created_at, created_by, updated_at, updated_by) VALUES ",
        vec![row],
    )
    .await?;
    leaflet(tx, setting, id, ward).await?;
    let (mut rooms, mut rows, mut beds, mut cots) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut trolleys = Vec::new();
    for (number, rule) in ward.rooms.iter().enumerate() {
        let room = uuid::Uuid::now_v7();
        rooms.push(row![room, format!("Room {}", number + 1), id, *rule, "none", now, by, now, by]);
        for (position, letter) in ["A", "B", "C"].into_iter().enumerate().take(BEDS_IN_A_ROOM) {
            let bed = BedId::new();
            let place = i64::try_from(position + 1).unwrap_or(1);
            rows.push(row![bed, format!("{}{letter}", number + 1), room, ward.bed, class, place, true, now, by, now, by]);
            beds.push((bed, *rule));
        }
        // An extra trolley stands ready in the last room of the medical ward.
        if ward.code == "MED" && number + 1 == ward.rooms.len() {
            trolleys.push(row![BedId::new(), "T1", room, "trolley", class, 99_i64, true, now, by, now, by]);
        }
        if ward.kind == "maternity" && [0, 2].contains(&number) {
            for (letter, place) in [("X", 4_i64), ("Y", 5)] {
                let cot = BedId::new();
                let label = format!("{}{letter}", number + 1);
                rows.push(row![cot, label, room, "cot", class, place, true, now, by, now, by]);
                if number == 0 {
                    cots.push(cot);
                }
            }
        }
    }
    store::insert(
        tx,
        "INSERT INTO ward_rooms (id, name, ward_id, sex_rule, isolation, created_at, created_by, updated_at, updated_by) VALUES ",
        rooms,
    )
    .await?;
    store::insert(
        tx,
        "INSERT INTO beds (id, name, room_id, kind, class_id, position, oxygen, created_at, created_by, updated_at, updated_by) VALUES ",
        rows,
    )
    .await?;
    store::insert(
        tx,
        "INSERT INTO beds (id, name, room_id, kind, class_id, position, overflow, created_at, created_by, updated_at, updated_by) VALUES ",
        trolleys,
    )
    .await?;
    Ok(Planned { id, beds, cots })
}

impl Made {
    /// A patient who lies in a bed for some days.
    fn lie(&mut self, setting: &Setting<'_>, patient: PatientId, (bed, ward): MadeBed, number: usize) {
        let (id, now, by) = (AdmissionId::new(), setting.now, setting.by);
        let hours = i64::try_from(number % 9 * 24 + 5).unwrap_or(5);
        let since = now - Duration::hours(hours);
        let day = setting.zone.day(since);
        let out = setting.zone.day(now) + Duration::days(i64::try_from(number % 5).unwrap_or(0));
        let doctor: Option<StaffId> = setting.clinic.doctors.get(number % setting.clinic.doctors.len().max(1)).map(|doctor| doctor.id);
        let (isolation, organism) = if number == 2 { ("contact", "MRSA") } else { ("none", "") };
        let reasons = if number / 20 == MATERNITY { &MATERNITY_REASONS[..] } else { &REASONS[..] };
        let reason = reasons[number % reasons.len()];
        self.admissions.push(row![
            id,
            format!("A-DEMO-{}-{:06}", day.year(), number + 1),
            setting.clinic.id,
            patient,
            "inpatient",
            "outpatient",
            "urgent",
            reason,
            ward,
            ward,
            day,
            isolation,
            organism,
            doctor,
            out,
            "admitted",
            since,
            by,
            since,
            now,
            by,
            None::<AdmissionId>
        ]);
        self.acts.push(row![uuid::Uuid::now_v7(), id, "admitted", ward, bed, since, by]);
        self.uses.push(row![BedUseId::new(), setting.clinic.id, bed, "stay", id, patient, since, None::<Instant>, "", by]);
        self.lying.push(Lies { admission: id, patient, ward, since });
    }

    /// A patient who waits for a bed.
    fn ask(&mut self, setting: &Setting<'_>, patient: PatientId, ward: WardId, number: usize) {
        let (id, now, by) = (AdmissionId::new(), setting.now, setting.by);
        let asked = now - Duration::minutes(i64::try_from(number * 40 + 15).unwrap_or(15));
        let day = setting.zone.day(now);
        self.admissions.push(row![
            id,
            format!("A-DEMO-{}-{:06}", day.year(), number + 901),
            setting.clinic.id,
            patient,
            "inpatient",
            "outpatient",
            if number == 0 { "emergency" } else { "routine" },
            REASONS[number % REASONS.len()],
            ward,
            None::<WardId>,
            day,
            "none",
            "",
            None::<StaffId>,
            None::<NaiveDate>,
            "requested",
            asked,
            by,
            None::<Instant>,
            asked,
            by,
            None::<AdmissionId>
        ]);
        self.acts.push(row![uuid::Uuid::now_v7(), id, "requested", ward, None::<BedId>, asked, by]);
    }

    /// A bed without a patient: in cleaning past its time, closed, or available.
    fn other_use(&mut self, setting: &Setting<'_>, bed: BedId, (place, ward): (usize, usize)) {
        let now = setting.now;
        let (kind, since, due, reason) = match (place, ward) {
            (0, 0) => ("cleaning", now - Duration::minutes(80), now - Duration::minutes(35), ""),
            (0, 1) => ("cleaning", now - Duration::minutes(10), now + Duration::minutes(35), ""),
            (0, 2) => ("out_of_service", now - Duration::hours(20), now + Duration::hours(28), "The rail is broken"),
            _ => return,
        };
        let (admission, patient) = (None::<AdmissionId>, None::<PatientId>);
        self.uses.push(row![BedUseId::new(), setting.clinic.id, bed, kind, admission, patient, since, Some(due), reason, setting.by]);
    }

    /// A patient of the first ward who must not eat or drink before an operation.
    fn fast(&mut self, setting: &Setting<'_>) {
        let Some(one) = self.lying.get(4) else { return };
        let (from, until) = (setting.now - Duration::hours(3), setting.now + Duration::hours(9));
        self.fasts.push(row![uuid::Uuid::now_v7(), one.admission, from, until, "Gastroscopy", from, setting.by]);
    }

    /// A transfer from the first ward to the second, and one back.
    fn transfer(&mut self, setting: &Setting<'_>) {
        let Some(first) = self.lying.first().copied() else { return };
        let Some(second) = self.lying.iter().copied().find(|one| one.ward != first.ward) else { return };
        for (one, to, kind) in [(first, second.ward, "specialty"), (second, first.ward, "step_down")] {
            let (id, from) = (one.admission, one.ward);
            let handover = "S: stable since the morning. B: day 5. A: no fever, walks with help. R: continue the treatment.";
            let asked = setting.now - Duration::minutes(25);
            self.transfers.push(row![
                TransferId::new(),
                id,
                from,
                to,
                kind,
                handover,
                "requested",
                asked,
                setting.by,
                kind == "specialty",
                "nurse"
            ]);
        }
    }

    /// Three patients who leave today: one waits for the nurse, one for the cashier, one for nothing.
    fn leave(&mut self, setting: &Setting<'_>) {
        let decided = setting.now - Duration::minutes(50);
        let doctor = setting.clinic.doctors.first().map_or(setting.by, |doctor| UserId(doctor.id.0));
        for (place, open) in [
            (4, &["pharmacy", "nursing", "billing", "physical"][..]),
            (9, &["pharmacy", "billing", "physical"]),
            (20, &["pharmacy", "physical"]),
        ] {
            let Some(one) = self.lying.get(place).copied() else { continue };
            let id = uuid::Uuid::now_v7();
            let decided = decided.max(one.since);
            let diagnosis = REASONS[place % REASONS.len()];
            self.discharges.push(row![id, one.admission, "home", one.since, decided, doctor, diagnosis, "Family doctor in a week"]);
            for step in ["clinical", "pharmacy", "nursing", "billing", "physical"] {
                let state = match step {
                    _ if open.contains(&step) => "open",
                    _ => "done",
                };
                let done = (state != "open").then_some(decided);
                self.steps.push(row![uuid::Uuid::now_v7(), id, step, state, done, done.map(|_| doctor)]);
            }
        }
    }

    /// Two patients of the second room of the first ward, who may swap their beds.
    fn swap(&mut self, setting: &Setting<'_>) {
        let (Some(one), Some(other)) = (self.lying.get(3).copied(), self.lying.get(5).copied()) else { return };
        let (id, at) = (SwapId::new(), setting.now - Duration::minutes(15));
        self.swaps.push(row![id, one.admission, other.admission, "Nearer to the nurses' desk", "proposed", at, setting.by]);
    }

    /// Two patients for whom not everything is done when the heart stops; one decision is to be looked at again today.
    fn level(&mut self, setting: &Setting<'_>) {
        let doctor = setting.clinic.doctors.first().map_or(setting.by, |doctor| UserId(doctor.id.0));
        for (place, level, ground, review) in
            [(1, "no_cpr", "patient", Some(setting.zone.day(setting.now))), (22, "no_intensive", "clinical", None)]
        {
            let Some(one) = self.lying.get(place).copied() else { continue };
            self.levels.push(row![uuid::Uuid::now_v7(), one.admission, level, ground, review, one.since, doctor]);
        }
    }

    async fn write(self, tx: &mut Tx) -> Result<(), DbError> {
        store::insert(
            tx,
            "INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, accepted_ward_id, wanted_on,
                isolation, organism, doctor_id, expected_on, state, requested_at, requested_by, admitted_at, updated_at, updated_by,
                mother_id) VALUES ",
            self.admissions,
        )
        .await?;
        let acts = "INSERT INTO admission_acts (id, admission_id, act, ward_id, bed_id, at, done_by) VALUES ";
        store::insert(tx, acts, self.acts).await?;
        store::insert(
            tx,
            "INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, began_at, due_at, reason, opened_by) VALUES ",
            self.uses,
        )
        .await?;
        store::insert(
            tx,
            "INSERT INTO resuscitation_decisions (id, admission_id, level, ground, review_on, decided_at, decided_by) VALUES ",
            self.levels,
        )
        .await?;
        let fasts = "INSERT INTO nil_by_mouth (id, admission_id, from_at, until_at, reason, set_at, set_by) VALUES ";
        store::insert(tx, fasts, self.fasts).await?;
        let swaps = "INSERT INTO bed_swaps (id, admission_id, with_id, reason, state, proposed_at, proposed_by) VALUES ";
        store::insert(tx, swaps, self.swaps).await?;
        let transfers = "INSERT INTO transfers (id, admission_id, from_ward_id, to_ward_id, kind, handover, state, asked_at, asked_by, monitor, escort) VALUES ";
        store::insert(tx, transfers, self.transfers).await?;
        let discharges =
            "INSERT INTO discharges (id, admission_id, kind, admitted_at, decided_at, decided_by, diagnosis, follow_up) VALUES ";
        store::insert(tx, discharges, self.discharges).await?;
        let steps = "INSERT INTO discharge_steps (id, discharge_id, step, state, done_at, done_by) VALUES ";
        store::insert(tx, steps, self.steps).await?;
        let births = "INSERT INTO births (id, mother_id, plurality, birth_order, born_at, sex, weight_g, gestation_days, apgar_1, apgar_5,
                apgar_10, outcome, baby_id, noted_at, noted_by) VALUES ";
        store::insert(tx, births, self.births).await
    }
}
