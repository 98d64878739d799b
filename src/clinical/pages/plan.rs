//! `/consultation/{visit}/plan`: the treatment plan of a visit's encounter; the plans in the chart and in the portal.

use leptos::prelude::*;

use crate::{
    clinical::{
        NotePart, OutsideReader, holds, store,
        treatment::{self, TreatmentPlan},
    },
    core::{
        PatientId, Permission, Result, VisitId,
        time::{Zone, show_date, show_date_time},
    },
    opd, patients,
    server::{
        Ctx, Page, Path,
        department::{ChartAsk, ChartEntry, Draw},
    },
    tr,
    ui::{Button, ButtonTone, DateField, Form, Glyph, PageHeader, PatientBanner, TextArea, Tone},
};

/// The plans that the portal shows.
const SHOWN: usize = 5;
/// The plans of which those are taken that the reader may see.
const READ: i64 = 60;

/// Shows the plan with its earlier versions, and the form of those who write notes at the clinic.
///
/// # Errors
/// Not allowed, another clinic's visit, or when the database refuses.
pub async fn plan_page(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadChart, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "treatment_plan").await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let versions = match store::encounter_of_visit(&mut ctx.tx, id).await? {
        Some(encounter) => treatment::of_encounter(&mut ctx.tx, encounter.id).await?,
        None => Vec::new(),
    };
    let writes = ctx.who.may_at(Permission::WriteNotes, visit.clinic_id);
    let back = match writes {
        true => (format!("/consultation/{id}"), tr!(nav.consultation).to_owned()),
        false => (format!("/patients/{}/chart", visit.patient_id), tr!(patients.chart).to_owned()),
    };
    Ok(Page::new(tr!(clinical.treatment_plan), move || {
        let shown = versions.first().map(|plan| whole(plan, zone));
        let none = (versions.is_empty() && !writes).then(|| view! { <p class="muted">{tr!(clinical.no_plan)}</p> });
        let earlier: Vec<AnyView> = versions.iter().skip(1).map(|plan| whole(plan, zone)).collect();
        let earlier = (!earlier.is_empty()).then(|| view! { <details><summary>{tr!(clinical.earlier_plans)}</summary>{earlier}</details> });
        let form = writes.then(|| form(id, versions.first()));
        let next = writes.then(|| view! { <p><a href=format!("/consultation/{id}/follow-up")>{tr!(clinical.propose_follow_up)}</a></p> });
        view! {
            <PageHeader title=tr!(clinical.treatment_plan) back/>
            <div class="stack">{none}{shown}{form}{next}{earlier}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// The parts of a plan with their headings; empty ones are left out.
fn parts(plan: &TreatmentPlan) -> AnyView {
    let review = plan.review_on.map(show_date).unwrap_or_default();
    [
        (tr!(clinical.plan_goals), &plan.goals),
        (tr!(clinical.plan_instructions), &plan.instructions),
        (tr!(clinical.plan_follow_up), &plan.follow_up),
        (tr!(clinical.plan_review), &review),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(heading, text)| {
        let lines = text.lines().map(|line| view! { <br/>{line.to_owned()} }).collect_view();
        view! { <p><strong>{heading}</strong>{lines}</p> }
    })
    .collect_view()
    .into_any()
}

fn whole(plan: &TreatmentPlan, zone: Zone) -> AnyView {
    let facts = format!("{} · {}", plan.writer, show_date_time(zone.local(plan.written_at)));
    let parts = parts(plan);
    view! { <section class="panel"><div class="panel__body stack stack--tight"><p class="muted small">{facts}</p>{parts}</div></section> }
        .into_any()
}

fn form(id: VisitId, plan: Option<&TreatmentPlan>) -> AnyView {
    let hidden = vec![("visit_id", id.to_string()), ("version", plan.map_or(0, |plan| plan.version).to_string())];
    let text = |read: fn(&TreatmentPlan) -> String| plan.map(read).unwrap_or_default();
    let (goals, instructions, follow_up) =
        (text(|plan| plan.goals.clone()), text(|plan| plan.instructions.clone()), text(|plan| plan.follow_up.clone()));
    let review = text(|plan| plan.review_on.map(|day| day.to_string()).unwrap_or_default());
    view! {
        <section class="panel">
            <div class="panel__body">
                <Form action="/api/clinical/write_plan" id="plan-form" hidden>
                    <TextArea name="goals" label=tr!(clinical.plan_goals) value=goals maxlength=10_000 optional=true/>
                    <TextArea name="instructions" label=tr!(clinical.plan_instructions) value=instructions rows=6 maxlength=10_000 optional=true/>
                    <TextArea name="follow_up" label=tr!(clinical.plan_follow_up) value=follow_up maxlength=10_000 optional=true/>
                    <DateField name="review_on" label=tr!(clinical.plan_review) value=review optional=true/>
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The plans in the chart, at the time they were written.
///
/// # Errors
/// When the database refuses.
pub async fn charted_plans(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let found = treatment::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let entry = |plan: TreatmentPlan| ChartEntry {
        at: plan.written_at,
        tone: Tone::Inactive,
        glyph: Glyph::Note,
        body: Box::new(move |_| {
            let parts = parts(&plan);
            view! { <h3>{tr!(clinical.treatment_plan)}</h3><div class="stack stack--tight"><p class="muted small">{plan.writer.clone()}</p>{parts}</div> }
                .into_any()
        }),
    };
    Ok(found.into_iter().map(entry).collect())
}

/// The plans that the reader of the portal sees: those of signed consultations whose note keeps no plan from the reader.
///
/// # Errors
/// When the database refuses.
pub async fn portal_plans(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let zone = ctx.zone();
    let reader = OutsideReader::of_portal(&ctx.who);
    let kept = holds::held_encounters(&mut ctx.tx, &[patient], NotePart::Plan, reader).await?;
    let mut found = treatment::of_patient(&mut ctx.tx, patient, None, READ).await?;
    found.retain(|plan| plan.is_signed && !kept.contains(&plan.encounter_id));
    found.truncate(SHOWN);
    Ok(Box::new(move || {
        if found.is_empty() {
            return ().into_any();
        }
        let plans = found
            .iter()
            .map(|plan| {
                let (day, parts) = (show_date(zone.day(plan.written_at)), parts(plan));
                view! { <li class="rows__row"><div class="rows__main"><span class="muted">{day}</span>{parts}</div></li> }
            })
            .collect_view();
        view! { <section class="panel"><div class="panel__head"><h2>{tr!(clinical.treatment_plan)}</h2></div><ul class="rows">{plans}</ul></section> }
            .into_any()
    }))
}
