//! The server functions with which pharmacists edit and confirm the formulary.

use leptos::prelude::*;

use super::{
    CheckLevel, InteractionLevel, LimitKind,
    alike::{self, SideTyped},
    change,
    drug::{DrugTyped, INGREDIENT_FIELDS, INGREDIENTS},
    file::{self, FileKind, RowOutcome},
    load_defaults,
    rule::{DoseFigures, DoseTyped, RuleKind},
    substance::SubstanceTyped,
};
use crate::{
    audit::Action,
    core::{DrugId, Error, IdempotencyKey, Permission, Result, RuleId, SubstanceId, error::FieldErrors, form::chosen},
    organisation::Typed,
    server::{Ctx, is_own_page, redirect_to},
    tr,
};

/// Returns the text of a field; empty when it was not sent.
fn text(fields: &Typed, name: &str) -> String {
    fields.get(name).cloned().unwrap_or_default()
}

/// Returns the key of a new row, which was created with its form.
fn new_key(key: &str) -> Result<uuid::Uuid> {
    Ok(chosen::<IdempotencyKey>("key", key)?.into())
}

fn drug_typed(fields: &Typed) -> DrugTyped {
    let tick = |name: &str| !text(fields, name).is_empty();
    let ticked = |prefix: &str| -> Vec<String> {
        let ticked = fields.iter().filter(|(_, value)| !value.is_empty());
        ticked.filter_map(|(name, _)| name.strip_prefix(prefix)).map(str::to_owned).collect()
    };
    let ingredient = |number: usize| INGREDIENT_FIELDS.map(|name| text(fields, &format!("{name}_{number}")));
    DrugTyped {
        code: text(fields, "code"),
        name: text(fields, "name"),
        name_es: text(fields, "name_es"),
        form: text(fields, "form"),
        unit: text(fields, "dispensing_unit"),
        divisible: text(fields, "divisible"),
        status: text(fields, "status"),
        schedule: text(fields, "schedule"),
        source: text(fields, "source"),
        high_alert: tick("high_alert"),
        fridge: tick("fridge"),
        weekly: tick("weekly"),
        counsel: tick("counsel"),
        cautions: ticked("caution-"),
        diluent: text(fields, "diluent"),
        in_use_days: text(fields, "in_use_days"),
        routes: ticked("route-"),
        ingredients: (1..=INGREDIENTS).map(ingredient).collect(),
    }
}

/// Adds the default formulary: what the hospital does not have yet, unconfirmed.
#[server(endpoint = "formulary/load_defaults")]
pub async fn load_default_formulary() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let stamp = ctx.stamp();
    load_defaults(&mut ctx.tx, stamp).await?;
    ctx.did(Action::Create, "formulary", uuid::Uuid::nil(), None);
    ctx.commit().await?;
    redirect_to("/formulary?done=loaded");
    Ok(())
}

/// Saves a drug; without an `id` a new one, under the `key` that was created with its form.
#[server(endpoint = "formulary/save_drug")]
pub async fn save_drug(
    #[server(default)] id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: Option<DrugId> = if id.is_empty() { None } else { Some(chosen("id", &id)?) };
    let key = match id {
        Some(id) => id,
        None => DrugId(new_key(&key)?),
    };
    let id = change::save_drug(&mut ctx, id, (key, &version), &drug_typed(&fields)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/{id}?done=saved"));
    Ok(())
}

/// Retires a drug or a name: it can no longer be prescribed.
#[server(endpoint = "formulary/retire_drug")]
pub async fn retire_drug(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: DrugId = chosen("id", &id)?;
    change::set_retired(&mut ctx, id, &version, true).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/{id}?done=retired"));
    Ok(())
}

/// Brings a retired drug back.
#[server(endpoint = "formulary/bring_back_drug")]
pub async fn bring_back_drug(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: DrugId = chosen("id", &id)?;
    change::set_retired(&mut ctx, id, &version, false).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/{id}?done=back"));
    Ok(())
}

/// Confirms a drug: the pharmacist takes responsibility for its facts.
#[server(endpoint = "formulary/confirm_drug")]
pub async fn confirm_drug(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: DrugId = chosen("id", &id)?;
    change::confirm_drug(&mut ctx, id, &version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/{id}?done=confirmed"));
    Ok(())
}

/// Maps an imported name to a drug of the formulary; without one, takes the mapping back.
#[server(endpoint = "formulary/map_name")]
pub async fn map_name(
    #[server(default)] id: String,
    #[server(default)] version: String,
    /// The code of the drug.
    #[server(default)]
    same_as: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let to = match same_as.trim() {
        "" => None,
        code => Some(change::drug_of_code(&mut ctx, code).await?),
    };
    change::map_name(&mut ctx, chosen("id", &id)?, &version, to).await?;
    ctx.commit().await?;
    let back = if is_own_page(&back) { back } else { "/formulary/mapping".to_owned() };
    let sign = if back.contains('?') { '&' } else { '?' };
    redirect_to(&format!("{back}{sign}done=mapped"));
    Ok(())
}

/// Imports a file, when no row is refused and the user saw these very changes.
async fn import(kind: FileKind, text: &str, seen: &str) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let file = file::import(&mut ctx, kind, text).await?;
    if file.count(RowOutcome::Refused) > 0 {
        return Err(Error::invalid("text", tr!(formulary.import_refused_text)));
    }
    let list = kind.list();
    if file.rows.len() == file.count(RowOutcome::Unchanged) {
        redirect_to(&format!("{list}?done=unchanged"));
        return Ok(());
    }
    if seen != file.digest() {
        return Err(Error::invalid("seen", tr!(formulary.import_tick)));
    }
    ctx.commit().await?;
    redirect_to(&format!("{list}?done=imported"));
    Ok(())
}

/// Imports drugs from a file.
#[server(endpoint = "formulary/import_drugs")]
pub async fn import_drugs(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    import(FileKind::Drugs, &text, &seen).await
}

/// Imports substances from a file.
#[server(endpoint = "formulary/import_substances")]
pub async fn import_substances(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    import(FileKind::Substances, &text, &seen).await
}

/// Imports interactions from a file.
#[server(endpoint = "formulary/import_interactions")]
pub async fn import_interactions(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    import(FileKind::Interactions, &text, &seen).await
}

/// Imports ranges of doses from a file.
#[server(endpoint = "formulary/import_doses")]
pub async fn import_doses(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    import(FileKind::Doses, &text, &seen).await
}

/// Saves a substance; without an `id` a new one, under the `key` that was created with its form.
#[server(endpoint = "formulary/save_substance")]
pub async fn save_substance(
    #[server(default)] id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: Option<SubstanceId> = if id.is_empty() { None } else { Some(chosen("id", &id)?) };
    let key = match id {
        Some(id) => id,
        None => SubstanceId(new_key(&key)?),
    };
    let typed = SubstanceTyped {
        name: text(&fields, "name"),
        name_es: text(&fields, "name_es"),
        names: text(&fields, "names"),
        groups: fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, _)| name.strip_prefix("group-"))
            .map(str::to_owned)
            .collect(),
        rxcui: text(&fields, "rxcui"),
        pregnancy: text(&fields, "pregnancy"),
        lactation: text(&fields, "lactation"),
        source: text(&fields, "source"),
    };
    let id = change::save_substance(&mut ctx, id, (key, &version), &typed).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/substances/{id}?done=saved"));
    Ok(())
}

/// Confirms a substance: the pharmacist takes responsibility for the advice about it.
#[server(endpoint = "formulary/confirm_substance")]
pub async fn confirm_substance(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let id: SubstanceId = chosen("id", &id)?;
    change::confirm_substance(&mut ctx, id, &version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/substances/{id}?done=confirmed"));
    Ok(())
}

/// Adds an interaction between two substances or groups.
#[server(endpoint = "formulary/add_interaction")]
pub async fn add_interaction(#[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let mut errors = FieldErrors::new();
    let mut required = |name: &str| errors.required_line(name, &text(&fields, name), 500);
    let (one, other) = (required("one"), required("other"));
    let (text_en, text_es, source) = (required("text_en"), required("text_es"), required("source"));
    let level = errors.chosen::<InteractionLevel>("level", &text(&fields, "level"));
    errors.finish()?;
    let level = level.ok_or_else(|| Error::invalid("level", tr!(errors.choose)))?;
    let typed = change::InteractionTyped {
        key: RuleId(new_key(&key)?),
        one: &one,
        other: &other,
        level,
        text_en: &text_en,
        text_es: &text_es,
        source: &source,
    };
    change::add_interaction(&mut ctx, &typed).await?;
    ctx.commit().await?;
    redirect_to("/formulary/interactions?done=added");
    Ok(())
}

/// Adds a range of doses of a substance.
#[server(endpoint = "formulary/add_dose_rule")]
pub async fn add_dose_rule(
    #[server(default)] substance: String,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let substance: SubstanceId = chosen("substance", &substance)?;
    let mut errors = FieldErrors::new();
    let source = errors.required_line("source", &text(&fields, "source"), 500);
    let typed = DoseTyped {
        route: text(&fields, "route"),
        from_days: text(&fields, "from_days"),
        to_days: text(&fields, "to_days"),
        unit: text(&fields, "unit"),
        per_kg: !text(&fields, "per_kg").is_empty(),
        dose_low: text(&fields, "dose_low"),
        dose_high: text(&fields, "dose_high"),
        day_low: text(&fields, "day_low"),
        day_high: text(&fields, "day_high"),
        dose_max: text(&fields, "dose_max"),
        day_max: text(&fields, "day_max"),
    };
    let figures = errors.check(DoseFigures::read(&typed));
    errors.finish()?;
    let figures = figures.ok_or(Error::NotFound)?;
    change::add_dose_rule(&mut ctx, (RuleId(new_key(&key)?), substance), &figures, &source).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/substances/{substance}?done=added"));
    Ok(())
}

/// Adds a limit of patients for a substance: a creatinine clearance, or an age.
#[server(endpoint = "formulary/add_limit")]
pub async fn add_limit(
    #[server(default)] substance: String,
    #[server(default)] key: String,
    #[server(default)] kind: String,
    #[server(default)] below: String,
    #[server(default)] level: String,
    #[server(default)] source: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let substance: SubstanceId = chosen("substance", &substance)?;
    let mut errors = FieldErrors::new();
    let kind = errors.chosen::<LimitKind>("kind", &kind);
    let level = errors.chosen::<CheckLevel>("level", &level);
    let source = errors.required_line("source", &source, 500);
    let wrong = || Error::invalid("below", tr!(formulary.below_wrong));
    let below = errors.check(below.trim().parse::<i64>().ok().filter(|below| (1..=150).contains(below)).ok_or_else(wrong));
    errors.finish()?;
    let (Some(kind), Some(level), Some(below)) = (kind, level, below) else { return Err(Error::NotFound) };
    change::add_limit(&mut ctx, (RuleId(new_key(&key)?), substance), (kind, below, level), &source).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/substances/{substance}?done=added"));
    Ok(())
}

/// Adds a pair of substances whose names look or sound alike.
#[server(endpoint = "formulary/add_look_alike")]
pub async fn add_look_alike(#[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let mut errors = FieldErrors::new();
    let source = errors.required_line("source", &text(&fields, "source"), 500);
    errors.finish()?;
    let side = |name: &str| SideTyped {
        name: text(&fields, name),
        tall: text(&fields, &format!("{name}_tall")),
        tall_es: text(&fields, &format!("{name}_tall_es")),
    };
    alike::add(&mut ctx, RuleId(new_key(&key)?), &[side("one"), side("other")], &source).await?;
    ctx.commit().await?;
    redirect_to("/formulary/look-alikes?done=added");
    Ok(())
}

/// Adds the washout of a substance: the days after its last dose in which it still interacts.
#[server(endpoint = "formulary/add_washout")]
pub async fn add_washout(
    #[server(default)] substance: String,
    #[server(default)] key: String,
    #[server(default)] days: String,
    #[server(default)] source: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let substance: SubstanceId = chosen("substance", &substance)?;
    let mut errors = FieldErrors::new();
    let source = errors.required_line("source", &source, 500);
    let wrong = || Error::invalid("days", tr!(formulary.washout_days_wrong));
    let days = errors.check(days.trim().parse::<i64>().ok().filter(|days| (1..=365).contains(days)).ok_or_else(wrong));
    errors.finish()?;
    let days = days.ok_or(Error::NotFound)?;
    change::add_washout(&mut ctx, (RuleId(new_key(&key)?), substance), days, &source).await?;
    ctx.commit().await?;
    redirect_to(&format!("/formulary/substances/{substance}?done=added"));
    Ok(())
}

/// Confirms a rule, or retires it, and returns to the page that showed it.
async fn settle(rule: &str, id: &str, version: i64, back: &str, confirms: bool) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let kind: RuleKind = chosen("rule", rule)?;
    change::settle_rule(&mut ctx, kind, chosen("id", id)?, version, confirms).await?;
    ctx.commit().await?;
    let back = if is_own_page(back) { back } else { "/formulary/interactions" };
    let sign = if back.contains('?') { '&' } else { '?' };
    redirect_to(&format!("{back}{sign}done={}", if confirms { "confirmed" } else { "retired" }));
    Ok(())
}

/// Confirms a rule: the pharmacist takes responsibility for it.
#[server(endpoint = "formulary/confirm_rule")]
pub async fn confirm_rule(
    #[server(default)] rule: String,
    #[server(default)] id: String,
    #[server(default)] version: i64,
    #[server(default)] back: String,
) -> Result<(), Error> {
    settle(&rule, &id, version, &back, true).await
}

/// Retires a rule: prescriptions are no longer checked by it.
#[server(endpoint = "formulary/retire_rule")]
pub async fn retire_rule(
    #[server(default)] rule: String,
    #[server(default)] id: String,
    #[server(default)] version: i64,
    #[server(default)] back: String,
) -> Result<(), Error> {
    settle(&rule, &id, version, &back, false).await
}
