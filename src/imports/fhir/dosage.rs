//! The dosage of a prescription in the words of its columns. No part of an instruction is dropped: what has no column stands in the
//! instructions.

use serde::Deserialize;

use super::datatypes::{Concept, Quantity, all_words, cut, line};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Dosage {
    sequence: Option<i64>,
    #[serde(deserialize_with = "super::datatypes::text")]
    text: String,
    #[serde(rename = "modifierExtension")]
    pub modifiers: Vec<serde_json::Value>,
    #[serde(rename = "additionalInstruction")]
    additional: Vec<Concept>,
    #[serde(rename = "patientInstruction")]
    #[serde(deserialize_with = "super::datatypes::text")]
    instruction: String,
    #[serde(rename = "asNeededBoolean")]
    as_needed: bool,
    #[serde(rename = "asNeededCodeableConcept")]
    needed_for: Concept,
    #[serde(rename = "maxDosePerPeriod")]
    most: Ratio,
    #[serde(rename = "maxDosePerAdministration")]
    most_at_once: Quantity,
    #[serde(rename = "maxDosePerLifetime")]
    most_ever: Quantity,
    site: Concept,
    route: Concept,
    method: Concept,
    timing: Timing,
    #[serde(rename = "doseAndRate")]
    dose_and_rate: Vec<DoseAndRate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DoseAndRate {
    #[serde(rename = "doseQuantity")]
    dose: Quantity,
    #[serde(rename = "doseRange")]
    range: Range,
    #[serde(rename = "rateQuantity")]
    rate: Quantity,
    #[serde(rename = "rateRange")]
    rate_range: Range,
    #[serde(rename = "rateRatio")]
    rate_ratio: Ratio,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    event: Vec<String>,
    repeat: Repeat,
    code: Concept,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    low: Quantity,
    high: Quantity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ratio {
    numerator: Quantity,
    denominator: Quantity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Repeat {
    #[serde(rename = "boundsDuration")]
    bounds: Quantity,
    #[serde(rename = "boundsRange")]
    bounds_range: Range,
    #[serde(rename = "boundsPeriod")]
    bounds_period: super::dates::Period,
    count: Option<i64>,
    #[serde(rename = "countMax")]
    count_max: Option<i64>,
    duration: Option<serde_json::Number>,
    #[serde(rename = "durationUnit")]
    duration_unit: String,
    frequency: Option<i64>,
    #[serde(rename = "frequencyMax")]
    frequency_max: Option<i64>,
    period: Option<serde_json::Number>,
    #[serde(rename = "periodMax")]
    period_max: Option<serde_json::Number>,
    #[serde(rename = "periodUnit")]
    unit: String,
    #[serde(rename = "dayOfWeek", deserialize_with = "super::datatypes::texts")]
    days: Vec<String>,
    #[serde(rename = "timeOfDay", deserialize_with = "super::datatypes::texts")]
    times: Vec<String>,
    #[serde(deserialize_with = "super::datatypes::texts")]
    when: Vec<String>,
    offset: Option<i64>,
}

/// Returns the word for a usual abbreviation of a route.
fn route(concept: &Concept) -> String {
    let written = concept.words();
    let words = match written.to_uppercase().as_str() {
        "PO" | "ORAL" => "oral",
        "IV" => "intravenous",
        "IM" => "intramuscular",
        "SC" | "SQ" => "subcutaneous",
        "SL" => "sublingual",
        "IT" => "intrathecal",
        "INH" | "INHALED" => "inhaled",
        "NEB" | "NEBULIZED" => "nebulised",
        "NASAL" => "nasal",
        "PR" => "rectal",
        "TOP" => "topical",
        _ => written,
    };
    line(words)
}

fn number(number: &serde_json::Number) -> String {
    let written = number.to_string();
    written.strip_suffix(".0").unwrap_or(&written).to_owned()
}

/// Returns the words for a code of FHIR's value set of unit of time.
fn unit(code: &str) -> &str {
    match code {
        "s" => "seconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "wk" => "weeks",
        "mo" => "months",
        "a" => "years",
        other => other,
    }
}

/// Returns the words for a code of FHIR's value set `event-timing`.
fn event(code: &str) -> &str {
    match code {
        "MORN" => "in the morning",
        "MORN.early" => "early in the morning",
        "MORN.late" => "late in the morning",
        "NOON" => "at noon",
        "AFT" => "in the afternoon",
        "EVE" => "in the evening",
        "NIGHT" => "at night",
        "PHS" => "after sleep",
        "HS" => "before sleep",
        "WAKE" => "upon waking",
        "C" => "with a meal",
        "CM" => "with breakfast",
        "CD" => "with lunch",
        "CV" => "with dinner",
        "AC" => "before a meal",
        "ACM" => "before breakfast",
        "ACD" => "before lunch",
        "ACV" => "before dinner",
        "PC" => "after a meal",
        "PCM" => "after breakfast",
        "PCD" => "after lunch",
        "PCV" => "after dinner",
        other => other,
    }
}

impl Repeat {
    /// How often, in words.
    fn words(&self) -> String {
        let Some(frequency) = self.frequency.or(self.frequency_max).filter(|times| *times > 0) else {
            // "Every 8 to 12 hours" has a period and no frequency.
            return self.period.as_ref().map(|period| format!("every {} {}", self.periods(period), unit(&self.unit))).unwrap_or_default();
        };
        let more = self.frequency_max.filter(|most| *most > frequency);
        let times = match (frequency, more) {
            (least, Some(most)) => format!("{least}–{most} times"),
            (1, None) => "once".to_owned(),
            (2, None) => "twice".to_owned(),
            (more, None) => format!("{more} times"),
        };
        let period = self.period.as_ref().map_or_else(|| "1".to_owned(), |period| self.periods(period));
        match (self.unit.as_str(), period.as_str()) {
            ("d", "1") if frequency == 24 => "every hour".to_owned(),
            ("d", "1") => format!("{times} a day"),
            ("wk", "1") => format!("{times} a week"),
            ("mo", "1") => format!("{times} a month"),
            ("", _) => times,
            (code, count) if frequency == 1 && more.is_none() => format!("every {count} {}", unit(code)),
            (code, count) => format!("{times} in {count} {}", unit(code)),
        }
    }

    fn periods(&self, least: &serde_json::Number) -> String {
        match &self.period_max {
            Some(most) => format!("{}–{}", number(least), number(most)),
            None => number(least),
        }
    }

    /// When and how long, in words.
    fn more(&self) -> Vec<String> {
        let mut more = Vec::new();
        if !self.days.is_empty() {
            more.push(format!("on {}", self.days.join(", ")));
        }
        if !self.times.is_empty() {
            more.push(format!("at {}", self.times.join(", ")));
        }
        let offset = self.offset.map(|minutes| format!("{minutes} minutes ")).unwrap_or_default();
        more.extend(self.when.iter().map(|code| format!("{offset}{}", event(code))));
        if let Some(duration) = &self.duration {
            more.push(format!("over {} {}", number(duration), unit(&self.duration_unit)));
        }
        if let Some(count) = self.count {
            let most = self.count_max.map(|most| format!("–{most}")).unwrap_or_default();
            more.push(format!("{count}{most} times in all"));
        }
        let bounds = self.bounds.value.as_ref().map(|value| {
            let written = if self.bounds.unit.is_empty() { unit(&self.bounds.code) } else { unit(&self.bounds.unit) };
            format!("for {} {written}", number(value))
        });
        more.extend(bounds);
        more.extend(self.bounds_range.words().map(|words| format!("for {words}")));
        let period = &self.bounds_period;
        if !period.start.is_empty() || !period.end.is_empty() {
            more.push(format!("{} – {}", period.start, period.end));
        }
        more
    }
}

impl Timing {
    /// The frequency in words: from its figures, otherwise from the usual abbreviations, otherwise as it was written.
    fn words(&self) -> String {
        let figures = self.repeat.words();
        if !figures.is_empty() {
            return figures;
        }
        let written = self.code.words();
        let code = if self.code.code().is_empty() { written } else { self.code.code() };
        match code.to_uppercase().as_str() {
            "QD" | "DAILY" => "once a day",
            "BID" => "twice a day",
            "TID" => "3 times a day",
            "QID" => "4 times a day",
            "AM" => "every morning",
            "BED" | "HS" => "at bedtime",
            "Q4H" => "every 4 hours",
            "Q6H" => "every 6 hours",
            "Q8H" => "every 8 hours",
            "WK" => "once a week",
            _ => written,
        }
        .to_owned()
    }
}

impl Range {
    /// "1–2 tablet".
    fn words(&self) -> Option<String> {
        match (self.low.words(), self.high.words()) {
            (Some(low), Some(high)) => Some(format!("{}–{high}", low.split(' ').next().unwrap_or_default())),
            (Some(low), None) => Some(format!("at least {low}")),
            (None, Some(high)) => Some(format!("at most {high}")),
            (None, None) => None,
        }
    }
}

impl Ratio {
    fn words(&self) -> Option<String> {
        Some(format!("{} in {}", self.numerator.words()?, self.denominator.words()?))
    }
}

impl DoseAndRate {
    fn dose(&self) -> Option<String> {
        self.dose.words().or_else(|| self.range.words())
    }

    fn rate(&self) -> Option<String> {
        self.rate.words().or_else(|| self.rate_range.words()).or_else(|| self.rate_ratio.words())
    }
}

impl Dosage {
    /// The amount of a dose in words, as far as its figures say it.
    fn amount(&self) -> Option<String> {
        // Several amounts together are not the dose.
        let [amounts] = self.dose_and_rate.as_slice() else { return None };
        amounts.dose().or_else(|| amounts.rate())
    }

    fn is_infusion(&self) -> bool {
        self.dose_and_rate.first().is_some_and(|amounts| amounts.dose().is_none() && amounts.rate().is_some())
    }

    fn frequency(&self) -> String {
        let timing = self.timing.words();
        if self.is_infusion() && timing.is_empty() { "continuous infusion".to_owned() } else { timing }
    }

    fn is_needed(&self) -> bool {
        self.as_needed || !self.needed_for.words().is_empty()
    }

    /// The most doses a day, where the maximum of a day is counted in the unit of the dose.
    fn most_a_day(&self) -> Option<i64> {
        let is_a_day = matches!(self.most.denominator.code.as_str(), "d") && self.most.denominator.whole(1, 1).is_some();
        let dose = &self.dose_and_rate.first()?.dose;
        let one = dose.unit == self.most.numerator.unit && dose.whole(1, 1).is_some();
        self.most.numerator.whole(1, 48).filter(|_| is_a_day && one && self.is_needed())
    }

    /// Returns what no column holds.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        match self.dose_and_rate.as_slice() {
            [] => {}
            [one] => remarks.extend(one.dose().and(one.rate()).map(|rate| format!("at {rate}"))),
            several => remarks.extend(several.iter().filter_map(|one| one.dose().or_else(|| one.rate()))),
        }
        remarks.extend(self.timing.repeat.more());
        if !self.timing.event.is_empty() {
            remarks.push(self.timing.event.join(", "));
        }
        let needed = self.needed_for.words();
        if !needed.is_empty() {
            remarks.push(format!("For {needed}"));
        }
        if self.most_a_day().is_none() {
            remarks.extend(self.most.words().map(|most| format!("at most {most}")));
        }
        remarks.extend(self.most_at_once.words().map(|most| format!("at most {most} at once")));
        remarks.extend(self.most_ever.words().map(|most| format!("at most {most} in a lifetime")));
        remarks.extend([self.site.words(), self.method.words()].into_iter().filter(|words| !words.is_empty()).map(str::to_owned));
        let additional = all_words(&self.additional, ", ");
        remarks.extend([additional, self.instruction.clone()].into_iter().filter(|words| !words.trim().is_empty()));
        remarks
    }

    /// All that the instruction says, in one sentence: for a prescription with several instructions.
    fn sentence(&self) -> String {
        if !self.text.trim().is_empty() {
            return line(&self.text);
        }
        let parts = [self.amount().unwrap_or_default(), route(&self.route), self.frequency()];
        parts.into_iter().chain(self.remarks()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The columns of a dosage.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub dose: String,
    pub route: String,
    pub frequency: String,
    pub as_needed: bool,
    pub most_a_day: Option<i64>,
    pub instructions: String,
}

/// The longest dose, route and instructions.
const DOSE: usize = 100;
const ROUTE: usize = 60;
const INSTRUCTIONS: usize = 500;

/// Returns the columns of the dosage; `None` when they cannot hold it. Several instructions that follow each other become one text:
/// none of them is the dosage alone.
///
/// A text is never cut, because the end may be the part that says "not".
pub fn columns(dosages: &[Dosage]) -> Option<Columns> {
    let [dosage] = dosages else {
        let mut steps: Vec<&Dosage> = dosages.iter().collect();
        steps.sort_by_key(|step| step.sequence.unwrap_or(i64::MAX));
        let all: Vec<String> = steps.iter().map(|step| step.sentence()).filter(|step| !step.is_empty()).collect();
        let as_needed = !dosages.is_empty() && dosages.iter().all(Dosage::is_needed);
        let route = dosages.first().map(|first| route(&first.route)).unwrap_or_default();
        let same = dosages.iter().all(|step| step.route.words() == dosages.first().map_or("", |first| first.route.words()));
        let route = if same { cut(&route, ROUTE) } else { String::new() };
        return fits(Columns { route, as_needed, instructions: all.join(", "), ..Columns::default() });
    };
    let text = line(&dosage.text);
    let mut remarks = dosage.remarks();
    let (dose, written) = match dosage.amount().filter(|amount| amount.chars().count() <= DOSE) {
        // Text that the structured parts do not contain is kept as it was written.
        Some(dose) => (dose, if text.contains(' ') { text } else { String::new() }),
        None if text.chars().count() <= DOSE => (text, String::new()),
        None => (String::new(), text),
    };
    let mut columns = Columns {
        dose,
        route: route(&dosage.route),
        frequency: dosage.frequency(),
        as_needed: dosage.is_needed(),
        most_a_day: dosage.most_a_day(),
        instructions: String::new(),
    };
    for (column, longest) in [(&mut columns.route, ROUTE), (&mut columns.frequency, DOSE)] {
        if column.chars().count() > longest {
            remarks.insert(0, std::mem::take(column));
        }
    }
    remarks.insert(0, written);
    let remarks: Vec<String> = remarks.iter().map(|remark| line(remark)).filter(|remark| !remark.is_empty()).collect();
    columns.instructions = remarks.join(". ");
    fits(columns)
}

fn fits(mut columns: Columns) -> Option<Columns> {
    for column in [&mut columns.dose, &mut columns.route, &mut columns.frequency, &mut columns.instructions] {
        *column = line(column);
    }
    (columns.instructions.chars().count() <= INSTRUCTIONS).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_in_words() {
        let words = |json: &str| serde_json::from_str::<Repeat>(json).expect("a timing").words();
        assert_eq!(words(r#"{"frequency":1,"period":1,"periodUnit":"d"}"#), "once a day");
        assert_eq!(words(r#"{"frequency":3,"period":1,"periodUnit":"d"}"#), "3 times a day");
        assert_eq!(words(r#"{"frequency":3,"frequencyMax":4,"period":1,"periodUnit":"d"}"#), "3–4 times a day");
        assert_eq!(words(r#"{"frequency":24,"period":1,"periodUnit":"d"}"#), "every hour");
        assert_eq!(words(r#"{"frequency":1,"period":8,"periodUnit":"h"}"#), "every 8 hours");
        assert_eq!(words(r#"{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}"#), "every 4–6 hours");
        assert_eq!(words(r#"{"frequency":1,"period":2.0,"periodUnit":"d"}"#), "every 2 days");
        assert_eq!(words(r#"{"frequency":1,"period":1,"periodUnit":"wk"}"#), "once a week");
        assert_eq!(words("{}"), "");
    }

    fn read(json: &str) -> Columns {
        columns(&serde_json::from_str::<Vec<Dosage>>(json).expect("dosages")).expect("columns")
    }

    #[test]
    fn no_part_of_a_dosage_is_dropped() {
        let prn = read(
            r#"[{"timing":{"repeat":{"frequency":1,"period":6,"periodUnit":"h"}},"asNeededCodeableConcept":{"text":"severe pain"},
            "doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"maxDosePerPeriod":{"numerator":{"value":4,"unit":"tablet"},"denominator":{"value":1,"code":"d"}}}]"#,
        );
        assert_eq!(
            (prn.dose.as_str(), prn.frequency.as_str(), prn.as_needed, prn.most_a_day),
            ("1 tablet", "every 6 hours", true, Some(4))
        );
        assert_eq!(prn.instructions, "For severe pain");
        let range = read(
            r#"[{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablet"}}}],"timing":{"code":{"text":"TID"}}}]"#,
        );
        assert_eq!((range.dose.as_str(), range.frequency.as_str()), ("1–2 tablet", "3 times a day"));
        assert_eq!(read(r#"[{"timing":{"code":{"coding":[{"code":"BID"}]}}}]"#).frequency, "twice a day");
        let taper = read(r#"[{"sequence":2,"text":"then 1 tablet once a day"},{"sequence":1,"text":"3 tablets once a day for 5 days"}]"#);
        assert_eq!((taper.dose.as_str(), taper.frequency.as_str()), ("", ""));
        assert_eq!(taper.instructions, "3 tablets once a day for 5 days, then 1 tablet once a day");
        let text = "Take 2 tablets by mouth every 6 hours with plenty of water for the first 3 days, then stop taking them altogether unless told otherwise";
        let long = read(&format!(r#"[{{"text":"{text}"}}]"#));
        assert_eq!((long.dose.as_str(), long.instructions.as_str()), ("", text), "once and whole");
        let short = read(r#"[{"text":"10 mL bid"}]"#);
        assert_eq!((short.dose.as_str(), short.instructions.as_str()), ("10 mL bid", ""));
        let too_long = format!(r#"[{{"text":"{}"}}]"#, "word ".repeat(200));
        assert!(columns(&serde_json::from_str::<Vec<Dosage>>(&too_long).expect("dosages")).is_none(), "never cut");
        assert_eq!(columns(&[]), Some(Columns::default()));
    }

    #[test]
    fn when_how_long_and_how_fast_stand_in_the_instructions() {
        let timed = read(
            r#"[{"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","when":["ACM"],"offset":30,"dayOfWeek":["mon","thu"],
            "boundsDuration":{"value":5,"code":"d"}}},"doseAndRate":[{"doseQuantity":{"value":40,"unit":"mg"},"rateRatio":{"numerator":{"value":10,"unit":"mL"},
            "denominator":{"value":1,"unit":"h"}}}],"additionalInstruction":[{"text":"with water"}],"site":{"text":"left arm"}}]"#,
        );
        assert_eq!(timed.dose, "40 mg");
        assert_eq!(timed.instructions, "at 10 mL in 1 h. on mon, thu. 30 minutes before breakfast. for 5 days. left arm. with water");
        let infusion = read(r#"[{"doseAndRate":[{"rateQuantity":{"value":5,"unit":"mL/h"}}]}]"#);
        assert_eq!((infusion.dose.as_str(), infusion.frequency.as_str()), ("5 mL/h", "continuous infusion"));
        let several = read(r#"[{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"mg"}},{"doseQuantity":{"value":2,"unit":"mg"}}]}]"#);
        assert_eq!((several.dose.as_str(), several.instructions.as_str()), ("", "1 mg. 2 mg"));
    }
}
