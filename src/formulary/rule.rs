//! The rules by which prescriptions are checked: interactions, ranges of doses, limits of patients, cross-reactions.

use std::collections::BTreeMap;

use super::{Amount, CheckLevel, InteractionLevel, LimitKind, Route, Unit, store};
use crate::{
    core::{
        Error, Result, RuleId, SubstanceGroupId, SubstanceId,
        error::FieldErrors,
        locale::{self, Locale},
        time::Instant,
    },
    db::Tx,
    tr,
};

crate::text_enum! {
    /// The table of a rule.
    pub enum RuleKind("rule") {
        Interaction = "interaction",
        Dose = "dose",
        Limit = "limit",
        CrossReaction = "cross_reaction",
        LookAlike = "look_alike",
        Washout = "washout",
    }
}

/// One side of an interaction: a substance, or each substance of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Substance(SubstanceId),
    Group(SubstanceGroupId),
}

impl Side {
    /// The id by which the two sides of an interaction are ordered.
    pub fn id(self) -> uuid::Uuid {
        match self {
            Self::Substance(id) => id.into(),
            Self::Group(id) => id.into(),
        }
    }
}

/// The state that all rules have.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleState {
    pub version: i64,
    pub source: String,
    pub confirmed_at: Option<Instant>,
    pub confirmed_by: Option<String>,
    pub retired: bool,
}

/// An interaction with the names of its sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    pub id: RuleId,
    pub one: Side,
    pub one_name: String,
    pub other: Side,
    pub other_name: String,
    pub level: InteractionLevel,
    pub text_en: String,
    pub text_es: String,
    pub state: RuleState,
}

impl Interaction {
    /// The consequence, in the reader's language.
    pub fn text(&self) -> &str {
        match locale::current() {
            Locale::es => &self.text_es,
            Locale::en => &self.text_en,
        }
    }
}

/// A range of doses of a substance. The ranges are per kilogram where `per_kg` is set; the maxima never are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseRule {
    pub id: RuleId,
    pub substance: SubstanceId,
    pub figures: DoseFigures,
    pub state: RuleState,
}

/// The figures of a range of doses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseFigures {
    /// Any route without one.
    pub route: Option<Route>,
    /// From this age in days.
    pub from_days: i64,
    /// Below this age in days.
    pub to_days: Option<i64>,
    pub unit: Unit,
    pub per_kg: bool,
    pub dose_low: Option<Amount>,
    pub dose_high: Option<Amount>,
    pub day_low: Option<Amount>,
    pub day_high: Option<Amount>,
    pub dose_max: Option<Amount>,
    pub day_max: Option<Amount>,
}

/// The days of a year, for ages that are typed in years.
const YEAR: i64 = 365;

/// An age in days, in words: "29 days", "2 years".
fn age_words(days: i64) -> String {
    if days >= 2 * YEAR { tr!(formulary.years, count = days / YEAR) } else { tr!(formulary.days, count = days) }
}

impl DoseFigures {
    /// The patients that it is for: "by mouth, from 29 days to below 2 years".
    pub fn who(&self) -> String {
        let route = self.route.map_or_else(|| tr!(formulary.any_route).to_owned(), |route| route.words().to_owned());
        let ages = match (self.from_days, self.to_days) {
            (0, None) => tr!(formulary.all_ages).to_owned(),
            (from, None) => tr!(formulary.age_from, from = age_words(from)),
            (0, Some(to)) => tr!(formulary.age_below, to = age_words(to)),
            (from, Some(to)) => tr!(formulary.age_between, from = age_words(from), to = age_words(to)),
        };
        format!("{route}, {ages}")
    }

    /// The figures in words, each with its unit.
    pub fn words(&self) -> String {
        let unit = if self.per_kg { format!("{}/kg", self.unit.words()) } else { self.unit.words().to_owned() };
        let range = |low: Option<Amount>, high: Option<Amount>| match (low, high) {
            (Some(low), Some(high)) => Some(format!("{} – {} {unit}", low.show(), high.show())),
            (None, Some(high)) => Some(format!("≤ {} {unit}", high.show())),
            (Some(low), None) => Some(format!("≥ {} {unit}", low.show())),
            (None, None) => None,
        };
        let most = |most: Option<Amount>| most.map(|most| format!("{} {}", most.show(), self.unit.words()));
        let parts = [
            range(self.dose_low, self.dose_high).map(|range| tr!(formulary.each_dose, range = range)),
            range(self.day_low, self.day_high).map(|range| tr!(formulary.each_day, range = range)),
            most(self.dose_max).map(|most| tr!(formulary.most_a_dose, most = most)),
            most(self.day_max).map(|most| tr!(formulary.most_a_day, most = most)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// A range of doses as a form or a file describes it.
#[derive(Clone, Debug, Default)]
pub struct DoseTyped {
    pub route: String,
    pub from_days: String,
    pub to_days: String,
    pub unit: String,
    pub per_kg: bool,
    pub dose_low: String,
    pub dose_high: String,
    pub day_low: String,
    pub day_high: String,
    pub dose_max: String,
    pub day_max: String,
}

impl DoseFigures {
    /// Reads the typed range.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all fields that are wrong.
    pub fn read(typed: &DoseTyped) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let route = if typed.route.is_empty() { None } else { errors.chosen::<Route>("route", &typed.route) };
        let mut days = |field: &str, text: &str| match text.trim() {
            "" => None,
            text => match text.parse::<i64>().ok().filter(|days| (0..=55_000).contains(days)) {
                Some(days) => Some(days),
                None => {
                    errors.add(field, tr!(formulary.days_wrong));
                    None
                }
            },
        };
        let from_days = days("from_days", &typed.from_days).unwrap_or(0);
        let to_days = days("to_days", &typed.to_days);
        if to_days.is_some_and(|to| to <= from_days) {
            errors.add("to_days", tr!(formulary.ages_wrong));
        }
        let unit = errors.chosen::<Unit>("unit", &typed.unit);
        if unit.is_some_and(Unit::is_counted) {
            errors.add("unit", tr!(formulary.not_a_measure));
        }
        let mut amount = |field: &str, text: &str| match text.trim() {
            "" => None,
            text => errors.check(Amount::parse(field, text)),
        };
        let (dose_low, dose_high) = (amount("dose_low", &typed.dose_low), amount("dose_high", &typed.dose_high));
        let (day_low, day_high) = (amount("day_low", &typed.day_low), amount("day_high", &typed.day_high));
        let (dose_max, day_max) = (amount("dose_max", &typed.dose_max), amount("day_max", &typed.day_max));
        for (field, low, high) in [("dose_high", dose_low, dose_high), ("day_high", day_low, day_high)] {
            if low.zip(high).is_some_and(|(low, high)| low > high) {
                errors.add(field, tr!(formulary.range_wrong));
            }
        }
        if [&typed.dose_high, &typed.day_high, &typed.dose_max, &typed.day_max].iter().all(|text| text.trim().is_empty()) {
            errors.add("dose_high", tr!(formulary.figure_needed));
        }
        errors.finish()?;
        let unit = unit.ok_or_else(|| Error::invalid("unit", tr!(errors.choose)))?;
        Ok(Self { route, from_days, to_days, unit, per_kg: typed.per_kg, dose_low, dose_high, day_low, day_high, dose_max, day_max })
    }
}

/// A limit of the patient below which a substance needs care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub id: RuleId,
    pub substance: SubstanceId,
    pub kind: LimitKind,
    /// In mL/min or in years, by the kind.
    pub below: i64,
    pub level: CheckLevel,
    pub state: RuleState,
}

impl Limit {
    /// The limit in words: "creatinine clearance below 30 mL/min".
    pub fn words(&self) -> String {
        match self.kind {
            LimitKind::Clearance => tr!(formulary.clearance_below, below = self.below),
            LimitKind::Age => tr!(formulary.years_below, below = self.below),
        }
    }
}

/// The days after its last dose in which a substance still interacts.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Washout {
    pub id: RuleId,
    pub substance_id: SubstanceId,
    /// The name of the substance in the reader's language.
    pub name: String,
    pub days: i64,
    #[sqlx(flatten)]
    pub state: RuleState,
}

/// Returns the days for which each substance still interacts after its last dose, where the formulary knows them.
///
/// # Errors
/// When the database refuses.
pub async fn washout_days(tx: &mut Tx) -> Result<BTreeMap<SubstanceId, i64>> {
    Ok(store::rules::washout_days(tx).await?.into_iter().collect())
}

/// Two allergy groups whose members may cause the same reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossReaction {
    pub id: RuleId,
    pub one: SubstanceGroupId,
    pub one_name: String,
    pub other: SubstanceGroupId,
    pub other_name: String,
    pub level: CheckLevel,
    pub state: RuleState,
}

/// Returns the cross-reactions in use.
///
/// # Errors
/// When the database refuses.
pub async fn cross_reactions(tx: &mut Tx) -> Result<Vec<CrossReaction>> {
    let spanish = locale::current() == Locale::es;
    Ok(store::rules::cross_reactions(tx, spanish).await?.into_iter().filter(|rule| !rule.state.retired).collect())
}

impl CrossReaction {
    /// The names of both groups.
    pub fn names(&self) -> String {
        format!("{} + {}", self.one_name, self.other_name)
    }
}
