//! Vital signs drawn as small charts, each with its usual range for the patient's age.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    core::time::{self, Zone},
    opd::{
        Flag, Measure, News2, Vitals,
        vitals::{ADULT_MONTHS, Ages, body_mass_index, current, no_score, show_bmi},
    },
    tr,
    ui::{Reading, Sparkline, StatusBadge, Tone},
};

/// The measures that are drawn, in the order used at the bedside.
const DRAWN: [Measure; 7] =
    [Measure::Systolic, Measure::Pulse, Measure::Temperature, Measure::Spo2, Measure::Respiration, Measure::Weight, Measure::Glucose];

/// Shows the early-warning score of the latest set that has one, as a badge; sets of an earlier visit are left out.
pub fn score(vitals: &[Vitals], ages: Ages) -> Option<AnyView> {
    let visit = vitals.first()?.visit_id;
    let set = vitals.iter().take_while(|set| set.visit_id == visit).find(|set| set.news2.is_some())?;
    let score = set.signs.news2(ages.of(set)).unwrap_or(News2::from_total(set.news2?));
    Some(
        view! {
            <span class=format!("score {}", score.risk().tone().class()) title=score.risk().words()>
                {format!("NEWS2 {}", score.total)}
                <span class="visually-hidden">", "{score.risk().words()}</span>
            </span>
        }
        .into_any(),
    )
}

/// Shows the critical and unusual values of the latest visit in words, as the nurse's page flags them, and the consciousness that was
/// found.
pub fn flags(vitals: &[Vitals], ages: Ages) -> Option<AnyView> {
    let (latest, signs) = current(vitals)?;
    let months = ages.of(latest);
    let flags = signs.flags(months);
    let badges = flags.iter().map(|flag| view! { <li><StatusBadge tone=flag.tone() label=flag.words()/></li> }).collect_view();
    let unscored = signs.is_unscored(months).then(|| view! { <li><StatusBadge tone=Tone::Warning label=no_score(&signs)/></li> });
    // Any other level is a flag already.
    let alert = signs.consciousness.filter(|_| flags.iter().all(|flag| flag.measure().is_some()));
    let alert = alert.map(|level| view! { <li class="muted">{format!("{}: {}", tr!(opd.consciousness), level.words())}</li> });
    let judged = (!ages.are_known()).then(|| {
        let words = latest.age_group.map_or_else(|| tr!(opd.judged_as_adult).to_owned(), |group| tr!(opd.judged_as, group = group.words()));
        view! { <li class="muted">{words}</li> }
    });
    Some(view! { <ul class="cluster cluster--tight">{badges}{unscored}{alert}{judged}</ul> }.into_any())
}

/// Shows the flags of one set, critical ones first.
pub fn flags_of(set: &Vitals, ages: Ages) -> Option<AnyView> {
    let mut flags = set.signs.flags(ages.of(set));
    flags.sort_by_key(|flag| !flag.is_critical());
    let badges = flags.iter().map(|flag| view! { <li><StatusBadge tone=flag.tone() label=flag.words()/></li> }).collect_view();
    (!flags.is_empty()).then(|| view! { <ul class="cluster cluster--tight">{badges}</ul> }.into_any())
}

/// Returns the values of a set as bedside charts write them: name, value, unit.
pub fn values(set: &Vitals) -> Vec<(&'static str, String, &'static str)> {
    let signs = &set.signs;
    let values = Measure::ALL.iter().filter(|measure| **measure != Measure::Diastolic).filter_map(|measure| {
        let value = measure.show(signs.get(*measure)?);
        Some(match (measure, signs.diastolic) {
            (Measure::Systolic, Some(diastolic)) => {
                (tr!(clinical.blood_pressure), format!("{value}/{}", Measure::Diastolic.show(diastolic)), measure.unit())
            }
            (Measure::Pain, _) => (measure.words(), format!("{value}/10"), ""),
            _ => (measure.words(), value, measure.unit()),
        })
    });
    let bmi = signs.bmi().map(|bmi| (tr!(opd.bmi), show_bmi(bmi), ""));
    let awake = signs.consciousness.map(|level| (tr!(opd.consciousness), level.words().to_owned(), ""));
    values.chain(bmi).chain(awake).collect()
}

/// Shows the trends; `vitals` has the latest set first. Measures that were never taken are left out.
pub fn trends(vitals: &[Vitals], ages: Ages, zone: Zone, today: NaiveDate) -> AnyView {
    let charts = DRAWN.iter().filter_map(|measure| trend(vitals, *measure, ages, zone, today)).collect_view();
    let bmi = bmi(vitals, ages).map(|bmi| view! { <p>{tr!(opd.bmi)}" "<strong>{show_bmi(bmi)}</strong></p> });
    view! { <div class="trends">{charts}</div>{bmi} }.into_any()
}

/// Computes the body mass index, in tenths of kg/m², from the last weight and a height: for an adult the last one, for
/// a child the one taken with that weight.
fn bmi(vitals: &[Vitals], ages: Ages) -> Option<i64> {
    let weighed = vitals.iter().find(|set| set.signs.weight.is_some())?;
    let height = || vitals.iter().find_map(|set| set.signs.height).filter(|_| ages.of(weighed) >= ADULT_MONTHS);
    body_mass_index(weighed.signs.weight?, weighed.signs.height.or_else(height)?)
}

fn trend(vitals: &[Vitals], measure: Measure, ages: Ages, zone: Zone, today: NaiveDate) -> Option<AnyView> {
    let readings: Vec<Reading> = vitals
        .iter()
        .rev()
        .filter_map(|set| {
            let value = set.signs.get(measure)?;
            let text = match (measure, set.signs.diastolic) {
                (Measure::Systolic, Some(diastolic)) => format!("{}/{}", measure.show(value), Measure::Diastolic.show(diastolic)),
                _ => measure.show(value),
            };
            Some(Reading { when: time::show_moment(zone.local(set.taken_at), today), text, value: measure.number(value) })
        })
        .collect();
    let last = vitals.iter().find(|set| set.signs.get(measure).is_some())?;
    let months = ages.of(last);
    let usual = measure.usual(months);
    let tone = last.signs.flags(months).iter().find(|flag| flag.measure() == Some(measure)).map(Flag::tone);
    let band = usual.map(|(low, high)| (measure.number(low), measure.number(high)));
    let label = if measure == Measure::Systolic { tr!(clinical.blood_pressure) } else { measure.words() };
    Some(view! { <Sparkline label unit=measure.unit() readings band tone/> }.into_any())
}
