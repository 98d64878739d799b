//! The overview beside the note: vital signs, allergies, problems, medicines, last visits.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    clinical::{
        Encounter, Prescription, Problem, chart,
        statements::{StatementPanel, statement_panel},
    },
    core::{
        PatientId, Result, VisitId,
        time::{self, Zone},
    },
    opd::{self, Vitals, pages::vital_trends, vitals::Ages},
    patients::{self, Allergy},
    server::Ctx,
    tr,
    ui::{Glyph, Icon, NoticeBox, StatusBadge, Tone},
};

/// The number of sets of vital signs in a trend.
const SETS: i64 = 12;
/// The number of visits in the list.
const VISITS: i64 = 5;

/// The vital signs beside the note.
pub struct Measured {
    pub vitals: Vec<Vitals>,
    pub ages: Ages,
    /// The visit of this consultation.
    pub visit: Option<VisitId>,
    /// The vital signs of this visit are all marked as wrong; the values shown are from earlier visits.
    pub to_retake: bool,
    pub zone: Zone,
    pub today: NaiveDate,
}

/// Everything beside the note.
pub struct Glance {
    pub patient: PatientId,
    pub measured: Measured,
    pub allergies: Vec<Allergy>,
    pub problems: Vec<Problem>,
    pub medicines: Vec<Prescription>,
    pub encounters: Vec<Encounter>,
    /// The statements that the patient made before the visit.
    pub statement: StatementPanel,
}

/// Loads all of it; `visit` is the visit of this consultation, if there is one.
pub async fn glance(ctx: &mut Ctx, patient: PatientId, visit: Option<VisitId>) -> Result<Glance> {
    let now = ctx.now;
    let mut allergies = patients::allergies(&mut ctx.tx, patient).await?;
    allergies.retain(Allergy::counts);
    Ok(Glance {
        patient,
        measured: measured(ctx, patient, visit).await?,
        allergies,
        problems: chart::problems_of(&mut ctx.tx, patient).await?,
        medicines: chart::current_medicines(&mut ctx.tx, patient, now).await?,
        encounters: chart::encounters_of(&mut ctx.tx, patient, VISITS).await?,
        statement: statement_panel(ctx, patient, visit).await?,
    })
}

/// Loads the vital signs; `visit` is the visit of this consultation, if there is one.
pub async fn measured(ctx: &mut Ctx, patient: PatientId, visit: Option<VisitId>) -> Result<Measured> {
    let (today, zone) = (ctx.today(), ctx.zone());
    let to_retake = match visit {
        Some(visit) => opd::vitals::are_to_retake(&mut ctx.tx, visit).await?,
        None => false,
    };
    Ok(Measured {
        vitals: opd::vitals_of(&mut ctx.tx, patient, None, SETS).await?,
        ages: opd::vitals::ages_of(&mut ctx.tx, patient, zone).await?,
        visit,
        to_retake,
        zone,
        today,
    })
}

impl Measured {
    /// Renders the content of `#glance-vitals`. Where all vital signs of the visit are wrong, it says so and does not judge
    /// earlier values as current.
    pub fn view(&self) -> AnyView {
        let now = !self.to_retake;
        let score = now.then(|| vital_trends::score(&self.vitals, self.ages));
        let wrong = self.to_retake.then(|| {
            view! { <div role="alert"><NoticeBox tone=Tone::Critical title=tr!(opd.to_retake)>{tr!(clinical.vitals_wrong)}</NoticeBox></div> }
        });
        // The last values may be from another visit: then their date is shown above their assessment.
        let other = self.vitals.first().filter(|last| self.visit.is_some() && last.visit_id != self.visit);
        let other = other.filter(|_| now).map(|last| {
            let date = time::show_date(self.zone.day(last.taken_at));
            view! { <p class="is-warning"><Icon glyph=Tone::Warning.glyph()/>" "{tr!(clinical.vitals_from_before, date = date)}</p> }
        });
        let flags = now.then(|| vital_trends::flags(&self.vitals, self.ages));
        let drawn = match self.vitals.is_empty() {
            true => now.then(|| view! { <p class="muted">{tr!(clinical.no_vitals)}</p> }).into_any(),
            false => vital_trends::trends(&self.vitals, self.ages, self.zone, self.today),
        };
        view! {
            <h3><Icon glyph=Glyph::Vitals/>{tr!(clinical.vitals)}{score}</h3>
            {wrong}
            {other}
            {flags}
            {drawn}
        }
        .into_any()
    }
}

impl Glance {
    /// The panel at the right of the consultation.
    pub fn panel(self) -> AnyView {
        let chart = format!("/patients/{}/chart", self.patient);
        view! {
            <section class="panel" aria-label=tr!(clinical.at_a_glance)>
                <div class="panel__head"><h2>{tr!(clinical.at_a_glance)}</h2><a href=chart>{tr!(clinical.chart)}</a></div>
                <div id="glance-allergies">{allergies(&self.allergies)}</div>
                {self.statement.view()}
                <div class="glance__group" id="glance-vitals">{self.measured.view()}</div>
                {problems(&self.problems)}
                {medicines(&self.medicines)}
                {visits(self.encounters, self.measured.zone)}
            </section>
        }
        .into_any()
    }
}

/// Shows the patient's allergies with reactions, in `#glance-allergies`; the banner has the names.
pub fn allergies(allergies: &[Allergy]) -> Option<AnyView> {
    (!allergies.is_empty()).then(|| {
        let lines = allergies
            .iter()
            .map(|allergy| {
                let tone = if allergy.is_severe() { Tone::Critical } else { Tone::Warning };
                let reaction = (!allergy.reaction.is_empty()).then(|| format!(" {}", allergy.reaction));
                view! { <li><StatusBadge tone label=allergy.substance.clone()/>{reaction}</li> }
            })
            .collect_view();
        view! { <div class="glance__group"><h3><Icon glyph=Glyph::Allergy/>{tr!(clinical.allergies)}</h3><ul class="stack stack--tight">{lines}</ul></div> }
            .into_any()
    })
}

fn problems(problems: &[Problem]) -> AnyView {
    view! { <div class="glance__group"><h3><Icon glyph=Glyph::Note/>{tr!(clinical.problems)}</h3>{problem_list(problems)}</div> }.into_any()
}

/// Shows active problems; resolved ones are in a collapsed part.
pub fn problem_list(problems: &[Problem]) -> AnyView {
    let line = |problem: &Problem| {
        let since = problem.onset.map(|day| tr!(clinical.since, date = time::show_date(day)));
        view! { <li>{problem.description.clone()}{since.map(|since| view! { <span class="muted small">" "{since}</span> })}</li> }
    };
    let (active, past): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.active);
    let none = active.is_empty().then(|| view! { <p class="muted">{tr!(clinical.no_problems)}</p> });
    let active = active.into_iter().map(line).collect_view();
    let count = past.len();
    let past = (count > 0).then(|| {
        let past = past.into_iter().map(line).collect_view();
        view! { <details class="small"><summary>{tr!(clinical.past_problems, count = count)}</summary><ul class="stack stack--tight">{past}</ul></details> }
    });
    view! {
        {none}
        <ul class="stack stack--tight">{active}</ul>
        {past}
    }
    .into_any()
}

fn medicines(medicines: &[Prescription]) -> AnyView {
    let none = medicines.is_empty().then(|| view! { <p class="muted">{tr!(clinical.no_medicines)}</p> });
    let lines = medicines
        .iter()
        .map(|medicine| view! { <li>{medicine.drug.clone()}<span class="muted small">" "{medicine.dosage.sentence()}</span></li> })
        .collect_view();
    view! {
        <div class="glance__group">
            <h3><Icon glyph=Glyph::Pill/>{tr!(clinical.medicines)}</h3>
            {none}
            <ul class="stack stack--tight">{lines}</ul>
        </div>
    }
    .into_any()
}

fn visits(encounters: Vec<Encounter>, zone: Zone) -> AnyView {
    let none = encounters.is_empty().then(|| view! { <p class="muted">{tr!(clinical.no_visits)}</p> });
    let lines = encounters
        .into_iter()
        .map(|encounter| {
            let words = [time::show_date(zone.day(encounter.started_at)), encounter.doctor_name, encounter.reason];
            let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
            match encounter.visit {
                Some(visit) => view! { <li><a href=format!("/visits/{visit}/summary")>{words}</a></li> }.into_any(),
                None => view! { <li>{words}</li> }.into_any(),
            }
        })
        .collect_view();
    view! {
        <div class="glance__group">
            <h3><Icon glyph=Glyph::Clock/>{tr!(clinical.last_visits)}</h3>
            {none}
            <ul class="stack stack--tight">{lines}</ul>
        </div>
    }
    .into_any()
}
