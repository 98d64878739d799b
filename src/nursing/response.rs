//! The answer to a set of observations: when the next one is due, and whether somebody must come.
//!
//! Intervals are those of the Royal College of Physicians (National Early Warning Score 2, December 2017, chart 4: clinical response to the
//! trigger thresholds): 0 every 12 hours at least, 1 to 4 every 4 to 6 hours, 3 in a single value and 5 or more every hour, 7 or more
//! continuously. The other numbers are our own defaults: continuous observation is recorded every 30 minutes, a set without a score is
//! repeated after 4 hours and an incomplete one after 30 minutes, the first set is taken within 30 minutes, and people answer within the
//! minutes of [`answer_minutes`].
//!
//! Children are scored by an assessment with the Brighton score (Monaghan A. Paediatr Nurs 2005;17(1):32-35). Its thresholds here are our own
//! defaults: 3 every hour, 4 the doctor, 5 or more or a single 3 an emergency, observed as an adult's.

use chrono::Duration;

use super::vocabulary::{EscalationCause, Unscored};
use crate::{
    core::time::Instant,
    opd::{News2, Risk, vitals::ADULT_MONTHS},
    tr,
    ui::Tone,
};

/// Minutes after which the next set is due, and after which it is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextSet {
    pub due: i64,
    pub late: i64,
}

/// Minutes from the admission to the first set.
const FIRST: i64 = 30;
/// Hours from the end of a stop to the next set.
const AFTER_STOP: i64 = 4;

const fn at_once_late(minutes: i64) -> NextSet {
    NextSet { due: minutes, late: minutes }
}

/// Returns the interval that a score requires.
pub const fn after_score(score: News2) -> NextSet {
    match score.risk() {
        Risk::High => at_once_late(30),
        Risk::Medium | Risk::LowMedium => at_once_late(60),
        Risk::Low if score.total == 0 => at_once_late(12 * 60),
        Risk::Low => NextSet { due: 4 * 60, late: 6 * 60 },
    }
}

/// The score of a child (PEWS), from the last assessment with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Pews {
    pub total: i64,
    /// A single answer scores 3.
    pub single_red: bool,
}

impl Pews {
    /// Returns the tone of the score's badge.
    pub const fn tone(self) -> Tone {
        pews_tone(self)
    }

    /// Returns the score with the age band of the child: `PEWS 5 · 3 to 5 years`.
    pub fn words(self, months: i64) -> String {
        let score = tr!(nursing.pews_of, score = self.total);
        match age_band(months) {
            Some(band) => format!("{score} · {band}"),
            None => score,
        }
    }
}

/// Returns the age band by which the values of a child are judged, in words; `None` from the age at which the adult score applies. The bands are those
/// of the usual values (`opd::Measure::usual`).
pub fn age_band(months: i64) -> Option<&'static str> {
    match months {
        ..1 => Some(tr!(nursing.band_newborn)),
        1..12 => Some(tr!(nursing.band_infant)),
        12..36 => Some(tr!(nursing.band_toddler)),
        36..72 => Some(tr!(nursing.band_preschool)),
        72..120 => Some(tr!(nursing.band_school)),
        120..144 => Some(tr!(nursing.band_preteen)),
        144..ADULT_MONTHS => Some(tr!(nursing.band_teen)),
        _ => None,
    }
}

/// Returns the interval that a child's score requires.
pub const fn after_pews(score: Pews) -> NextSet {
    match score {
        Pews { total: 5.., .. } | Pews { single_red: true, .. } => at_once_late(30),
        Pews { total: 3.., .. } => at_once_late(60),
        _ => NextSet { due: 4 * 60, late: 6 * 60 },
    }
}

/// Returns the interval after a set without a score: that of a child's score, where there is one. After a refusal the interval of the last score
/// counts from the refusal.
pub const fn after_unscored(why: Unscored, last: Option<News2>, pews: Option<Pews>) -> NextSet {
    match (why, last, pews) {
        (Unscored::Partial, ..) => at_once_late(30),
        (Unscored::Refused, Some(score), _) => after_score(score),
        (Unscored::Child | Unscored::Refused, _, Some(score)) => after_pews(score),
        _ => NextSet { due: 4 * 60, late: 6 * 60 },
    }
}

/// The last set of an admission, as far as the next one follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSet {
    pub taken_at: Instant,
    /// The score, or why there is none.
    pub score: Result<News2, Unscored>,
    /// The last score before it.
    pub before: Option<News2>,
    pub pews: Option<Pews>,
}

/// The parts of a plan that change the time of the next set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlannedTimes {
    /// Minutes between two sets, instead of those that follow from the score.
    pub interval: Option<i64>,
    pub stopped_until: Option<Instant>,
}

/// When the next set is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextDue {
    pub at: Instant,
    pub late_at: Instant,
}

/// Returns when the next set is due. Times count from when the last set was taken, not from when it was entered.
pub fn next_due(last: Option<LastSet>, plan: PlannedTimes, admitted_at: Instant) -> NextDue {
    let minutes =
        |from: Instant, next: NextSet| NextDue { at: from + Duration::minutes(next.due), late_at: from + Duration::minutes(next.late) };
    let Some(last) = last else {
        return match plan.stopped_until.filter(|until| *until > admitted_at) {
            Some(until) => minutes(until, at_once_late(AFTER_STOP * 60)),
            None => minutes(admitted_at, at_once_late(FIRST)),
        };
    };
    if let Some(until) = plan.stopped_until.filter(|until| *until > last.taken_at) {
        return minutes(until, at_once_late(AFTER_STOP * 60));
    }
    let by_score = match last.score {
        Ok(score) => after_score(score),
        Err(why) => after_unscored(why, last.before, last.pews),
    };
    match (plan.interval, last.score) {
        // An incomplete set is completed soon, whatever the plan says.
        (Some(interval), Ok(_) | Err(Unscored::Child | Unscored::Pregnant | Unscored::Refused | Unscored::Error)) => {
            minutes(last.taken_at, at_once_late(interval))
        }
        _ => minutes(last.taken_at, by_score),
    }
}

/// Returns why and at which level somebody must come: 1 is the ward's doctor, 2 is urgent, 3 is an emergency.
pub const fn escalation(score: News2, worried: bool) -> Option<(EscalationCause, i64)> {
    match score.risk() {
        Risk::High => Some((EscalationCause::Score, 3)),
        Risk::Medium => Some((EscalationCause::Score, 2)),
        Risk::LowMedium => Some((EscalationCause::Single, 1)),
        Risk::Low if worried => Some((EscalationCause::Worry, 1)),
        Risk::Low => None,
    }
}

/// Returns why and at which level somebody must come to a child with this score.
pub const fn child_escalation(score: Pews) -> Option<(EscalationCause, i64)> {
    match score {
        Pews { total: 5.., .. } => Some((EscalationCause::Score, 3)),
        Pews { single_red: true, .. } => Some((EscalationCause::Single, 3)),
        Pews { total: 4, .. } => Some((EscalationCause::Score, 1)),
        Pews { .. } => None,
    }
}

/// Returns the tone of a child's score.
pub const fn pews_tone(score: Pews) -> Tone {
    match child_escalation(score) {
        Some((_, 2..)) => Tone::Critical,
        Some(_) => Tone::Warning,
        None => Tone::Done,
    }
}

/// Returns the minutes within which somebody must have attended, by the level (our own default).
pub const fn answer_minutes(level: i64) -> i64 {
    if level >= 3 { 30 } else { 60 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn scored(total: i64, single_red: bool) -> News2 {
        News2 { total, single_red }
    }

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn intervals_and_answers_follow_the_thresholds() {
        for (total, single, due, late, level) in [
            (0, false, 720, 720, None),
            (1, false, 240, 360, None),
            (4, false, 240, 360, None),
            (3, true, 60, 60, Some((EscalationCause::Single, 1))),
            (4, true, 60, 60, Some((EscalationCause::Single, 1))),
            (5, false, 60, 60, Some((EscalationCause::Score, 2))),
            (6, true, 60, 60, Some((EscalationCause::Score, 2))),
            (7, false, 30, 30, Some((EscalationCause::Score, 3))),
            (20, true, 30, 30, Some((EscalationCause::Score, 3))),
        ] {
            let score = scored(total, single);
            assert_eq!(after_score(score), NextSet { due, late }, "{total}");
            assert_eq!(escalation(score, false), level, "{total}");
        }
        assert_eq!(escalation(scored(0, false), true), Some((EscalationCause::Worry, 1)));
        assert_eq!(escalation(scored(7, false), true), Some((EscalationCause::Score, 3)), "worry never lowers the level");
        assert_eq!([1, 2, 3].map(answer_minutes), [60, 60, 30]);
    }

    #[test]
    fn a_childs_score_shortens_the_interval_and_calls() {
        for (total, single_red, due, level) in [
            (0, false, 240, None),
            (2, false, 240, None),
            (3, false, 60, None),
            (3, true, 30, Some((EscalationCause::Single, 3))),
            (4, false, 60, Some((EscalationCause::Score, 1))),
            (4, true, 30, Some((EscalationCause::Single, 3))),
            (5, false, 30, Some((EscalationCause::Score, 3))),
            (11, true, 30, Some((EscalationCause::Score, 3))),
        ] {
            let score = Pews { total, single_red };
            assert_eq!(after_unscored(Unscored::Child, None, Some(score)).due, due, "{score:?}");
            assert_eq!(after_unscored(Unscored::Refused, None, Some(score)).due, due, "{score:?}");
            assert_eq!(child_escalation(score), level, "{score:?}");
        }
        assert_eq!(after_unscored(Unscored::Child, None, None).due, 240);
    }

    #[test]
    fn the_next_set_counts_from_when_the_last_one_was_taken() {
        let (admitted, taken) = (at("2026-11-21T08:00:00Z"), at("2026-11-21T09:00:00Z"));
        let last = |score| Some(LastSet { taken_at: taken, score, before: Some(scored(5, false)), pews: None });
        let none = PlannedTimes::default();
        let due = |last, plan| next_due(last, plan, admitted).at;
        assert_eq!(due(None, none), at("2026-11-21T08:30:00Z"));
        assert_eq!(due(last(Ok(scored(0, false))), none), at("2026-11-21T21:00:00Z"));
        assert_eq!(due(last(Ok(scored(7, false))), none), at("2026-11-21T09:30:00Z"));
        assert_eq!(due(last(Err(Unscored::Child)), none), at("2026-11-21T13:00:00Z"));
        assert_eq!(due(last(Err(Unscored::Partial)), none), at("2026-11-21T09:30:00Z"));
        assert_eq!(due(last(Err(Unscored::Refused)), none), at("2026-11-21T10:00:00Z"), "the last score's interval from the refusal");
        let planned = PlannedTimes { interval: Some(120), stopped_until: None };
        assert_eq!(due(last(Ok(scored(0, false))), planned), at("2026-11-21T11:00:00Z"));
        assert_eq!(due(last(Err(Unscored::Partial)), planned), at("2026-11-21T09:30:00Z"));
        let stopped = PlannedTimes { interval: Some(120), stopped_until: Some(at("2026-11-21T20:00:00Z")) };
        assert_eq!(due(last(Ok(scored(7, false))), stopped), at("2026-11-22T00:00:00Z"), "four hours after the stop");
        assert_eq!(due(None, stopped), at("2026-11-22T00:00:00Z"));
        let over = PlannedTimes { stopped_until: Some(at("2026-11-21T08:30:00Z")), ..none };
        assert_eq!(due(last(Ok(scored(0, false))), over), at("2026-11-21T21:00:00Z"), "a set was taken after the stop");
        let late = next_due(last(Ok(scored(2, false))), none, admitted).late_at;
        assert_eq!(late, at("2026-11-21T15:00:00Z"));
    }
}
