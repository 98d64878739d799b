//! Finds parts of a dosage that contradict each other: two fields, or the free text and a field.

use super::{Dosage, Frequency};
use crate::tr;

impl Frequency {
    /// The number of doses in a day; `None` where the medicine is not taken every day.
    const fn per_day(self) -> Option<i64> {
        match self {
            Self::OnceAWeek | Self::Once => None,
            other => Some(other.times_in_days().0),
        }
    }

    const fn counts_hours(self) -> bool {
        matches!(self, Self::Every4Hours | Self::Every6Hours | Self::Every8Hours | Self::Every12Hours)
    }
}

/// A frequency read from free text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    PerDay(i64),
    OnceAWeek,
}

impl Dosage {
    /// Returns the fields that contradict each other: the name of the field to correct, and the reason.
    pub fn contradictions(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let frequency = self.frequency.parse::<Frequency>().ok();
        if self.max_per_day.is_some() && !self.as_needed {
            found.push(("max_per_day", tr!(clinical.most_without_need).to_owned()));
        }
        let Some(frequency) = frequency else { return found };
        if self.as_needed && matches!(frequency, Frequency::EveryMorning | Frequency::AtBedtime) {
            found.push(("as_needed", tr!(clinical.need_at_fixed_time, frequency = frequency.words())));
        }
        if let (Some(most), Some(times), true) = (self.max_per_day, frequency.per_day(), self.as_needed)
            && (most > times || (most < times && !frequency.counts_hours()))
        {
            found.push(("max_per_day", tr!(clinical.most_against_frequency, most = most, frequency = frequency.words())));
        }
        match (frequency, self.days) {
            (Frequency::Once, Some(days)) if days > 1 => found.push(("days", tr!(clinical.once_for_days, days = days))),
            (Frequency::OnceAWeek, Some(days)) if days < 7 => found.push(("days", tr!(clinical.weekly_for_days, days = days))),
            _ => (),
        }
        found
    }

    /// Returns a sentence for each place where the text of dose and instructions contradicts the fields. Reads English
    /// and Spanish.
    pub fn text_against_fields(&self) -> Vec<String> {
        let text = format!("{} . {}", self.dose, self.instructions);
        let words = read(&text);
        let mut found = Vec::new();
        if let (Some(said), Ok(frequency)) = (frequency_in(&words), self.frequency.parse::<Frequency>()) {
            let field = if frequency == Frequency::OnceAWeek { Some(Said::OnceAWeek) } else { frequency.per_day().map(Said::PerDay) };
            if field.is_some_and(|field| field != said) {
                found.push(tr!(clinical.text_against_frequency, frequency = frequency.words()));
            }
        }
        if let (Some(said), Some(days)) = (days_in(&words), self.days)
            && said != days
        {
            found.push(tr!(clinical.text_against_days, said = said, days = days));
        }
        if !self.as_needed && says_as_needed(&words) {
            found.push(tr!(clinical.text_as_needed).to_owned());
        }
        found
    }
}

/// Returns the words of the text in lower case without accents, with numbers as digits.
fn read(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|letter| match letter {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' => 'u',
            'ñ' => 'n',
            other => other,
        })
        .collect();
    plain
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| number(word).unwrap_or(word).to_owned())
        .collect()
}

fn number(word: &str) -> Option<&'static str> {
    Some(match word {
        "one" | "un" | "una" | "uno" | "once" => "1",
        "two" | "dos" | "twice" => "2",
        "three" | "tres" | "thrice" => "3",
        "four" | "cuatro" => "4",
        "six" | "seis" => "6",
        "seven" | "siete" => "7",
        "eight" | "ocho" => "8",
        "ten" | "diez" => "10",
        "twelve" | "doce" => "12",
        _ => return None,
    })
}

fn frequency_in(words: &[String]) -> Option<Said> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    (0..words.len()).find_map(|at| {
        let short = match word(at) {
            "bid" | "bd" => Some(2),
            "tid" | "tds" => Some(3),
            "qid" | "qds" => Some(4),
            _ => None,
        };
        if let Some(times) = short {
            return Some(Said::PerDay(times));
        }
        // `every 8 hours`, `cada 8 horas`.
        if matches!(word(at), "every" | "cada") && matches!(word(at + 2), "hours" | "hour" | "hrs" | "h" | "horas" | "hora") {
            return word(at + 1)
                .parse()
                .ok()
                .filter(|hours| (1..=24).contains(hours) && 24 % hours == 0)
                .map(|hours: i64| Said::PerDay(24 / hours));
        }
        let times: i64 = word(at).parse().ok().filter(|times| (1..=6).contains(times))?;
        let after = if matches!(word(at + 1), "times" | "time" | "veces" | "vez" | "x") { at + 2 } else { at + 1 };
        let a = if matches!(word(after), "a" | "per" | "each" | "al" | "por" | "every" | "cada") { after + 1 } else { after };
        // Accepts `1 a day`, but not `1 day`: a frequency needs a number of times, or an article.
        match word(a) {
            "daily" => Some(Said::PerDay(times)),
            "day" | "dia" if a > at + 1 => Some(Said::PerDay(times)),
            "week" | "semana" if a > at + 1 && times == 1 => Some(Said::OnceAWeek),
            "weekly" if times == 1 => Some(Said::OnceAWeek),
            _ => None,
        }
    })
}

fn days_in(words: &[String]) -> Option<i64> {
    words.windows(3).find_map(|three| match three {
        [before, count, unit] if matches!(before.as_str(), "for" | "durante" | "por") => {
            let count: i64 = count.parse().ok()?;
            match unit.as_str() {
                "day" | "days" | "dia" | "dias" => Some(count),
                "week" | "weeks" | "semana" | "semanas" => Some(count * 7),
                _ => None,
            }
        }
        _ => None,
    })
}

fn says_as_needed(words: &[String]) -> bool {
    let text = format!(" {} ", words.join(" "));
    [
        " prn ",
        " as needed ",
        " if needed ",
        " when needed ",
        " if required ",
        " si es necesario ",
        " si necesita ",
        " si precisa ",
        " segun necesidad ",
    ]
    .iter()
    .any(|said| text.contains(said))
}
