//! Charges from any source: raised once, changed, taken back; without a price; discounts by two people; the revisit rule; estimates.

use axum::http::StatusCode;
use chrono::{Days, NaiveDate};

use super::{Answer, Browser, Fixture, TestApp, all_at_once, billing::consultation, on_both_engines, races_on_both_engines};
use crate::{
    billing::{self, ChargeState, Charged, Consultation, MANUAL, Quantity, Service, ToCharge, Wanted},
    clinical::CONSULTATION,
    core::{ChargeId, EncounterId, Error, Money, PatientId, PriceItemId, Result, Stamp},
    db::{Sql, sql},
};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day")
}

fn named(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

/// An item with this price; without one when it is empty.
pub(super) async fn item(admin: &Browser, code: &str, amount: &str) -> PriceItemId {
    let key = Fixture::key();
    let form = [("key", key.as_str()), ("code", code), ("name", code), ("kind", "procedure"), ("discountable", "true")];
    assert_eq!(admin.post("/api/billing/save_price_item", &form).await.status, StatusCode::OK);
    if !amount.is_empty() {
        set_price(admin, &key, "1", amount).await;
    }
    key.parse().expect("an id")
}

async fn set_price(admin: &Browser, item: &str, version: &str, amount: &str) {
    let key = Fixture::key();
    let form = [("item_id", item), ("version", version), ("key", &key), ("per", "1"), ("amount", amount), ("valid_from", "2026-11-01")];
    let set = admin.post("/api/billing/set_price", &form).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
}

/// So much of an item for the patient, from a source of its own.
fn of_item(app: &TestApp, patient: PatientId, item: PriceItemId, quantity: i64) -> ToCharge {
    let service = Service {
        wanted: Wanted::Item(item),
        patient,
        clinic: app.fixture.north,
        department: None,
        provider: None,
        day: today(),
        quantity: Quantity(quantity),
    };
    ToCharge::done(&MANUAL, EncounterId::new().into(), None, service)
}

async fn charge(app: &TestApp, new: &ToCharge) -> Charged {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let charged =
        billing::charge(&mut tx, new, Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() }).await.expect("charged");
    tx.commit().await.expect("committed");
    charged
}

async fn recharge(app: &TestApp, new: &ToCharge) -> Result<Charged> {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let charged = billing::recharge(&mut tx, new, Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() }).await?;
    tx.commit().await.expect("committed");
    Ok(charged)
}

async fn uncharge(app: &TestApp, new: &ToCharge) -> Result<Option<ChargeId>> {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let now = app.state.clock.now();
    let taken = billing::uncharge(&mut tx, (new.source, new.source_id), new.service.patient, false, now).await?;
    tx.commit().await.expect("committed");
    Ok(taken)
}

async fn at(app: &TestApp, id: ChargeId) -> billing::Charge {
    let mut tx = app.state.db.read().await.expect("a connection");
    billing::charge_at(&mut tx, id).await.expect("asked").expect("a charge")
}

async fn issue(cashier: &Browser, patient: PatientId) -> Answer {
    cashier.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await
}

#[tokio::test]
async fn a_source_has_one_charge_that_follows_it_until_it_is_billed() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let hours = item(&admin, "THEATRE", "3.33").await;
        let planned = ToCharge { done: false, ..of_item(&app, app.fixture.ben, hours, 1_000) };
        let first = charge(&app, &planned).await;
        assert_eq!((first.state, first.net), (ChargeState::Planned, Money(333)));
        assert_eq!(charge(&app, &planned).await, Charged { changed: false, ..first }, "the same source again");
        // Done at last, and two and a half hours long: 8.325 is 8.32.
        let mut done = ToCharge { done: true, ..planned };
        done.service.quantity = Quantity(2_500);
        let changed = recharge(&app, &done).await.expect("recharged");
        assert_eq!((changed.id, changed.state, changed.net), (first.id, ChargeState::Billable, Money(832)));
        // Taken back, and charged once more: the old one stays as it was.
        assert_eq!(uncharge(&app, &done).await, Ok(Some(first.id)));
        assert_eq!(uncharge(&app, &done).await, Ok(None));
        let second = charge(&app, &done).await;
        assert_ne!(second.id, first.id);
        assert_eq!((at(&app, first.id).await.state, at(&app, second.id).await.state), (ChargeState::Cancelled, ChargeState::Billable));
        let page = cashier.get(&format!("/cashier?patient={}", app.fixture.ben)).await.body;
        assert!(page.contains("2.5 × THEATRE") && page.contains("$8.32"), "{page}");
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::OK);
        assert_eq!(recharge(&app, &done).await.map(|charged| charged.changed), Ok(false), "nothing differs");
        done.service.quantity = Quantity(3_000);
        assert!(matches!(recharge(&app, &done).await, Err(Error::Conflict(_))), "an invoice has it");
        assert!(matches!(uncharge(&app, &done).await, Err(Error::Conflict(_))));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_has_no_price_waits_on_a_list_and_is_never_left_out() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let bandage = item(&admin, "BANDAGE", "").await;
        let waits = charge(&app, &of_item(&app, app.fixture.ben, bandage, 2_000)).await;
        assert_eq!((waits.state, waits.is_to_pay()), (ChargeState::Planned, false));
        // A consultation whose department has none on the price list.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let now = app.state.clock.now();
        tx.execute(sql("UPDATE price_items SET retired_at = $1 WHERE code = 'CONS-SURG'").bind(now)).await.expect("retired");
        tx.commit().await.expect("committed");
        let held = Consultation {
            patient: app.fixture.ana,
            clinic: app.fixture.north,
            department: app.fixture.surgery,
            provider: Some(app.fixture.ruiz),
            visit_type: None,
            day: today(),
        };
        let seen = charge(&app, &ToCharge::done(&CONSULTATION, EncounterId::new().into(), None, held.into())).await;
        assert_eq!(seen.state, ChargeState::Planned);
        let list = cashier.get("/charges/unpriced").await.body;
        assert!(list.contains("2 × BANDAGE") && list.contains("Consultation, Surgery"), "{list}");
        let page = cashier.get(&format!("/cashier?patient={}", app.fixture.ben)).await.body;
        assert!(page.contains("Charges without a price"), "{page}");
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::CONFLICT, "nothing to invoice");
        let found = cashier.post("/api/billing/find_prices", &[]).await;
        assert_eq!(found.location.as_deref(), Some("/charges/unpriced?done=none"));
        set_price(&admin, &bandage.to_string(), "1", "4.50").await;
        let found = cashier.post("/api/billing/find_prices", &[]).await;
        assert_eq!(found.location.as_deref(), Some("/charges/unpriced?done=found"), "{}", found.body);
        let priced = at(&app, waits.id).await;
        assert_eq!((priced.state, priced.net), (ChargeState::Billable, Money(900)));
        assert_eq!(at(&app, seen.id).await.state, ChargeState::Planned, "still without one");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_desk_adds_a_charge_by_hand_and_takes_it_back() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let copy = item(&admin, "COPY", "2").await.to_string();
        let (ben, key) = (app.fixture.ben.to_string(), Fixture::key());
        let page = format!("/patients/{ben}/charges");
        let form = [
            ("patient_id", ben.as_str()),
            ("key", &key),
            ("item_id", &copy),
            ("quantity", "1,5"),
            ("service_day", "2026-11-20"),
            ("provider_id", ""),
        ];
        for _ in 0..2 {
            let added = desk.post("/api/billing/add_charge", &form).await;
            assert_eq!(added.location.as_deref(), Some(format!("{page}?done=charged").as_str()), "{}", added.body);
        }
        let shown = desk.get(&page).await.body;
        assert_eq!(shown.matches("1.5 × COPY").count(), 1, "sent twice, charged once: {shown}");
        assert!(shown.contains("$3.00") && shown.contains("Added by hand"), "{shown}");
        for (field, value) in
            [("item_id", ""), ("quantity", "0"), ("service_day", "2026-11-22"), ("service_day", "2024-01-01"), ("provider_id", &copy)]
        {
            let key = Fixture::key();
            let typed: Vec<_> = form.iter().map(|(name, old)| (*name, if *name == field { value } else { *old })).collect();
            let typed: Vec<_> = typed.into_iter().map(|(name, old)| (name, if name == "key" { key.as_str() } else { old })).collect();
            assert_eq!(named(&desk.post("/api/billing/add_charge", &typed).await), [field]);
        }
        let charge = shown.split("name=\"charge_id\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("a charge");
        let charge = charge.split('"').next().expect("its id");
        assert_eq!(app.as_("nurse").await.post("/api/billing/cancel_charge", &[("charge_id", charge)]).await.status, StatusCode::FORBIDDEN);
        let taken = desk.post("/api/billing/cancel_charge", &[("charge_id", charge), ("in_error", "true")]).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
        assert!(desk.get(&page).await.body.contains("No open charges"));
        // A consultation is its department's.
        let of_doctor = super::charges::charge(&app, &consultation(&app, app.fixture.ben, None)).await.id.to_string();
        assert_eq!(desk.post("/api/billing/cancel_charge", &[("charge_id", &of_doctor)]).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_discount_above_the_limit_takes_a_second_person() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.write().await.expect("a transaction");
        let second = sql("INSERT INTO user_roles (user_id, role, granted_at, granted_by) VALUES ($1, 'accountant', $2, $3)")
            .bind(app.fixture.user("desk"))
            .bind(app.state.clock.now())
            .bind(app.fixture.user("admin"));
        tx.execute(second).await.expect("a supervisor");
        tx.commit().await.expect("committed");
        let (admin, cashier, other) = (app.as_("admin").await, app.as_("cashier").await, app.as_("desk").await);
        let charged = charge(&app, &consultation(&app, app.fixture.ben, None)).await;
        let id = charged.id.to_string();
        let page = format!("/patients/{}/charges", app.fixture.ben);
        let give = async |who: &Browser, seen: &str, discount: &str| {
            let form = [("charge_id", id.as_str()), ("seen", seen), ("discount", discount), ("reason", "hardship")];
            who.post("/api/billing/give_discount", &form).await
        };
        let decide = async |who: &Browser, approve: &str| {
            who.post("/api/billing/decide_discount", &[("charge_id", &id), ("seen", "10800"), ("approve", approve)]).await
        };
        // 10 % is every role's limit until another one is set.
        let within = give(&cashier, "12000", "10 %").await;
        assert_eq!(within.location.as_deref(), Some(format!("{page}?done=discounted").as_str()), "{}", within.body);
        assert_eq!(at(&app, charged.id).await.net, Money(10_800));
        for (discount, field) in [("0", "discount"), ("120.01", "discount"), ("101 %", "discount"), ("much", "discount")] {
            assert_eq!(named(&give(&cashier, "10800", discount).await), [field], "{discount}");
        }
        assert_eq!(give(&cashier, "12000", "5 %").await.status, StatusCode::CONFLICT, "an older page");
        let above = give(&cashier, "10800", "30").await;
        assert_eq!(above.location.as_deref(), Some(format!("{page}?done=asked").as_str()), "{}", above.body);
        assert!(other.get(&page).await.body.contains("asks for a discount of $30.00 (hardship)"));
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::CONFLICT, "it waits for a second person");
        assert_eq!(decide(&cashier, "true").await.status, StatusCode::FORBIDDEN, "a cashier");
        assert_eq!(decide(&other, "true").await.status, StatusCode::OK);
        let given = at(&app, charged.id).await;
        assert_eq!((given.net, given.approved_by), (Money(9_000), Some(app.fixture.user("desk"))));
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::OK);
        // A limit that was lowered counts for what is not invoiced yet.
        let charged = charge(&app, &consultation(&app, app.fixture.ana, None)).await;
        let form = [
            ("charge_id", charged.id.to_string()),
            ("seen", "12000".to_owned()),
            ("discount", "10 %".to_owned()),
            ("reason", "staff".to_owned()),
        ];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(cashier.post("/api/billing/give_discount", &form).await.status, StatusCode::OK);
        let limit = admin.post("/api/billing/set_discount_limit", &[("role", "cashier"), ("limit", "2.5")]).await;
        assert_eq!(limit.status, StatusCode::OK, "{}", limit.body);
        assert!(admin.get("/prices/rules").await.body.contains("value=\"2.50\""));
        assert_eq!(issue(&cashier, app.fixture.ana).await.status, StatusCode::CONFLICT, "above the limit by now");
        assert_eq!(named(&admin.post("/api/billing/set_discount_limit", &[("role", "nurse"), ("limit", "5")]).await), ["limit"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_revisit_is_free_within_its_days_and_so_many_times() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let medicine = app.fixture.medicine.to_string();
        let key = Fixture::key();
        let rule = [("key", key.as_str()), ("department_id", &medicine), ("days", "7"), ("visits", "2"), ("same_doctor", "")];
        let added = admin.post("/api/billing/add_revisit_rule", &rule).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        for (field, value) in [("days", "0"), ("visits", "many")] {
            let typed: Vec<_> = rule.iter().map(|(name, old)| (*name, if *name == field { value } else { *old })).collect();
            assert_eq!(named(&admin.post("/api/billing/add_revisit_rule", &typed).await), [field]);
        }
        let visit = async |days: u64| {
            let mut new = consultation(&app, app.fixture.ben, None);
            new.service.day = today() + Days::new(days);
            charge(&app, &new).await.net
        };
        for (days, net) in [(0, 12_000), (3, 0), (7, 0), (7, 12_000), (14, 0), (15, 12_000), (15, 0)] {
            assert_eq!(visit(days).await, Money(net), "after {days} days");
        }
        // A consultation that is charged again is no revisit of itself.
        let again = consultation(&app, app.fixture.ana, None);
        assert_eq!(charge(&app, &again).await.net, Money(12_000));
        assert_eq!(recharge(&app, &again).await.map(|charged| charged.net), Ok(Money(12_000)));
        let cashier = app.as_("cashier").await;
        let page = cashier.get(&format!("/patients/{}/charges", app.fixture.ben)).await.body;
        assert!(page.contains("free revisit"), "{page}");
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_estimate_is_what_the_charge_will_be_and_on_paper_in_the_patients_language() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let scan = item(&admin, "SCAN", "18.55").await;
        let address = format!("/patients/{}/estimate", app.fixture.ana);
        let page = cashier.get(&format!("{address}?item1={scan}&quantity1=3")).await.body;
        assert!(page.contains("3 × SCAN") && page.contains("$55.65") && page.contains("The patient pays"), "{page}");
        let charged = charge(&app, &of_item(&app, app.fixture.ana, scan, 3_000)).await;
        assert_eq!(charged.net, Money(5_565));
        assert!(cashier.get(&format!("{address}?item1={scan}&quantity1=none")).await.body.contains("at most three decimals"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET language = 'es' WHERE id = $1").bind(app.fixture.ana)).await.expect("she reads Spanish");
        tx.commit().await.expect("committed");
        let paper = cashier.get(&format!("{address}/print?item1={scan}&quantity1=3")).await;
        assert_eq!(paper.status, StatusCode::OK);
        assert!(paper.body.contains("Paga el paciente") && paper.body.contains("lang=\"es\""), "{}", paper.body);
        app.assert_sound().await;
    })
    .await;
}

async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_refuses_wrong_charges_and_lines_by_itself() {
    on_both_engines(|app| async move {
        let cashier = app.as_("cashier").await;
        let charged = charge(&app, &consultation(&app, app.fixture.ben, None)).await;
        let the = |text: &'static str| sql(text).push(" WHERE id = ").push_bind(charged.id);
        refuses(&app, "charges_gross", the("UPDATE charges SET gross = gross - 1, net = net - 1")).await;
        refuses(&app, "charges_net", the("UPDATE charges SET net = 0")).await;
        refuses(&app, "charges_discount_reason", the("UPDATE charges SET discount = 1, net = net - 1")).await;
        refuses(&app, "charges_priced", the("UPDATE charges SET unit_price = NULL, gross = 0, net = 0")).await;
        refuses(&app, "charges_waiting", the("UPDATE charges SET state = 'planned'")).await;
        refuses(&app, "charges_quantity", the("UPDATE charges SET quantity_milli = 0, gross = 0, net = 0")).await;
        refuses(&app, "charges_second_person", the("UPDATE charges SET discounted_by = raised_by, approved_by = raised_by")).await;
        refuses(&app, "charges_kept", the("DELETE FROM charges")).await;
        assert_eq!(issue(&cashier, app.fixture.ben).await.status, StatusCode::OK);
        refuses(&app, "charges_fixed", the("UPDATE charges SET discount = 1, net = net - 1, discount_reason = 'staff'")).await;
        refuses(&app, "invoice_lines_frozen", sql("UPDATE invoice_lines SET description = 'Else'")).await;
        refuses(&app, "invoice_lines_frozen", sql("DELETE FROM invoice_lines")).await;
        refuses(&app, "invoice_lines_credited", sql("UPDATE invoice_lines SET credited = total + 1")).await;
    })
    .await;
}

#[tokio::test]
async fn a_package_covers_what_it_lists_and_beyond_it_the_list_price() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let (session, dressing) = (item(&admin, "SESSION", "50").await, item(&admin, "DRESSING", "10").await);
        let therapy = item(&admin, "THERAPY", "80").await;
        let id = therapy.to_string();
        let put = async |content: PriceItemId, quantity: &str| {
            let form = [("id", id.as_str()), ("content_id", &content.to_string()), ("content_quantity", quantity)];
            admin.post("/api/billing/put_in_package", &form).await
        };
        assert_eq!(put(session, "2").await.status, StatusCode::NOT_FOUND, "no package yet");
        for (days, field) in [("x", "package_days"), ("731", "package_days")] {
            assert_eq!(named(&admin.post("/api/billing/set_package_days", &[("id", &id), ("package_days", days)]).await), [field]);
        }
        assert_eq!(admin.post("/api/billing/set_package_days", &[("id", &id), ("package_days", "30")]).await.status, StatusCode::OK);
        assert_eq!(put(session, "2").await.status, StatusCode::OK);
        assert_eq!(put(dressing, "1.5").await.status, StatusCode::OK);
        assert_eq!(named(&put(therapy, "1").await), ["content_id"], "not itself");
        let page = admin.get(&format!("/prices/{id}")).await.body;
        assert!(page.contains("DRESSING") && page.contains("1.5"), "{page}");
        let ben = app.fixture.ben;
        let mut early = of_item(&app, ben, session, 1_000);
        early.service.day = today() - Days::new(1);
        assert_eq!(charge(&app, &early).await.net, Money(5_000), "before the package was sold");
        let sold = of_item(&app, ben, therapy, 1_000);
        assert_eq!(charge(&app, &sold).await.net, Money(8_000));
        let first = of_item(&app, ben, session, 1_000);
        assert_eq!(charge(&app, &first).await.net, Money::ZERO);
        assert_eq!(charge(&app, &of_item(&app, ben, session, 3_000)).await.net, Money(10_000), "one of three is left in it");
        let mut late = of_item(&app, ben, dressing, 1_000);
        late.service.day = today() + Days::new(31);
        assert_eq!(charge(&app, &late).await.net, Money(1_000), "after its days");
        assert_eq!(charge(&app, &of_item(&app, ben, dressing, 2_000)).await.net, Money(500));
        assert_eq!(charge(&app, &of_item(&app, app.fixture.ana, session, 1_000)).await.net, Money(5_000), "another patient's");
        // The charges that a package covers hold it; taken back, it covers the next one.
        assert!(matches!(uncharge(&app, &sold).await, Err(Error::Conflict(_))));
        assert_eq!(recharge(&app, &first).await.map(|charged| charged.net), Ok(Money::ZERO), "its own use does not count twice");
        assert!(uncharge(&app, &first).await.expect("taken back").is_some());
        assert_eq!(charge(&app, &of_item(&app, ben, session, 1_000)).await.net, Money::ZERO);
        let page = cashier.get(&format!("/patients/{ben}/charges")).await.body;
        assert!(page.contains("part of a package"), "{page}");
        refuses(&app, "charges_package_used", sql("UPDATE charges SET covered_milli = covered_milli + 1 WHERE package_id IS NOT NULL"))
            .await;
        assert_eq!(named(&put(session, "1").await), ["content_quantity"], "sold packages used more");
        let out = [("id", id.as_str()), ("content_id", &session.to_string())].map(|(name, value)| (name, value.to_owned()));
        let out: Vec<_> = out.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(admin.post("/api/billing/take_out_of_package", &out).await.status, StatusCode::CONFLICT);
        assert_eq!(issue(&cashier, ben).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

/// A small generator of numbers, so that a failing sequence is the same the next time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[tokio::test]
async fn any_sequence_of_charges_discounts_and_invoices_keeps_the_sums() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let items = [item(&admin, "ONE", "3.33").await, item(&admin, "TWO", "18.55").await, item(&admin, "NONE", "").await];
        for seed in 1..=3 {
            let mut numbers = Numbers(seed);
            let mut sources: Vec<ToCharge> = Vec::new();
            for step in 0..25 {
                let pick = |numbers: &mut Numbers| items[usize::try_from(numbers.below(3)).unwrap_or_default()];
                let at_random = |numbers: &mut Numbers, sources: &[ToCharge]| {
                    usize::try_from(numbers.below(u64::try_from(sources.len()).unwrap_or(1).max(1))).unwrap_or_default()
                };
                match numbers.below(6) {
                    0 | 1 => {
                        let quantity = i64::try_from(numbers.below(9_999) + 1).unwrap_or(1);
                        let new = of_item(&app, app.fixture.ana, pick(&mut numbers), quantity);
                        charge(&app, &new).await;
                        sources.push(new);
                    }
                    2 if !sources.is_empty() => {
                        let which = at_random(&mut numbers, &sources);
                        sources[which].service.quantity = Quantity(i64::try_from(numbers.below(9_999) + 1).unwrap_or(1));
                        let _ = recharge(&app, &sources[which]).await;
                    }
                    3 if !sources.is_empty() => {
                        let which = at_random(&mut numbers, &sources);
                        let _ = uncharge(&app, &sources[which]).await;
                    }
                    4 if !sources.is_empty() => {
                        let which = at_random(&mut numbers, &sources);
                        let there = charge(&app, &sources[which]).await;
                        let (id, seen, percent) = (there.id.to_string(), there.net.0.to_string(), format!("{} %", numbers.below(10) + 1));
                        let form = [("charge_id", id.as_str()), ("seen", &seen), ("discount", &percent), ("reason", "other")];
                        cashier.post("/api/billing/give_discount", &form).await;
                    }
                    _ => {
                        issue(&cashier, app.fixture.ana).await;
                    }
                }
                let mut tx = app.state.db.read().await.expect("a connection");
                let wrong = tx
                    .count(sql("SELECT (SELECT count(*) FROM charges WHERE net <> gross - discount)
                        + (SELECT count(*) FROM invoices i WHERE total <> (SELECT sum(total) FROM invoice_lines l WHERE l.invoice_id = i.id))
                        + (SELECT count(*) FROM charges c WHERE (c.state IN ('billed', 'paid'))
                            <> EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = c.id AND l.released_at IS NULL))"))
                    .await
                    .expect("sums");
                assert_eq!(wrong, 0, "seed {seed}, step {step}");
            }
            app.assert_sound().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn charges_that_change_while_an_invoice_is_issued_are_billed_as_they_stand() {
    races_on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let scan = item(&admin, "SCAN", "18.55").await;
        let patient = app.fixture.ben;
        let sources: Vec<_> = (0..6).map(|_| of_item(&app, patient, scan, 1_000)).collect();
        for new in &sources {
            charge(&app, new).await;
        }
        let acts = (0..24_usize).map(|number| {
            let (app, cashier, mut new) = (app.clone(), cashier.clone(), sources[number % 6]);
            async move {
                match number % 4 {
                    0 => issue(&cashier, patient).await.status,
                    1 => {
                        new.service.quantity = Quantity(2_000 + i64::try_from(number).unwrap_or_default());
                        recharge(&app, &new).await.map_or(StatusCode::CONFLICT, |_| StatusCode::OK)
                    }
                    2 => uncharge(&app, &new).await.map_or(StatusCode::CONFLICT, |_| StatusCode::OK),
                    _ => {
                        charge(&app, &new).await;
                        StatusCode::OK
                    }
                }
            }
        });
        let statuses = all_at_once(acts).await;
        assert!(statuses.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::CONFLICT)), "{statuses:?}");
        app.assert_sound().await;
    })
    .await;
}
