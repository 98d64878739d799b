//! Mother and children on the admission's page: the births with their measures, who lies where, and the way to the acts.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, PatientId, Permission, Result,
        time::{Instant, Zone, show_date_time, years_between},
    },
    patients::{self, Sex},
    server::Ctx,
    tr,
    ui::{Column, DataTable, Glyph, LinkButton, Row},
    wards::{
        AdmissionState,
        admission::Admission,
        births::{self, BirthOutcome, BirthRow, hours_old},
    },
};

/// The ages, in full years, at which the way to record a birth is shown.
const MOTHERS: std::ops::RangeInclusive<i64> = 10..=60;

/// The data about mother and children.
pub(super) struct Family {
    id: AdmissionId,
    /// The births of a mother.
    births: Vec<BirthRow>,
    /// The birth of a child that was born on the ward.
    own: Option<BirthRow>,
    names: HashMap<PatientId, String>,
    /// Whether the reader may record a birth.
    may_record: bool,
    zone: Zone,
    now: Instant,
}

/// Reads the data.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission, zone: Zone) -> Result<Family> {
    let births = births::of_mother(&mut ctx.tx, admission.id).await?;
    let own = births::of_baby(&mut ctx.tx, admission.id).await?;
    let ids: Vec<PatientId> = births.iter().filter_map(|one| one.baby).chain(own.as_ref().map(|own| own.mother)).collect();
    let lines = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "ward_board").await?;
    let names = lines.into_iter().map(|(id, line)| (id, line.name.listed())).collect();
    let line = patients::line(&mut ctx.tx, admission.patient_id).await?;
    let age = line.birth.date.map(|born| years_between(born, zone.day(ctx.now)));
    let is_mother = own.is_none() && line.sex != Sex::Male && age.is_none_or(|age| MOTHERS.contains(&age));
    let may_record = ctx.who.may_at(Permission::RecordBirths, admission.clinic_id);
    let may_record = may_record && is_mother && admission.state == AdmissionState::Admitted;
    Ok(Family { id: admission.id, births, own, names, may_record, zone, now: ctx.now })
}

impl Family {
    /// Whether children who were born here are on a ward.
    pub(super) fn has_babies(&self) -> bool {
        self.births.iter().any(|one| one.bed.is_some())
    }

    fn name(&self, patient: Option<PatientId>) -> String {
        patient.and_then(|id| self.names.get(&id).cloned()).unwrap_or_default()
    }
}

/// Returns the measures of a birth, each with its unit.
fn measures(birth: &BirthRow, now: Instant) -> String {
    let weight = birth.weight_g.map(|grams| tr!(wards.grams, grams = grams));
    let gestation = birth.gestation_days.map(|days| tr!(wards.gestation, weeks = days / 7, days = days % 7));
    let scores = [birth.apgar_1, birth.apgar_5, birth.apgar_10];
    let apgar = scores.iter().any(Option::is_some).then(|| {
        let shown = scores.map(|score| score.map_or_else(|| "–".to_owned(), |score| score.to_string())).join(" / ");
        tr!(wards.apgar_scores, scores = shown)
    });
    let hours = (birth.outcome == BirthOutcome::Live).then(|| hours_old(birth.born_at, now)).flatten();
    let age = hours.map(|hours| tr!(wards.hours_old, hours = hours));
    let order = (birth.plurality > 1).then(|| tr!(wards.order_of, number = birth.birth_order, all = birth.plurality));
    [Some(birth.sex.words().to_owned()), order, weight, gestation, apgar, age].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Shows the panel; nothing for patients who are neither mother nor born here.
pub(super) fn view(family: &Family) -> Option<AnyView> {
    let at = |at: Instant| show_date_time(family.zone.local(at));
    if let Some(own) = &family.own {
        let mother = family.name(Some(own.mother));
        let (href, born, facts) = (format!("/admissions/{}", own.mother_id), at(own.born_at), measures(own, family.now));
        let body = view! {
            <p>{tr!(wards.mother)}" "<a href=href>{mother}</a></p>
            <p>{tr!(wards.born_at)}" "{born}<br/>{facts}</p>
        };
        return Some(panel(body.into_any(), None));
    }
    if family.births.is_empty() && !family.may_record {
        return None;
    }
    let record = family.may_record.then(|| {
        view! { <LinkButton href=format!("/admissions/{}/birth", family.id) label=tr!(wards.record_birth) glyph=Glyph::Plus/> }
    });
    let compare = family.has_babies().then(|| {
        view! { <LinkButton href=format!("/admissions/{}/match", family.id) label=tr!(wards.match_bands) glyph=Glyph::Check/> }
    });
    let actions = view! { <div class="cluster">{record}{compare}</div> }.into_any();
    let rows: Vec<Row> = family
        .births
        .iter()
        .map(|one| {
            let name = match one.baby_id {
                Some(baby) => view! { <a href=format!("/admissions/{baby}")>{family.name(one.baby)}</a> }.into_any(),
                None => one.outcome.words().into_any(),
            };
            let cells = [at(one.born_at), measures(one, family.now), one.bed.clone().unwrap_or_default()];
            Row::new(std::iter::once(name).chain(cells.into_iter().map(IntoAny::into_any)).collect())
        })
        .collect();
    if rows.is_empty() {
        return Some(panel(view! { <p class="muted">{tr!(wards.no_births)}</p> }.into_any(), Some(actions)));
    }
    let columns =
        vec![Column::new(tr!(wards.child)), Column::new(tr!(wards.born_at)), Column::new(tr!(wards.measures)), Column::new(tr!(wards.bed))];
    let table = view! { <DataTable caption=tr!(wards.family) columns rows stacked=true/> };
    Some(panel(table.into_any(), Some(actions)))
}

fn panel(body: AnyView, actions: Option<AnyView>) -> AnyView {
    view! {
        <section class="panel" id="family" aria-labelledby="family-heading">
            <div class="panel__head"><h2 id="family-heading">{tr!(wards.family)}</h2>{actions}</div>
            <div class="panel__body">{body}</div>
        </section>
    }
    .into_any()
}
