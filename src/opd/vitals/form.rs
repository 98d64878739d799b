//! The data that the vitals form sends: text, as it was typed.

use serde::{Deserialize, Serialize};

use super::{AgeGroup, Measure, VitalSigns};
use crate::core::{Result, form};

/// The fields, each named like its measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VitalsForm {
    pub temperature: String,
    pub pulse: String,
    pub respiration: String,
    pub systolic: String,
    pub diastolic: String,
    pub spo2: String,
    pub oxygen: String,
    pub consciousness: String,
    pub weight: String,
    pub height: String,
    pub pain: String,
    pub glucose: String,
    pub head: String,
    pub note: String,
    /// The age group that the nurse stated for a patient whose birth date is unknown.
    pub age_group: String,
}

impl VitalsForm {
    /// Returns the text typed for a measure.
    pub fn typed(&self, measure: Measure) -> &str {
        match measure {
            Measure::Temperature => &self.temperature,
            Measure::Pulse => &self.pulse,
            Measure::Respiration => &self.respiration,
            Measure::Systolic => &self.systolic,
            Measure::Diastolic => &self.diastolic,
            Measure::Spo2 => &self.spo2,
            Measure::Oxygen => &self.oxygen,
            Measure::Weight => &self.weight,
            Measure::Height => &self.height,
            Measure::Pain => &self.pain,
            Measure::Glucose => &self.glucose,
            Measure::Head => &self.head,
        }
    }

    /// Returns the stated age group, if any.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] for an unknown word.
    pub fn age_group(&self) -> Result<Option<AgeGroup>> {
        if self.age_group.trim().is_empty() { Ok(None) } else { form::chosen("age_group", &self.age_group).map(Some) }
    }

    /// Returns the values and the note. Values typed in another unit are converted; the caller asks before recording
    /// them.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] with every field that is wrong.
    pub fn parse(&self) -> Result<(VitalSigns, String)> {
        let signs = VitalSigns::parse(|measure| self.typed(measure), &self.consciousness)?;
        Ok((signs, form::text("note", &self.note, 500)?))
    }
}
