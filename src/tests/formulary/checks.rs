//! Tests the checks of prescriptions against the default formulary: each case of a public report, at writing and at signing, and the list of
//! what was prescribed in spite of a warning.

use axum::http::StatusCode;
use chrono::{Days, NaiveDate};

use super::{loaded, number};
use crate::{
    core::{Error, PatientId, VisitId},
    db::sql,
    tests::{
        Answer, Browser, TestApp,
        consultation::calls,
        fixture::PASSWORD,
        lab::Lab,
        on_both_engines,
        opd::waits_for_doctor,
        prescribing::{allergic, said},
    },
};

async fn in_the_room(app: &TestApp, doctor: &Browser, patient: PatientId) -> VisitId {
    let visit = waits_for_doctor(app, patient).await;
    calls(app, doctor).await;
    visit
}

/// Prescribes a drug with a dose, a frequency and more fields.
async fn prescribe(doctor: &Browser, visit: VisitId, (drug, dose, often): (&str, &str, &str), more: &[(&str, &str)]) -> Answer {
    let id = visit.to_string();
    let mut form = vec![("visit_id", id.as_str()), ("drug", drug), ("dose", dose), ("route", "oral"), ("frequency", often)];
    for (name, value) in more.iter().copied() {
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
    }
    doctor.post("/api/clinical/prescribe", &form).await
}

async fn sign(doctor: &Browser, visit: VisitId, reason: &str, seen: &str) -> Answer {
    let id = visit.to_string();
    let form = [
        ("visit_id", id.as_str()),
        ("version", "0"),
        ("history", "Pain"),
        ("plan", "Rest"),
        ("password", PASSWORD),
        ("sign_reason", reason),
        ("seen", seen),
    ];
    doctor.post("/api/clinical/sign", &form).await
}

/// Changes the patient: born so many days ago, with a weight in grams measured today.
async fn is(app: &TestApp, patient: PatientId, sex: &'static str, age_days: u64, grams: Option<i64>) {
    let now = app.state.clock.now();
    let born: NaiveDate = now.date_naive() - Days::new(age_days);
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("UPDATE patients SET birth_date = $2, birth_precision = 'day', sex = $3 WHERE id = $1");
    tx.execute(query.bind(patient).bind(born).bind(sex)).await.expect("changed");
    if let Some(grams) = grams {
        let query = sql("INSERT INTO vitals (id, patient_id, taken_at, taken_by, weight_g) VALUES ($1, $2, $3, $4, $5)");
        let by = app.fixture.user("nurse");
        tx.execute(query.bind(uuid::Uuid::now_v7()).bind(patient).bind(now).bind(by).bind(grams)).await.expect("weighed");
    }
    tx.commit().await.expect("committed");
}

/// The warning to be answered, or the reason why it is refused.
fn told(answer: &Answer) -> String {
    if answer.status == StatusCode::OK { String::new() } else { format!("{} {}", said(answer, "override_reason"), said(answer, "dose")) }
}

/// All messages of an answer; empty when the medicine was prescribed.
fn all_told(answer: &Answer) -> String {
    match answer.status {
        StatusCode::OK => String::new(),
        _ => match answer.error() {
            Error::Invalid(errors) => errors.into_iter().map(|error| format!("{}: {} ", error.field, error.message)).collect(),
            other => panic!("{other}: {}", answer.body),
        },
    }
}

/// A medicine, its frequency, more fields, and what the answer says.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

#[tokio::test]
async fn the_cases_of_the_public_reports() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        is(&app, ana, "male", 16_000, Some(70_000)).await;
        for substance in ["Penicillin", "Sulfonamide", "Erythromycin", "Simvastatin"] {
            allergic(&app, ana, substance).await;
        }
        // Each row: the medicine, its frequency, more fields, and what the answer says; nothing where it is prescribed without a question.
        let rows: [Case; 19] = [
            // A typed name, a name in Spanish and a brand are of the class of the allergy; a name that nobody knows is not checked.
            ("Amoxicillin 500 mg", "3 times a day", &[], "allergic to Penicillin"),
            ("ampicilina", "3 times a day", &[], "allergic to Penicillin"),
            ("Augmentin", "3 times a day", &[], "allergic to Penicillin"),
            ("Amoxicillin 500 mg capsule", "3 times a day", &[], "allergic to Penicillin"),
            ("Xarolin 5 mg", "3 times a day", &[], "not checked for allergies"),
            // A piece of a word is no class.
            ("Magnesium sulfate 1 g", "once", &[], ""),
            ("Vancomycin 1 g", "twice a day", &[], ""),
            ("Nystatin", "3 times a day", &[], ""),
            // The substances of a combination count, in each order and under each name.
            ("Oxycodone/Acetaminophen", "twice a day", &[], ""),
            ("Acetaminophen", "twice a day", &[], "Oxycodone/Acetaminophen is prescribed already"),
            ("Paracetamol 500 mg tablet", "twice a day", &[], "Oxycodone/Acetaminophen is prescribed already"),
            // A first word that says nothing is no medicine.
            ("Potassium chloride", "once a day", &[], ""),
            ("Sodium chloride", "once a day", &[], ""),
            // Parts of a dosage that exclude each other.
            ("Losartan 50 mg tablet", "once", &[("days", "7")], "days: "),
            ("Losartan 50 mg tablet", "once a week", &[("days", "3")], "days: "),
            ("Losartan 50 mg tablet", "once a day", &[("max_per_day", "4")], "max_per_day: "),
            ("Losartan 50 mg tablet", "once a day", &[("instructions", "Take twice a day")], "another frequency"),
            // Names of imported lists are the substance that they mean, not their letters.
            ("Ibuprofen 400 mg tablet", "once a day", &[], ""),
            ("IBUPROFENO 400 mg", "once a day", &[], "Ibuprofen 400 mg tablet is prescribed already"),
        ];
        for (drug, often, more, expected) in rows {
            let answer = prescribe(&doctor, visit, (drug, "1 tablet", often), more).await;
            let told = all_told(&answer);
            assert!(told.contains(expected) && (told.is_empty() || !expected.is_empty()), "{drug} {more:?}: {told}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_dose_is_checked_by_age_and_weight() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        is(&app, ana, "male", 243, None).await;
        let paracetamol = "Paracetamol 120 mg/5 mL oral suspension";
        assert!(told(&prescribe(&doctor, visit, (paracetamol, "5 mL", "4 times a day"), &[]).await).contains("record the weight first"));
        is(&app, ana, "male", 243, Some(8_100)).await;
        // 8.1 kg: 121.5 mg a dose.
        assert!(
            told(&prescribe(&doctor, visit, (paracetamol, "1000 mg", "4 times a day"), &[]).await).contains("above 121.5 mg at 8.1 kg")
        );
        assert!(told(&prescribe(&doctor, visit, ("Acetaminophen", "1000 mg", "4 times a day"), &[]).await).contains("above 121.5 mg"));
        assert!(told(&prescribe(&doctor, visit, ("Codeine 30 mg tablet", "0.5 tablet", "once"), &[]).await).contains("below 12 years"));
        assert!(said(&prescribe(&doctor, visit, (paracetamol, "1,000 mg", "once"), &[]).await, "dose").contains("thousands"));
        let done = prescribe(&doctor, visit, (paracetamol, "5 mL", "4 times a day"), &[]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(number(&app, "SELECT count(*) FROM prescriptions WHERE dose_amount = '5' AND dose_unit = 'mL' AND times = 4").await, 1);
        // An adult: 3 g of warfarin four times a day cannot be prescribed with any reason.
        is(&app, ana, "male", 16_000, Some(70_000)).await;
        let warfarin = ("Warfarin 5 mg tablet", "3000 mg", "4 times a day");
        let refused = prescribe(&doctor, visit, warfarin, &[]).await;
        let seen = said(&refused, "seen");
        let again = prescribe(&doctor, visit, warfarin, &[("override_reason", "I insist"), ("seen", &seen)]).await;
        assert!(said(&again, "dose").contains("12000 mg a day, above 10 mg"), "{}", again.body);
        assert!(
            told(&prescribe(&doctor, visit, ("Methotrexate 2.5 mg tablet", "1 tablet", "once a day"), &[]).await).contains("once a week")
        );
        app.assert_sound().await;
    })
    .await;
}

/// Prescribes ibuprofen to a patient on warfarin, with a reason; returns the id of the warning that was overridden.
pub(super) async fn despite_a_warning(app: &TestApp) -> String {
    let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
    let visit = in_the_room(app, &doctor, ana).await;
    is(app, ana, "male", 16_000, Some(70_000)).await;
    let warfarin = prescribe(&doctor, visit, ("Warfarin 5 mg tablet", "1 tablet", "once a day"), &[]).await;
    assert_eq!(warfarin.status, StatusCode::OK, "{}", warfarin.body);
    let ibuprofen = ("Ibuprofen 400 mg tablet", "1 tablet", "3 times a day");
    let seen = said(&prescribe(&doctor, visit, ibuprofen, &[]).await, "seen");
    let done = prescribe(&doctor, visit, ibuprofen, &[("override_reason", "Two days only"), ("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(uuid::Uuid,)>(sql("SELECT id FROM check_findings")).await.expect("a finding").0.to_string()
}

#[tokio::test]
async fn interactions_pregnancy_and_allergy_groups_ask_for_a_reason_which_the_pharmacist_reviews() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        is(&app, ana, "male", 16_000, Some(70_000)).await;
        let warfarin = prescribe(&doctor, visit, ("Warfarin 5 mg tablet", "1 tablet", "once a day"), &[]).await;
        assert_eq!(warfarin.status, StatusCode::OK, "{}", warfarin.body);
        let ibuprofen = ("Ibuprofen 400 mg tablet", "1 tablet", "3 times a day");
        let asked = prescribe(&doctor, visit, ibuprofen, &[]).await;
        let words = said(&asked, "override_reason");
        assert!(words.contains("Warfarin 5 mg tablet: Higher risk of bleeding") && words.contains("not confirmed"), "{words}");
        let seen = said(&asked, "seen");
        let reason = [("override_reason", "Two days only"), ("seen", seen.as_str())];
        assert_eq!(prescribe(&doctor, visit, ibuprofen, &reason).await.status, StatusCode::OK);
        // Typed names and mapped names are the same substance.
        for drug in ["Naproxen 250 mg", "Ibuprofeno 400 mg"] {
            assert!(!told(&prescribe(&doctor, visit, (drug, "1 tablet", "once"), &[]).await).is_empty(), "{drug}");
        }
        // The reason answers for both medicines at signing.
        let signed = sign(&doctor, visit, "", "").await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
        let list = pharmacist.get("/prescriptions/overrides").await.body;
        for shown in ["Ibuprofen 400 mg tablet", "Higher risk of bleeding", "Two days only", "Dr. Carmen Costa", "Núñez"] {
            assert!(list.contains(shown), "{shown}: {list}");
        }
        let id = list.split("name=\"finding_id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its id").to_owned();
        assert_eq!(doctor.post("/api/clinical/review_override", &[("finding_id", &id)]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(pharmacist.post("/api/clinical/review_override", &[("finding_id", &id)]).await.status, StatusCode::OK);
        assert_eq!(pharmacist.post("/api/clinical/review_override", &[("finding_id", &id)]).await.status, StatusCode::CONFLICT);
        assert!(!pharmacist.get("/prescriptions/overrides").await.body.contains("Two days only"));
        assert!(pharmacist.get("/prescriptions/overrides?reviewed=yes").await.body.contains("Petra Pharmacy"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(sql("UPDATE check_findings SET reason = 'None'")).await.expect_err("frozen").violates("check_findings_frozen"));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_pregnancy_that_is_possible_is_asked_about_and_a_new_interaction_stops_the_signature() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        is(&app, ana, "female", 10_000, Some(60_000)).await;
        let enalapril = ("Enalapril 5 mg tablet", "1 tablet", "once a day");
        let asked = prescribe(&doctor, visit, enalapril, &[]).await;
        assert!(told(&asked).contains("contraindicated in pregnancy"), "{}", asked.body);
        is(&app, ana, "female", 22_000, None).await;
        assert_eq!(prescribe(&doctor, visit, enalapril, &[]).await.status, StatusCode::OK, "60 years old");
        let simvastatin = prescribe(&doctor, visit, ("Simvastatin 20 mg tablet", "1 tablet", "at bedtime"), &[]).await;
        assert_eq!(simvastatin.status, StatusCode::OK, "{}", simvastatin.body);
        // A colleague's prescription becomes active before the signature.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, 'outpatient', 'in_progress', $4, $5, $6, $7)");
        let (encounter, now, by) = (uuid::Uuid::now_v7(), app.state.clock.now(), app.fixture.user("doctor2"));
        tx.execute(query.bind(encounter).bind(ana).bind(app.fixture.north).bind(now).bind(by).bind(now).bind(by))
            .await
            .expect("an encounter");
        let query = sql(
            "INSERT INTO prescriptions (id, encounter_id, patient_id, drug, dose, route, frequency, state, prescribed_at, prescribed_by)
            VALUES ($1, $2, $3, 'Clarithromycin 500 mg', '1 tablet', 'oral', 'twice a day', 'active', $4, $5)",
        );
        tx.execute(query.bind(uuid::Uuid::now_v7()).bind(encounter).bind(ana).bind(now).bind(by)).await.expect("prescribed");
        tx.commit().await.expect("committed");
        let stopped = sign(&doctor, visit, "", "").await;
        let words = said(&stopped, "sign_reason");
        assert!(words.contains("Simvastatin 20 mg tablet: ") && words.contains("rhabdomyolysis"), "{}", stopped.body);
        let seen = said(&stopped, "seen");
        let signed = sign(&doctor, visit, "Stopped for a week", &seen).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
        assert_eq!(number(&app, "SELECT count(*) FROM check_findings WHERE stage = 'sign' AND reason = 'Stopped for a week'").await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_prescriber_sees_the_kidney_function_with_its_creatinine_day_and_unit() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let lab = Lab::open(&app).await;
        is(&app, lab.patient, "male", 16_000, Some(50_000)).await;
        let metformin = ("Metformin 500 mg tablet", "1 tablet", "twice a day");
        assert!(!told(&prescribe(&lab.doctor, lab.visit, metformin, &[]).await).contains("Creatinine"), "none is known");
        lab.reported(&app, "creatinine", "2.5").await;
        // (140 - 43) * 50 / (72 * 2.5) = 26.9; CKD-EPI 2021: 142 * (2.5 / 0.9)^-1.2 * 0.9938^43 = 31.9.
        let again = prescribe(&lab.doctor, lab.visit, ("Metformin 500 mg tablet", "2 tablets", "once a day"), &[]).await;
        let told = told(&again);
        for words in ["clearance is 26 mL/min", "below 30", "Creatinine 2.5", "mg/dL on 21 Nov 2026", "(CKD-EPI 2021): 32 mL/min/1.73"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_route_that_does_not_fit_the_form_is_refused_at_writing_and_at_signing() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        is(&app, ana, "male", 16_000, Some(70_000)).await;
        let losartan = ("Losartan 50 mg tablet", "1 tablet", "once a day");
        let refused = prescribe(&doctor, visit, losartan, &[("route", "intravenous")]).await;
        assert!(said(&refused, "route").contains("does not fit"), "{}", refused.body);
        let (seen, reason) = (said(&refused, "seen"), ("override_reason", "I insist"));
        let again = prescribe(&doctor, visit, losartan, &[("route", "intravenous"), reason, ("seen", &seen)]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason is enough: {}", again.body);
        // Through a tube it is a question, and the reason answers it.
        let asked = prescribe(&doctor, visit, losartan, &[("route", "tube")]).await;
        assert!(said(&asked, "override_reason").contains("does not fit"), "{}", asked.body);
        let done = prescribe(&doctor, visit, losartan, &[]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("INSERT INTO drug_routes (drug_id, route) SELECT id, 'topical' FROM drugs WHERE name = 'Losartan 50 mg tablet'"))
            .await
            .expect("a route");
        tx.execute(sql(
            "DELETE FROM drug_routes WHERE route = 'oral' AND drug_id IN (SELECT id FROM drugs WHERE name = 'Losartan 50 mg tablet')",
        ))
        .await
        .expect("no longer swallowed");
        tx.execute(sql("UPDATE drugs SET form = 'cream' WHERE name = 'Losartan 50 mg tablet'")).await.expect("a cream");
        tx.commit().await.expect("committed");
        let signed = sign(&doctor, visit, "", "").await;
        assert_eq!(signed.status, StatusCode::CONFLICT);
        assert!(signed.body.contains("does not fit"), "{}", signed.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_patient_gets_on_a_ward_counts_for_a_prescription_of_a_visit() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.fixture.ana);
        let visit = in_the_room(&app, &doctor, ana).await;
        let ward = crate::tests::medicine_record::OnWard::open(&app).await;
        is(&app, ana, "male", 16_000, Some(70_000)).await;
        ward.order(&app, crate::tests::medicine_record::IBUPROFEN, &[("dose", "400 mg")]).await;
        let same = prescribe(&doctor, visit, ("Ibuprofen 400 mg tablet", "1 tablet", "once a day"), &[]).await;
        assert!(told(&same).contains("is prescribed already"), "{}", same.body);
        let other = prescribe(&doctor, visit, ("Warfarin 5 mg tablet", "1 tablet", "once a day"), &[]).await;
        assert!(told(&other).contains("bleeding"), "{}", other.body);
    })
    .await;
}
