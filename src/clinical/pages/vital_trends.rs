//! Vital signs drawn as small multiples, each with its usual band for the patient's age.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    core::time::{self, Zone},
    opd::{Measure, News2, VitalSigns, Vitals},
    tr,
    ui::{Reading, Sparkline, StatusBadge, Tone},
};

/// What is drawn, in the order of the bedside.
const DRAWN: [Measure; 7] =
    [Measure::Systolic, Measure::Pulse, Measure::Temperature, Measure::Spo2, Measure::Respiration, Measure::Weight, Measure::Glucose];

/// The early-warning score of the latest set, as a badge.
pub fn score(vitals: &[Vitals]) -> Option<AnyView> {
    let score = News2::from_total(vitals.first()?.news2?);
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

/// What is unusual in the latest set, in words.
pub fn flags(vitals: &[Vitals], months: Option<i64>) -> Option<AnyView> {
    let flags = vitals.first()?.signs.flags(months?);
    let badges = flags.into_iter().map(|flag| view! { <li><StatusBadge tone=Tone::Warning label=flag.words()/></li> }).collect_view();
    Some(view! { <ul class="cluster cluster--tight">{badges}</ul> }.into_any())
}

/// The values of a set as bedside charts write them: name, value, unit.
pub fn values(signs: &VitalSigns) -> Vec<(&'static str, String, &'static str)> {
    Measure::ALL
        .iter()
        .filter(|measure| **measure != Measure::Diastolic)
        .filter_map(|measure| {
            let value = measure.show(signs.get(*measure)?);
            Some(match (measure, signs.diastolic) {
                (Measure::Systolic, Some(diastolic)) => {
                    (tr!(clinical.blood_pressure), format!("{value}/{}", Measure::Diastolic.show(diastolic)), measure.unit())
                }
                (Measure::Pain, _) => (measure.words(), format!("{value}/10"), ""),
                _ => (measure.words(), value, measure.unit()),
            })
        })
        .collect()
}

/// The trends; `vitals` has the latest first. Measures that were never taken are left out.
pub fn trends(vitals: &[Vitals], months: Option<i64>, zone: Zone, today: NaiveDate) -> AnyView {
    let charts = DRAWN.iter().filter_map(|measure| trend(vitals, *measure, months, zone, today)).collect_view();
    view! { <div class="trends">{charts}</div> }.into_any()
}

fn trend(vitals: &[Vitals], measure: Measure, months: Option<i64>, zone: Zone, today: NaiveDate) -> Option<AnyView> {
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
    let last = vitals.iter().find_map(|set| set.signs.get(measure))?;
    let usual = months.and_then(|months| measure.usual(months));
    let tone = usual.filter(|(low, high)| last < *low || last > *high).map(|_| Tone::Warning);
    let band = usual.map(|(low, high)| (measure.number(low), measure.number(high)));
    let label = if measure == Measure::Systolic { tr!(clinical.blood_pressure) } else { measure.words() };
    Some(view! { <Sparkline label unit=measure.unit() readings band tone/> }.into_any())
}
