//! Tests that no query of the daily pages and actions scans a whole large table. The queries are recorded while the
//! program serves requests; their plans are checked with 51,200 rows per table.

mod store;

pub(super) use store::{LARGE, fill_a_few, id};

use std::collections::BTreeSet;

use super::{Answer, Browser, Fixture, TestApp, fixture::PASSWORD, on_both_engines};
use crate::{
    accounts::factor::shown,
    core::{Permission, time::Instant},
    db::{Engine, Reader, Sql, recorded},
};

/// The requests of a user through the program, with the queries that each one ran.
#[derive(Default)]
struct Day {
    queries: Vec<(String, Sql)>,
}

impl Day {
    async fn look(&mut self, browser: &Browser, page: &str) -> String {
        let answer = self.note(page, browser.get(page)).await;
        assert!(answer.status.is_success(), "{page}: {} {:?}", answer.status, answer.location);
        answer.body
    }

    async fn act(&mut self, browser: &Browser, function: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.note(function, browser.post(&format!("/api/{function}"), form)).await;
        assert!(answer.status.is_success(), "{function}: {} {}", answer.status, answer.body);
        answer
    }

    async fn note(&mut self, what: &str, work: impl Future<Output = Answer>) -> Answer {
        let (answer, queries) = recorded(work).await;
        self.queries.extend(queries.into_iter().map(|query| (what.to_owned(), query)));
        answer
    }
}

/// Returns the id at the end of the address to which an answer redirects.
fn last_id(answer: &Answer) -> String {
    let to = answer.location.clone().unwrap_or_else(|| panic!("an address: {}", answer.body));
    let path = to.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let in_query = to.rsplit(['=', '&']).find(|part| part.len() == 36);
    if path.len() == 36 { path.to_owned() } else { in_query.unwrap_or_else(|| panic!("an id: {to}")).to_owned() }
}

async fn at_the_desk(app: &TestApp, day: &mut Day) {
    let desk = app.as_("desk").await;
    let patient = store::id(90_000);
    for text in
        ["ba", "bale", "baler lun", "90 lu", "bxler", "5081090000", "2B90000", "E90000", "1980-04-18", "ba 1980", "11/1980", "A-024"]
    {
        day.act(&desk, "patients/search", &[("text", text)]).await;
    }
    let misspelt = day.act(&desk, "patients/search", &[("text", "Nunes Ana Mariah")]).await;
    assert!(misspelt.body.contains("Núñez"), "{}", misspelt.body);
    for page in ["/patients", "/patients?sort=name", "/patients?sort=-born", "/patients?sort=mrn&page=3", "/patients?q=ba"] {
        day.look(&desk, page).await;
    }
    for page in ["", "/edit", "/account"] {
        day.look(&desk, &format!("/patients/{patient}{page}")).await;
    }
    let tomorrow: Instant = "2026-11-22T21:00:00Z".parse().expect("an instant");
    let (at, key) = (tomorrow.timestamp().to_string(), Fixture::key());
    let (service, doctor) = (app.fixture.medicine_north.to_string(), app.fixture.costa.to_string());
    day.look(&desk, &format!("/appointments/new?patient={patient}&service={service}&doctor={doctor}")).await;
    let form = [("patient_id", patient.as_str()), ("service_id", &service), ("doctor_id", &doctor), ("at", &at), ("idempotency_key", &key)];
    let appointment = last_id(&day.act(&desk, "appointments/book", &form).await);
    day.look(&desk, &format!("/appointments/{appointment}")).await;
    day.act(&desk, "appointments/cancel", &[("appointment_id", &appointment), ("reason", "ill")]).await;
    for page in ["/schedules", "/schedules?view=week", "/schedules/month", "/settle", "/settle/print", "/absences", "/absences?all=yes"] {
        day.look(&desk, page).await;
    }
    day.look(&desk, &format!("/schedules?doctor={doctor}&day=2026-11-20")).await;
    day.act(&desk, "appointments/schedule", &[("ask[day]", "2026-11-21"), ("day", "2026-11-21")]).await;
    for page in ["/reception".to_owned(), "/reception?find=ba".to_owned(), format!("/reception?patient={patient}")] {
        day.look(&desk, &page).await;
    }
    day.look(&desk, "/reception/live").await;
    let registered = [("given_names", "Balor"), ("family_name", "Nunlo"), ("birth_date", "1990-02-03"), ("phone", "508 1090000")];
    day.look(&desk, "/messages/calls").await;
    for page in ["/first-visits".to_owned(), "/first-visits?show=all".to_owned(), format!("/first-visits/{}", store::id(90_000))] {
        day.look(&desk, &page).await;
    }
    day.look(&desk, &format!("/patients/{patient}/documents")).await;
    for page in ["/merges", "/merges?all=yes", "/erasures", "/profile-requests"] {
        day.look(&desk, page).await;
    }
    for page in ["/release", "/merge"] {
        day.look(&desk, &format!("/patients/{patient}{page}")).await;
    }
    let key = Fixture::key();
    let registered = [&registered[..], &[("sex", "female"), ("id", &key)]].concat();
    let answer = day.note("reception/register", desk.post("/api/reception/register", &registered)).await;
    assert!(answer.status.is_success() || answer.status.as_u16() == 422, "{}", answer.body);
    for who in [app.fixture.ana, app.fixture.ben] {
        let (who, key) = (who.to_string(), Fixture::key());
        day.act(&desk, "reception/check_in", &[("patient", &who), ("service", &service), ("idempotency_key", &key)]).await;
    }
}

async fn at_triage(app: &TestApp, day: &mut Day) {
    let nurse = app.as_("nurse").await;
    day.look(&nurse, "/triage").await;
    day.act(&nurse, "opd/queue", &[("step", "triage")]).await;
    let called: serde_json::Value =
        serde_json::from_str(&day.act(&nurse, "opd/call_next", &[("step", "triage")]).await.body).expect("who was called");
    let visit = called["visit"].as_str().expect("a visit");
    day.look(&nurse, &format!("/visits/{visit}/vitals")).await;
    let part = day.act(&nurse, "opd/record_vitals", &[("visit", visit), ("pulse", "72")]).await;
    day.look(&nurse, &part.location.expect("what is missing for a score")).await;
    let high = [("respiration", "30"), ("systolic", "80"), ("diastolic", "50"), ("spo2", "85"), ("pulse", "140"), ("temperature", "39.5")];
    day.act(&nurse, "opd/record_vitals", &[&high[..], &[("visit", visit), ("consciousness", "voice")]].concat()).await;
    day.look(&nurse, &format!("/visits/{visit}/vitals")).await;
    // The priority is set back to normal: the doctor first calls another patient of the day.
    for (seen, priority) in [("normal", "emergency"), ("emergency", "normal")] {
        let form = [("visit", visit), ("priority", priority), ("priority_reason", "NEWS2 17"), ("seen", seen)];
        day.act(&nurse, "opd/prioritise", &form).await;
    }
    day.look(&app.browser(), "/board/NORTH").await;
    day.look(&app.browser(), "/board/NORTH/live").await;
}

async fn in_the_room(app: &TestApp, day: &mut Day) {
    let doctor = app.as_("doctor").await;
    let service = app.fixture.medicine_north.to_string();
    day.look(&doctor, "/consultation").await;
    day.look(&doctor, "/exports").await;
    day.look(&doctor, "/schedules").await;
    let visit = last_id(&day.act(&doctor, "clinical/call_next", &[("service", &service)]).await);
    day.look(&doctor, &format!("/consultation/{visit}")).await;
    day.act(&doctor, "clinical/save_note", &[("visit_id", &visit), ("history", "Cough")]).await;
    day.act(&doctor, "clinical/add_diagnosis", &[("visit_id", &visit), ("diagnosis", "J20.9"), ("certainty", "confirmed")]).await;
    day.act(&doctor, "clinical/find_drugs", &[("text", "para")]).await;
    let medicine = [
        ("visit_id", visit.as_str()),
        ("drug", "Paracetamol 500 mg"),
        ("dose", "1"),
        ("route", "oral"),
        ("frequency", "daily"),
        ("days", "5"),
    ];
    let prescribed = [&medicine[..], &[("reason", "known"), ("override_reason", "known")]].concat();
    let answer = day.note("clinical/prescribe", doctor.post("/api/clinical/prescribe", &prescribed)).await;
    assert!(!answer.status.is_server_error(), "{}", answer.body);
    let key = crate::core::OrderId::new().to_string();
    let order = [("visit_id", visit.as_str()), ("key", &key), ("kind", "nursing"), ("service", "ECG"), ("priority", "stat")];
    day.act(&doctor, "clinical/order", &order).await;
    day.look(&doctor, &format!("/consultation/{visit}")).await;
    day.look(&doctor, "/orders").await;
    day.act(&doctor, "clinical/sign", &[("visit_id", &visit), ("version", "1"), ("history", "Cough"), ("password", PASSWORD)]).await;
    let nurse = app.as_("nurse").await;
    for page in [
        "/orders",
        "/orders?priority=stat&age=24",
        "/orders?state=completed",
        "/orders?state=on_hold&kind=nursing",
        "/orders?number=FILLER-Q26-77",
    ] {
        day.look(&nurse, page).await;
    }
    for (version, act) in [("1", "start"), ("2", "complete")] {
        day.act(&nurse, "orders/work", &[("order_id", &key), ("version", version), ("act", act)]).await;
    }
    day.look(&nurse, &format!("/orders/{key}")).await;
    let patient = store::id(90_000);
    for page in [
        format!("/patients/{patient}/chart"),
        format!("/patients/{patient}/held"),
        format!("/visits/{patient}/summary"),
        format!("/prescriptions/print/{patient}"),
    ] {
        day.look(&doctor, &page).await;
    }
    day.look(&doctor, "/notifications/live").await;
}

async fn at_the_counter(app: &TestApp, day: &mut Day) {
    let cashier = app.as_("cashier").await;
    let (old, ready) = (store::id(90_000), store::id(101_080));
    for page in ["/cashier".to_owned(), "/cashier?q=ba".to_owned(), format!("/cashier?patient={ready}")] {
        day.look(&cashier, &page).await;
    }
    let invoice = last_id(&day.act(&cashier, "billing/issue", &[("patient_id", &ready)]).await);
    day.look(&cashier, &format!("/cashier?invoice={invoice}")).await;
    let key = Fixture::key();
    let money = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "card"), ("tendered", "24")];
    day.act(&cashier, "billing/pay", &money).await;
    for page in ["/approvals", "/overdue", "/overdue?q=ba"] {
        day.look(&cashier, page).await;
    }
    for page in ["receipts", "invoices", "payments"] {
        day.look(&cashier, &format!("/{page}/{old}")).await;
    }
    day.look(&cashier, &format!("/patients/{old}/account")).await;
}

async fn on_the_ward(app: &TestApp, day: &mut Day) {
    let manager = app.as_("ward_manager").await;
    let (ward, stay) = (store::id(2), store::id(1));
    for page in ["/wards", "/wards/live", "/wards/requests", "/wards/leaving", "/wards/figures"] {
        day.look(&manager, page).await;
    }
    for page in [
        format!("/wards/{ward}"),
        format!("/wards/{ward}/census"),
        format!("/wards/{ward}/wall"),
        format!("/admissions/{stay}"),
        format!("/beds/{stay}"),
    ] {
        day.look(&manager, &page).await;
    }
}

async fn at_the_bedside(app: &TestApp, day: &mut Day) {
    let nurse = app.as_("nurse").await;
    let (ward, stay) = (store::id(2), store::id(1));
    for page in ["/nursing", "/nursing/live", "/nursing/overdue", "/nursing/escalations", "/nursing/handover"] {
        day.look(&nurse, page).await;
    }
    for page in [
        format!("/nursing?ward={ward}&show=all"),
        format!("/nursing/handover?ward={ward}"),
        format!("/handovers/{stay}"),
        format!("/admissions/{stay}/nursing"),
        format!("/admissions/{stay}/observations?hours=72"),
        format!("/admissions/{stay}/fluids"),
        format!("/admissions/{stay}/tasks"),
        format!("/admissions/{stay}/handover"),
        format!("/observations/{stay}"),
        format!("/fluids/{stay}"),
    ] {
        day.look(&nurse, &page).await;
    }
}

async fn on_the_ward_round(app: &TestApp, day: &mut Day) {
    let (doctor, desk, ana) = (app.as_("doctor").await, app.as_("desk").await, app.as_("ana").await);
    let (ward, stay) = (store::id(1), store::id(53_000));
    for page in [
        "/ward-round".to_owned(),
        format!("/ward-round?ward={ward}&order=bed"),
        format!("/ward-round/live?ward={ward}"),
        format!("/admissions/{stay}/round"),
        format!("/admissions/{stay}/notes"),
        format!("/admissions/{stay}/requests"),
        format!("/admissions/{stay}/request-tests"),
        format!("/admissions/{stay}/stay-summary"),
        format!("/admissions/{stay}/assessments"),
        format!("/admissions/{stay}/care-plans"),
        format!("/admissions/{stay}/devices"),
    ] {
        day.look(&doctor, &page).await;
    }
    day.look(&desk, "/follow-ups").await;
    day.look(&ana, "/portal/records").await;
}

async fn on_the_medicine_round(app: &TestApp, day: &mut Day) {
    let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
    let (ward, stay) = (store::id(1), store::id(53_000));
    for page in [
        "/rounds".to_owned(),
        format!("/wards/{ward}/round"),
        format!("/wards/{ward}/round/live?by=patient"),
        format!("/admissions/{stay}/medicines"),
        format!("/admissions/{stay}/medicines/day"),
        format!("/admissions/{stay}/medicines/day/paper"),
        format!("/admissions/{stay}/orders"),
        format!("/admissions/{stay}/drug-chart"),
        format!("/care-orders/{stay}"),
        format!("/doses/{stay}"),
        format!("/infusions/{stay}"),
        format!("/wards/{ward}/back-entry"),
        format!("/wards/{ward}/trolley"),
        format!("/wards/{ward}/scan"),
    ] {
        day.look(&nurse, &page).await;
    }
    day.look(&doctor, "/care-orders").await;
}

async fn in_the_laboratory(app: &TestApp, day: &mut Day) {
    let (technician, pathologist) = (app.as_("lab").await, app.as_("pathologist").await);
    for page in
        ["/lab/reception", "/lab/bench", "/lab/bench?bench=Chemistry&state=ready", "/lab/calls", "/lab/calls?closed=yes", "/lab/controls"]
    {
        day.look(&technician, page).await;
    }
    for page in ["/lab/analysers".to_owned(), "/lab/unmatched".to_owned(), format!("/lab/analysers/{}", store::id(1))] {
        day.look(&technician, &page).await;
    }
    day.look(&technician, "/lab/turnaround").await;
    day.look(&technician, "/lab/anew").await;
    day.look(&pathologist, "/lab/release").await;
    day.look(&app.as_("nurse").await, "/lab/collect").await;
    let doctor = app.as_("doctor").await;
    for page in ["/lab/inbox".to_owned(), "/lab/inbox?all=yes".to_owned(), format!("/patients/{}/lab", store::id(90_000))] {
        day.look(&doctor, &page).await;
    }
}

async fn in_radiology(app: &TestApp, day: &mut Day) {
    let (technologist, radiologist) = (app.as_("radiology").await, app.as_("radiologist").await);
    let study = store::id(90_000);
    for page in [
        "/imaging".to_owned(),
        "/imaging?day=2026-11-20".to_owned(),
        format!("/imaging/studies/{study}"),
        "/imaging/calls".to_owned(),
        "/imaging/calls?closed=yes".to_owned(),
        "/imaging/rooms".to_owned(),
        "/imaging/unmatched".to_owned(),
        format!("/imaging/unmatched/{study}"),
        format!("/imaging/images/{study}"),
    ] {
        day.look(&technologist, &page).await;
    }
    for page in ["/imaging/vetting".to_owned(), "/imaging/reading".to_owned(), format!("/imaging/studies/{study}/report")] {
        day.look(&radiologist, &page).await;
    }
    let doctor = app.as_("doctor").await;
    for page in [
        "/imaging/inbox".to_owned(),
        "/imaging/inbox?all=yes".to_owned(),
        format!("/patients/{study}/imaging"),
        format!("/imaging/reports/{study}"),
    ] {
        day.look(&doctor, &page).await;
    }
}

async fn at_the_pharmacy(app: &TestApp, day: &mut Day) {
    let (storekeeper, pharmacist) = (app.as_("storekeeper").await, app.as_("pharmacist").await);
    let item = format!("/stock/items/{}", store::id(90_000));
    let card = format!("{item}/card");
    for page in [
        "/stock",
        "/stock?q=filler",
        "/stock?low=yes",
        "/stock/items?q=fill",
        "/stock/expiring",
        "/stock/usage",
        "/stock/scan?scan=FILL-10",
        "/purchasing",
        "/purchasing/reorder",
        "/purchasing/orders",
        "/purchasing/orders?all=yes",
        "/purchasing/invoices",
        "/purchasing/returns",
        "/purchasing/returns?all=yes",
        "/stock/requests",
        "/stock/requests?show=ended",
        &item,
        &card,
    ] {
        day.look(&storekeeper, page).await;
    }
    let recall = format!("/recalls/{}", store::id(4));
    let (batch, supply) = (format!("/pharmacy/batches/{}", store::id(90_000)), format!("/pharmacy/supplies/{}", store::id(90_000)));
    for page in [
        "/pharmacy",
        "/pharmacy?state=to_verify",
        "/pharmacy?state=on_hold",
        "/pharmacy?q=ba",
        &batch,
        &supply,
        "/pharmacy/wards",
        "/pharmacy/register",
        "/ward-stock",
        "/recalls",
        &recall,
    ] {
        day.look(&pharmacist, page).await;
    }
    day.look(&app.as_("cashier").await, "/pharmacy/returns").await;
    day.look(&app.as_("doctor").await, "/pharmacy/queries").await;
}

async fn at_home(app: &TestApp, day: &mut Day) {
    let ana = app.as_("ana").await;
    for page in ["", "/appointments", "/records", "/account", "/account/access", "/account/contact", "/documents", "/statement", "/book"] {
        day.look(&ana, &format!("/portal{page}")).await;
    }
    day.look(&ana, "/account/security").await;
    let north = app.fixture.north;
    day.look(&ana, &format!("/portal/book/times?clinic={north}")).await;
    day.look(&ana, "/portal/doctors").await;
    day.look(&ana, &format!("/portal/doctors/{}", app.fixture.costa)).await;
    day.look(&ana, &format!("/portal/book/times?clinic={north}&doctor={}&from=2026-11-30", app.fixture.costa)).await;
    for part in ["/portal/places/live", "/portal/due/live"] {
        day.look(&ana, part).await;
    }
    let start: Instant = "2026-11-26T22:00:00Z".parse().expect("an instant");
    let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, start.timestamp());
    let held = last_id(&day.act(&ana, "portal/hold", &[("slot", &slot), ("idempotency_key", &Fixture::key())]).await);
    day.look(&ana, &format!("/portal/book/{held}")).await;
    day.act(&ana, "portal/book", &[("appointment_id", &held)]).await;
    day.look(&ana, "/notifications").await;
    let admin = app.as_("admin").await;
    for page in
        ["/users".to_owned(), "/users?all=yes".to_owned(), "/users?q=ro".to_owned(), format!("/users/{}", app.fixture.user("nurse"))]
    {
        day.look(&admin, &page).await;
    }
    for page in ["/messages", "/messages?show=waiting", "/messages?show=all&page=3"] {
        day.look(&admin, page).await;
    }
    day.look(&admin, "/users/second-factor").await;
    day.act(&admin, "accounts/require_factor", &[("role", "lab"), ("required", "true")]).await;
    day.act(&ana, "accounts/begin_factor", &[]).await;
    let setting_up = day.look(&ana, "/account/second-factor").await;
    let key = setting_up.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a key");
    day.act(&ana, "accounts/finish_factor", &[("code", &shown(key, app.state.clock.now(), 0))]).await;
    let codes = day.look(&ana, "/account/recovery-codes").await;
    let recovery = codes.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned();
    for code in [shown(key, app.state.clock.now(), 1), recovery] {
        let browser = app.browser();
        day.act(&browser, "accounts/sign_in", &[("login", "ana"), ("password", PASSWORD)]).await;
        day.act(&browser, "accounts/sign_in_code", &[("code", &code)]).await;
    }
    day.look(&app.browser(), "/clinic").await;
    day.look(&app.browser(), "/clinic/first-visit").await;
    day.look(&ana, "/portal/before-visit").await;
    day.look(&ana, "/portal/account/profile").await;
    day.act(&app.browser(), "accounts/sign_up", &[("name", "Chloe Baker"), ("login", "chloe@home.test")]).await;
    let desk = app.as_("desk").await;
    let chloe = app.fixture.chloe.to_string();
    day.act(&desk, "patients/give_access", &[("patient_id", &chloe)]).await;
    day.look(&desk, &format!("/patients/{chloe}/access")).await;
    let auditor = app.as_("auditor").await;
    for page in [
        "/audit/emergencies",
        "/audit/emergencies?all=yes",
        "/audit/grants",
        "/audit/grants?all=yes",
        "/audit",
        "/audit?user=rosa",
        "/audit?patient=nunez&day=2026-11-21",
        "/audit/export?day=2026-11-20",
    ] {
        day.look(&auditor, page).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hot_query_reads_a_large_table_from_end_to_end() {
    on_both_engines(|app| async move {
        let begun = std::time::Instant::now();
        store::fill(&app).await;
        let filled = begun.elapsed();
        let mut day = Day::default();
        at_the_desk(&app, &mut day).await;
        at_triage(&app, &mut day).await;
        in_the_room(&app, &mut day).await;
        at_the_counter(&app, &mut day).await;
        in_the_laboratory(&app, &mut day).await;
        in_radiology(&app, &mut day).await;
        at_the_pharmacy(&app, &mut day).await;
        // The patient at home gets a second factor: nobody signs in as her with the password alone after that.
        on_the_ward_round(&app, &mut day).await;
        at_home(&app, &mut day).await;
        on_the_ward(&app, &mut day).await;
        at_the_bedside(&app, &mut day).await;
        on_the_medicine_round(&app, &mut day).await;

        let mut seen = BTreeSet::new();
        day.queries.retain(|(_, query)| seen.insert(query.text(app.state.db.engine()).to_owned()));
        let reader = Reader {
            user: app.fixture.user("doctor"),
            permission: Permission::ReadChart,
            clinics: Some(vec![app.fixture.north]),
            patients: vec![app.fixture.ana],
            now: app.state.clock.now(),
        };
        let mut tx = app.state.db.write_for(&reader).await.expect("a transaction");
        let mut wrong = store::objections(&mut tx, &day.queries).await;
        store::forget_statistics(&mut tx).await;
        if app.state.db.engine() == Engine::Postgres {
            // Unlike the daily pages, the office pages may scan and sort in the minute before PostgreSQL collects statistics by
            // itself.
            let of_offices = ["/users", "/audit", "/messages?"];
            day.queries.retain(|(what, _)| what != "/messages" && of_offices.iter().all(|office| !what.starts_with(office)));
            let office = ["/users", "/audit"];
            day.queries.retain(|(what, _)| !office.iter().any(|page| what.starts_with(page)));
        }
        wrong.extend(store::objections(&mut tx, &day.queries).await);
        let (engine, all) = (app.state.db.engine(), begun.elapsed());
        println!("{engine:?}: filled in {filled:.1?}; with the plans of {} queries {all:.1?}", seen.len());
        assert!(seen.len() > 120, "only {} queries were recorded", seen.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}
