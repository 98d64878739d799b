//! The acts on the formulary, with their audit rows. Each checks the version that the page showed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DrugStatus,
    drug::{Drug, DrugDraft, DrugTyped},
    names::key,
    rule::{DoseFigures, RuleKind, Side},
    store,
    substance::{Group, Substance, SubstanceDraft, SubstanceNames, SubstanceTyped},
};
use crate::{
    audit::{Action, FieldChange},
    core::{DrugId, Error, Result, RuleId, Stamp, SubstanceId},
    db::{DbError, Tx},
    formulary::{CheckLevel, GroupKind, InteractionLevel, LimitKind},
    server::Ctx,
    tr,
};

/// Acts on the formulary take turns: two new rows never get one name.
pub(super) async fn take_turn(tx: &mut Tx) -> Result<()> {
    tx.take_turn("formulary", "").await
}

fn refused(error: DbError) -> Error {
    if error.violates("drugs_one_code") || error.violates("index 'drugs_one_code'") {
        return Error::invalid("code", tr!(formulary.code_taken));
    }
    if error.is_unique() {
        return Error::invalid("name", tr!(formulary.drug_name_taken));
    }
    error.into()
}

fn newer() -> Error {
    Error::conflict(tr!(errors.newer_version))
}

/// Returns the drug, in the version that was shown.
async fn shown(ctx: &mut Ctx, id: DrugId, version: &str) -> Result<Drug> {
    let drug = store::drugs::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if drug.version.to_string() == version { Ok(drug) } else { Err(newer()) }
}

/// Writes a drug: a new one under `id`, or in the place of `before`. Returns the changed fields; none when nothing differs.
pub(super) async fn write_drug(
    tx: &mut Tx,
    (id, before): (DrugId, Option<&Drug>),
    draft: &DrugDraft,
    stamp: Stamp,
) -> Result<Vec<FieldChange>> {
    let changes = draft.changes(before);
    if changes.is_empty() {
        return Ok(changes);
    }
    if before.is_none() {
        store::drugs::insert_name(tx, id, &draft.name, stamp).await.map_err(refused)?;
    }
    let locked = tx.lock(id).await?;
    store::drugs::write(tx, locked, draft, stamp).await.map_err(refused)?;
    Ok(changes)
}

/// Saves a drug; without an `id` a new one, under the `key` of its form.
pub(super) async fn save_drug(ctx: &mut Ctx, id: Option<DrugId>, (key, version): (DrugId, &str), typed: &DrugTyped) -> Result<DrugId> {
    take_turn(&mut ctx.tx).await?;
    let before = match id {
        Some(id) => Some(shown(ctx, id, version).await?),
        // The form was sent twice.
        None if store::drugs::one(&mut ctx.tx, key).await?.is_some() => {
            ctx.did(Action::Update, "drug", key, None);
            return Ok(key);
        }
        None => None,
    };
    if before.as_ref().is_some_and(|before| before.retired) {
        return Err(Error::conflict(tr!(formulary.drug_is_retired)));
    }
    let known = SubstanceNames::load(&mut ctx.tx).await?;
    let draft = DrugDraft::read(typed, &known)?;
    let (stamp, id) = (ctx.stamp(), id.unwrap_or(key));
    let changes = write_drug(&mut ctx.tx, (id, before.as_ref()), &draft, stamp).await?;
    let action = if before.is_some() { Action::Update } else { Action::Create };
    ctx.did_change(action, "drug", id, &changes);
    Ok(id)
}

/// Retires a drug or a name, or brings it back.
pub(super) async fn set_retired(ctx: &mut Ctx, id: DrugId, version: &str, retired: bool) -> Result<()> {
    take_turn(&mut ctx.tx).await?;
    let drug = shown(ctx, id, version).await?;
    let locked = ctx.tx.lock(id).await?;
    let stamp = ctx.stamp();
    store::drugs::set_retired(&mut ctx.tx, locked, retired.then_some(stamp.at), stamp).await?;
    let word = |retired: bool| if retired { "true" } else { "" }.to_owned();
    let change = FieldChange { field: "retired".to_owned(), before: word(drug.retired), after: word(retired) };
    ctx.did_change(Action::Update, "drug", id, &[change]);
    Ok(())
}

/// Confirms a drug: the user takes responsibility for its facts.
pub(super) async fn confirm_drug(ctx: &mut Ctx, id: DrugId, version: &str) -> Result<()> {
    let locked = ctx.tx.lock(id).await?;
    let drug = shown(ctx, id, version).await?;
    if drug.status == DrugStatus::Unmapped || drug.retired {
        return Err(Error::conflict(tr!(formulary.not_to_confirm)));
    }
    let stamp = ctx.stamp();
    store::drugs::confirm(&mut ctx.tx, locked, stamp).await?;
    ctx.did_change(Action::Update, "drug", id, &[confirmed()]);
    Ok(())
}

fn confirmed() -> FieldChange {
    FieldChange { field: "confirmed".to_owned(), before: String::new(), after: "true".to_owned() }
}

/// Maps a bare name to a drug of the formulary; without one, takes the mapping back.
pub(super) async fn map_name(ctx: &mut Ctx, id: DrugId, version: &str, to: Option<DrugId>) -> Result<()> {
    take_turn(&mut ctx.tx).await?;
    let locked = ctx.tx.lock(id).await?;
    let name = shown(ctx, id, version).await?;
    if name.status != DrugStatus::Unmapped {
        return Err(Error::conflict(tr!(formulary.is_no_bare_name)));
    }
    let mut after = String::new();
    if let Some(to) = to {
        let drug = store::drugs::one(&mut ctx.tx, to).await?.filter(|drug| drug.status != DrugStatus::Unmapped && !drug.retired);
        after = drug.ok_or_else(|| Error::invalid("same_as", tr!(formulary.which_drug)))?.name;
    }
    let before = match name.same_as {
        Some(old) => store::drugs::one(&mut ctx.tx, old).await?.map(|old| old.name).unwrap_or_default(),
        None => String::new(),
    };
    let stamp = ctx.stamp();
    store::drugs::map(&mut ctx.tx, locked, to, stamp).await?;
    ctx.did_change(Action::Update, "drug", id, &[FieldChange { field: "same_as".to_owned(), before, after }]);
    Ok(())
}

/// Returns the drug of the formulary with this code.
pub(super) async fn drug_of_code(ctx: &mut Ctx, code: &str) -> Result<DrugId> {
    let code = code.trim().to_uppercase();
    let known = store::drugs::known(&mut ctx.tx).await?;
    let found = known.into_iter().find(|(_, known, ..)| known.to_uppercase() == code && !code.is_empty());
    found.map(|(id, ..)| id).ok_or_else(|| Error::invalid("same_as", tr!(formulary.which_drug)))
}

async fn shown_substance(ctx: &mut Ctx, id: SubstanceId, version: &str) -> Result<Substance> {
    let substance = store::substances::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if substance.version.to_string() == version { Ok(substance) } else { Err(newer()) }
}

/// Saves a substance; without an `id` a new one, under the `key` of its form.
pub(super) async fn save_substance(
    ctx: &mut Ctx,
    id: Option<SubstanceId>,
    (key, version): (SubstanceId, &str),
    typed: &SubstanceTyped,
) -> Result<SubstanceId> {
    take_turn(&mut ctx.tx).await?;
    let known = SubstanceNames::load(&mut ctx.tx).await?;
    let groups = store::substances::groups(&mut ctx.tx).await?;
    let Some(id) = id else {
        if store::substances::one(&mut ctx.tx, key).await?.is_some() {
            ctx.did(Action::Update, "substance", key, None);
            return Ok(key);
        }
        write_substance(ctx, key, None, &SubstanceDraft::read(typed, None, &known, &groups)?).await?;
        return Ok(key);
    };
    let before = Before::of(ctx, id).await?;
    if before.substance.version.to_string() != version {
        return Err(newer());
    }
    write_substance(ctx, id, Some(&before), &SubstanceDraft::read(typed, Some(id), &known, &groups)?).await?;
    Ok(id)
}

/// A substance with its names and groups, before it is changed.
pub(super) struct Before {
    pub substance: Substance,
    pub names: Vec<String>,
    pub groups: Vec<Group>,
}

impl Before {
    /// Reads the substance, locked.
    pub(super) async fn of(ctx: &mut Ctx, id: SubstanceId) -> Result<Self> {
        ctx.tx.lock(id).await?;
        let substance = store::substances::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
        let names = store::substances::names_of(&mut ctx.tx, id).await?;
        Ok(Self { substance, names, groups: store::substances::groups_of(&mut ctx.tx, id).await? })
    }
}

/// Writes a substance: a new one under `id`, or in the place of `before`. Returns the changed fields.
pub(super) async fn write_substance(
    ctx: &mut Ctx,
    id: SubstanceId,
    before: Option<&Before>,
    draft: &SubstanceDraft,
) -> Result<Vec<FieldChange>> {
    let stamp = ctx.stamp();
    let changes = substance_changes(before, draft);
    if before.is_none() {
        store::substances::insert(&mut ctx.tx, id, draft, stamp).await?;
        ctx.did_change(Action::Create, "substance", id, &changes);
        return Ok(changes);
    }
    if changes.is_empty() {
        return Ok(changes);
    }
    let locked = ctx.tx.lock(id).await?;
    store::substances::update(&mut ctx.tx, locked, draft, stamp).await?;
    ctx.did_change(Action::Update, "substance", id, &changes);
    Ok(changes)
}

/// Returns the names in one order, each key once.
fn spelled(names: &[String]) -> String {
    let by_key: BTreeMap<String, &str> = names.iter().rev().map(|name| (key(name), name.as_str())).collect();
    by_key.into_values().collect::<Vec<_>>().join(", ")
}

/// Returns the fields that a draft changes.
pub(super) fn substance_changes(before: Option<&Before>, after: &SubstanceDraft) -> Vec<FieldChange> {
    let old = |value: fn(&Substance) -> String| before.map(|before| value(&before.substance)).unwrap_or_default();
    let codes = |codes: Vec<&str>| codes.join(", ");
    let old_groups = before.map(|before| before.groups.iter().map(|group| group.code.as_str()).collect::<BTreeSet<_>>());
    let old_groups = codes(old_groups.unwrap_or_default().into_iter().collect());
    [
        ("name", old(|one| one.name.clone()), after.name.clone()),
        ("name_es", old(|one| one.name_es.clone()), after.name_es.clone()),
        ("further_names", before.map(|before| spelled(&before.names)).unwrap_or_default(), spelled(&after.names)),
        ("groups", old_groups, codes(after.groups.iter().map(|(code, _)| code.as_str()).collect())),
        ("rxcui", old(|one| one.rxcui.clone()), after.rxcui.clone()),
        ("pregnancy", old(|one| one.pregnancy.to_string()), after.pregnancy.to_string()),
        ("lactation", old(|one| one.lactation.to_string()), after.lactation.to_string()),
        ("source", old(|one| one.source.clone()), after.source.clone()),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(field, before, after)| FieldChange { field: field.to_owned(), before, after })
    .collect()
}

/// Confirms a substance: the user takes responsibility for the advice about it.
pub(super) async fn confirm_substance(ctx: &mut Ctx, id: SubstanceId, version: &str) -> Result<()> {
    let locked = ctx.tx.lock(id).await?;
    shown_substance(ctx, id, version).await?;
    let stamp = ctx.stamp();
    store::substances::confirm(&mut ctx.tx, locked, stamp).await?;
    ctx.did_change(Action::Update, "substance", id, &[confirmed()]);
    Ok(())
}

/// Returns the side of an interaction that a name means: a substance, or a group by its code or name. `@` before a code says that it is a group.
pub(super) fn side(field: &str, name: &str, known: &SubstanceNames, groups: &[Group]) -> Result<Side> {
    let name = name.trim();
    let code = name.strip_prefix('@');
    if let Some((id, _)) = known.find(name).filter(|_| code.is_none()) {
        return Ok(Side::Substance(id));
    }
    let sought = code.unwrap_or(name).to_lowercase();
    let is_it = |text: &str| text.to_lowercase() == sought;
    let found = groups.iter().filter(|group| is_it(&group.code) || (code.is_none() && (is_it(&group.name) || is_it(&group.name_es))));
    // Groups of several kinds may share a name.
    let found = found.min_by_key(|group| group.kind != GroupKind::Interaction).filter(|_| !sought.is_empty());
    found.map(|group| Side::Group(group.id)).ok_or_else(|| Error::invalid(field, tr!(formulary.no_such_side, name = name.to_owned())))
}

/// An interaction as its form describes it.
pub(super) struct InteractionTyped<'t> {
    pub key: RuleId,
    pub one: &'t str,
    pub other: &'t str,
    pub level: InteractionLevel,
    pub text_en: &'t str,
    pub text_es: &'t str,
    pub source: &'t str,
}

/// Adds an interaction; the form sent twice adds one.
pub(super) async fn add_interaction(ctx: &mut Ctx, typed: &InteractionTyped<'_>) -> Result<()> {
    take_turn(&mut ctx.tx).await?;
    let known = SubstanceNames::load(&mut ctx.tx).await?;
    let groups = store::substances::groups(&mut ctx.tx).await?;
    let sides = (side("one", typed.one, &known, &groups)?, side("other", typed.other, &known, &groups)?);
    write_interaction(ctx, sides, typed).await
}

/// Writes an interaction between two sides.
pub(super) async fn write_interaction(ctx: &mut Ctx, sides: (Side, Side), typed: &InteractionTyped<'_>) -> Result<()> {
    if sides.0 == sides.1 && matches!(sides.0, Side::Substance(_)) {
        return Err(Error::invalid("other", tr!(formulary.two_sides)));
    }
    let new = store::rules::NewInteraction {
        id: typed.key,
        sides,
        level: typed.level,
        text_en: typed.text_en,
        text_es: typed.text_es,
        source: typed.source,
    };
    let stamp = ctx.stamp();
    store::rules::insert_interaction(&mut ctx.tx, &new, stamp).await.map_err(rule_refused)?;
    added(ctx, typed.key, &format!("{} + {}: {}", typed.one, typed.other, typed.level), typed.source);
    Ok(())
}

pub(super) fn rule_refused(error: DbError) -> Error {
    if error.is_unique() { Error::conflict(tr!(formulary.rule_there)) } else { error.into() }
}

pub(super) fn added(ctx: &mut Ctx, id: RuleId, words: &str, source: &str) {
    let change = |field: &str, after: &str| FieldChange { field: field.to_owned(), before: String::new(), after: after.to_owned() };
    ctx.did_change(Action::Create, "prescribing_rule", id, &[change("rule", words), change("source", source)]);
}

/// Adds a range of doses of a substance.
pub(super) async fn add_dose_rule(ctx: &mut Ctx, ids: (RuleId, SubstanceId), figures: &DoseFigures, source: &str) -> Result<()> {
    let substance = store::substances::one(&mut ctx.tx, ids.1).await?.ok_or(Error::NotFound)?;
    let stamp = ctx.stamp();
    store::rules::insert_dose(&mut ctx.tx, ids, figures, source, stamp).await.map_err(rule_refused)?;
    added(ctx, ids.0, &format!("{}: {}, {}", substance.name, figures.who(), figures.words()), source);
    Ok(())
}

/// Adds a limit of patients for a substance.
pub(super) async fn add_limit(
    ctx: &mut Ctx,
    ids: (RuleId, SubstanceId),
    (kind, below, level): (LimitKind, i64, CheckLevel),
    source: &str,
) -> Result<()> {
    let substance = store::substances::one(&mut ctx.tx, ids.1).await?.ok_or(Error::NotFound)?;
    let stamp = ctx.stamp();
    store::rules::insert_limit(&mut ctx.tx, ids, (kind, below, level), source, stamp).await.map_err(rule_refused)?;
    added(ctx, ids.0, &format!("{}: {kind} < {below}, {level}", substance.name), source);
    Ok(())
}

/// Adds the washout of a substance: the days after its last dose in which it still interacts.
pub(super) async fn add_washout(ctx: &mut Ctx, ids: (RuleId, SubstanceId), days: i64, source: &str) -> Result<()> {
    let substance = store::substances::one(&mut ctx.tx, ids.1).await?.ok_or(Error::NotFound)?;
    let stamp = ctx.stamp();
    store::rules::insert_washout(&mut ctx.tx, ids, days, source, stamp).await.map_err(rule_refused)?;
    added(ctx, ids.0, &format!("{}: {} {days}", substance.name, RuleKind::Washout), source);
    Ok(())
}

/// Confirms a rule, or retires it.
pub(super) async fn settle_rule(ctx: &mut Ctx, kind: RuleKind, id: RuleId, version: i64, confirms: bool) -> Result<()> {
    let stamp = ctx.stamp();
    let done = match confirms {
        true => store::rules::confirm(&mut ctx.tx, kind, id, version, stamp).await?,
        false => store::rules::retire(&mut ctx.tx, kind, id, version, stamp).await?,
    };
    if !done {
        return Err(newer());
    }
    let retired = FieldChange { field: "retired".to_owned(), before: String::new(), after: "true".to_owned() };
    ctx.did_change(Action::Update, "prescribing_rule", id, &[if confirms { confirmed() } else { retired }]);
    Ok(())
}
