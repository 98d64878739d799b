//! Tests the guards of the formulary: in the database alone, and in races.

use axum::http::StatusCode;

use super::{bare_name, checks::despite_a_warning, loaded, number, save};
use crate::{
    core::{RuleId, SubstanceId},
    db::{Sql, sql},
    tests::{Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

/// Asserts that the database refuses a statement by the guard with this name.
async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

async fn one(app: &TestApp, query: &'static str) -> uuid::Uuid {
    app.state.db.read().await.expect("a connection").one::<(uuid::Uuid,)>(sql(query)).await.expect("an id").0
}

async fn runs(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("written");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_database_refuses_a_wrong_drug_by_itself() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (now, by) = (app.state.clock.now(), app.fixture.user("pharmacist"));
        let bare = bare_name(&app, "Bare").await;
        let warfarin = one(&app, "SELECT id FROM drugs WHERE code = 'WARFARIN-5-MG-TAB'").await;
        let substance = one(&app, "SELECT id FROM substances WHERE name = 'paracetamol'").await;
        let of = |text: &'static str, id: uuid::Uuid| sql(text).push(" WHERE id = ").push_bind(id);
        refuses(&app, "drugs_whole", of("UPDATE drugs SET status = 'formulary'", bare.into())).await;
        let whole = sql("INSERT INTO drugs (id, name, status) VALUES ($1, 'Whole', 'formulary')").bind(uuid::Uuid::now_v7());
        refuses(&app, "drugs_whole", whole).await;
        refuses(&app, "drugs_whole", sql("DELETE FROM drug_ingredients WHERE drug_id = ").push_bind(warfarin)).await;
        refuses(&app, "drugs_whole", sql("DELETE FROM drug_routes WHERE drug_id = ").push_bind(warfarin)).await;
        refuses(&app, "drugs_mapped_stay", of("UPDATE drugs SET status = 'unmapped'", warfarin)).await;
        refuses(&app, "drugs_divisible", of("UPDATE drugs SET divisible = 3", warfarin)).await;
        refuses(&app, "drugs_one_code", of("UPDATE drugs SET code = 'warfarin-1-mg-tab'", warfarin)).await;
        let map = |to: uuid::Uuid, id: uuid::Uuid| sql("UPDATE drugs SET same_as = ").push_bind(to).push(" WHERE id = ").push_bind(id);
        refuses(&app, "drugs_mapped_to_whole", map(bare.into(), bare.into())).await;
        refuses(&app, "drugs_mapped_once", map(one(&app, "SELECT id FROM drugs WHERE code = 'WARFARIN-1-MG-TAB'").await, warfarin)).await;
        for amount in ["0", "0.50", ".5", "5.", "1,5", "-1", "05", "1e3", ""] {
            let query = sql("UPDATE drug_ingredients SET amount = ").push_bind(amount).push(" WHERE drug_id = ").push_bind(warfarin);
            refuses(&app, "drug_ingredients_amount", query).await;
        }
        refuses(&app, "drug_ingredients_per", sql("UPDATE drug_ingredients SET per = '0' WHERE drug_id = ").push_bind(warfarin)).await;
        let confirm = sql("UPDATE drugs SET confirmed_at = $1, confirmed_by = $2 WHERE id = $3").bind(now).bind(by);
        refuses(&app, "drugs_confirmed", confirm.clone().bind(bare)).await;
        refuses(&app, "drugs_confirmed", sql("UPDATE drugs SET confirmed_at = $1 WHERE id = $2").bind(now).bind(warfarin)).await;
        runs(&app, confirm.bind(warfarin)).await;
        for change in
            ["UPDATE drugs SET high_alert = NOT high_alert", "UPDATE drugs SET name = 'Other'", "UPDATE drugs SET status = 'restricted'"]
        {
            refuses(&app, "drugs_confirmed_unchanged", of(change, warfarin)).await;
        }
        let stronger = sql("UPDATE drug_ingredients SET amount = '50' WHERE drug_id = ").push_bind(warfarin);
        refuses(&app, "drugs_confirmed_unchanged", stronger).await;
        let more = sql("INSERT INTO drug_ingredients (drug_id, substance_id, position, amount, unit, per, per_unit)
            VALUES ($1, $2, 2, '1', 'mg', '1', 'tablet')");
        refuses(&app, "drugs_confirmed_unchanged", more.bind(warfarin).bind(substance)).await;
        refuses(&app, "drugs_confirmed_unchanged", sql("DELETE FROM drug_ingredients WHERE drug_id = ").push_bind(warfarin)).await;
        let name = sql("INSERT INTO substance_names (name_key, substance_id, name) VALUES ('ibuprofen', $1, 'ibuprofen')");
        refuses(&app, "substance_names", name.bind(substance)).await;
        refuses(&app, "substances_one_name", of("UPDATE substances SET name = 'IBUPROFEN'", substance)).await;
        refuses(&app, "substances_sourced", of("UPDATE substances SET pregnancy = 'safe', source = ''", substance)).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_refuses_a_wrong_rule_by_itself() {
    on_both_engines(|app| async move {
        loaded(&app).await;
        let (now, by) = (app.state.clock.now(), app.fixture.user("pharmacist"));
        let substance = SubstanceId(one(&app, "SELECT id FROM substances WHERE name = 'paracetamol'").await);
        let other = SubstanceId(one(&app, "SELECT id FROM substances WHERE name = 'ibuprofen'").await);
        let interaction = |one: SubstanceId, other: SubstanceId| {
            sql("INSERT INTO interactions (id, one_id, one_substance_id, other_id, other_substance_id, level, text_en, text_es, source, updated_at, updated_by)
                VALUES ($1, $2, $3, $4, $5, 'severe', 'a', 'a', 'a', $6, $7)")
                .bind(RuleId::new()).bind(one).bind(one).bind(other).bind(other).bind(now).bind(by)
        };
        let (first, last) = (substance.min(other), substance.max(other));
        refuses(&app, "interactions_in_order", interaction(last, first)).await;
        refuses(&app, "interactions_in_order", interaction(first, first)).await;
        runs(&app, interaction(first, last)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(interaction(first, last)).await.expect_err("interactions_once").is_unique());
        drop(tx);
        refuses(&app, "interactions_sides", sql("UPDATE interactions SET one_substance_id = NULL WHERE one_id = ").push_bind(first)).await;
        runs(&app, sql("UPDATE interactions SET confirmed_at = $1, confirmed_by = $2").bind(now).bind(by)).await;
        refuses(&app, "interactions_confirmed_unchanged", sql("UPDATE interactions SET level = 'contraindicated' WHERE level = 'severe'")).await;
        refuses(&app, "interactions_confirmed", sql("UPDATE interactions SET confirmed_by = NULL")).await;
        let of = |text: &'static str| sql(text).push(" WHERE day_max = '4000' AND per_kg = ").push_bind(false);
        for (guard, text) in [
            ("dose_rules_dose_max", "UPDATE dose_rules SET dose_max = '-1'"),
            ("dose_rules_day_max", "UPDATE dose_rules SET day_max = '0'"),
            ("dose_rules_range", "UPDATE dose_rules SET dose_low = '10', dose_high = '9'"),
            ("dose_rules_figure", "UPDATE dose_rules SET dose_high = NULL, day_high = NULL, dose_max = NULL, day_max = NULL"),
            ("dose_rules_ages", "UPDATE dose_rules SET to_days = 0"),
        ] {
            refuses(&app, guard, of(text)).await;
        }
        runs(&app, sql("UPDATE dose_rules SET confirmed_at = $1, confirmed_by = $2").bind(now).bind(by)).await;
        refuses(&app, "dose_rules_confirmed_unchanged", of("UPDATE dose_rules SET day_max = '40000'")).await;
        runs(&app, sql("UPDATE substance_limits SET confirmed_at = $1, confirmed_by = $2").bind(now).bind(by)).await;
        refuses(&app, "substance_limits_confirmed_unchanged", sql("UPDATE substance_limits SET below = 1")).await;
        runs(&app, sql("UPDATE cross_reactions SET confirmed_at = $1, confirmed_by = $2").bind(now).bind(by)).await;
        refuses(&app, "cross_reactions_confirmed_unchanged", sql("UPDATE cross_reactions SET level = 'block'")).await;
        runs(&app, sql("UPDATE substances SET confirmed_at = $1, confirmed_by = $2 WHERE id = $3").bind(now).bind(by).bind(substance)).await;
        refuses(
            &app,
            "substances_confirmed_unchanged",
            sql("UPDATE substances SET pregnancy = 'safe', source = 'x' WHERE id = ").push_bind(substance),
        )
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_save_one_drug_one_wins_and_a_code_is_given_once() {
    races_from(
        async |app: &TestApp| loaded(app).await,
        |app, pharmacist| async move {
            let new = (0..20).map(|number| {
                let pharmacist = pharmacist.in_copy(&app);
                async move { save(&pharmacist, &[("key", &Fixture::key()), ("name", &format!("Xar {number}"))]).await.status }
            });
            let statuses = all_at_once(new).await;
            assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
            let id = one(&app, "SELECT id FROM drugs WHERE code = 'XAR-500'").await.to_string();
            let saves = (0..20).map(|number| {
                let (pharmacist, id) = (pharmacist.in_copy(&app), id.clone());
                async move {
                    let amount = (number + 1).to_string();
                    save(&pharmacist, &[("id", &id), ("version", "2"), ("name", "Xar"), ("amount_1", &amount)]).await.status
                }
            });
            let statuses = all_at_once(saves).await;
            assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
            assert_eq!(
                number(&app, "SELECT count(*) FROM drug_ingredients i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'XAR-500'").await,
                1
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_review_one_warning_one_does() {
    races_from(
        async |app: &TestApp| (loaded(app).await, despite_a_warning(app).await),
        |app, (pharmacist, id)| async move {
            let reviews = (0..20).map(|_| {
                let (pharmacist, id) = (pharmacist.in_copy(&app), id.clone());
                async move { pharmacist.post("/api/clinical/review_override", &[("finding_id", &id)]).await.status }
            });
            let statuses = all_at_once(reviews).await;
            assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 19, "{statuses:?}");
            assert_eq!(number(&app, "SELECT count(*) FROM check_findings WHERE reviewed_at IS NOT NULL").await, 1);
        },
    )
    .await;
}
