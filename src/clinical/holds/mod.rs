//! Parts of a note that are held back from the portal, with a reason: what would harm the patient to read alone, and what an adolescent
//! told in confidence. A hold names the part and from whom it is kept. The readers of the portal, of copies and of the visit summary on
//! paper get summaries from which the held parts have been removed where they are read (`chart`); staff reads everything. A prescription, and the
//! results of an order, are held back in the same way; the laboratory, imaging, the pharmacy and copies leave them out in their queries.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
pub(super) mod store;

#[cfg(feature = "ssr")]
pub use acts::{stock_hold, stock_result_hold};
#[cfg(feature = "ssr")]
pub(super) use page::held_page;
#[cfg(feature = "ssr")]
pub(super) use panel::holds_panel;
#[cfg(feature = "ssr")]
pub use store::{held_encounters, is_result_held, unless_held};

#[cfg(feature = "ssr")]
use super::Summary;
use crate::{
    core::{NoteHoldId, PrescriptionId, time::Instant},
    tr,
};

crate::text_enum! {
    /// A part of what is written for a patient: a part of a note, a prescription, or the results of an order.
    pub enum NotePart("part") {
        Reason = "reason" => tr!(clinical.reason),
        History = "history" => tr!(clinical.history),
        Examination = "examination" => tr!(clinical.examination),
        Assessment = "assessment" => tr!(clinical.assessment),
        Plan = "plan" => tr!(clinical.plan),
        Diagnoses = "diagnoses" => tr!(clinical.diagnoses),
        Addenda = "addenda" => tr!(clinical.addenda),
        /// One prescription.
        Prescription = "prescription" => tr!(clinical.prescription),
        /// The results of one order, of the laboratory or of imaging.
        Result = "result" => tr!(clinical.held_result),
    }
}

impl NotePart {
    /// Whether an encounter has one part of this name, which is a part of its note.
    pub const fn is_of_note(self) -> bool {
        !matches!(self, Self::Prescription | Self::Result)
    }
}

crate::text_enum! {
    /// The readers of the portal from whom a part is kept.
    pub enum HiddenFrom("hidden_from") {
        Everybody = "everybody" => tr!(clinical.hidden_everybody),
        Guardians = "guardians" => tr!(clinical.hidden_guardians),
        Patient = "patient" => tr!(clinical.hidden_patient),
    }
}

/// A reader outside the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideReader {
    /// The patient in the own portal.
    Patient,
    /// A person who acts for the patient.
    Guardian,
    /// A sheet that is handed out: nothing that is kept from anybody stands on it.
    Paper,
}

#[cfg(feature = "ssr")]
impl OutsideReader {
    /// The reader of the portal.
    pub fn of_portal(who: &crate::server::Principal) -> Self {
        if who.acts_for().is_some() { Self::Guardian } else { Self::Patient }
    }

    /// The holds that keep something from this reader.
    pub fn kept_by(self) -> impl Iterator<Item = HiddenFrom> {
        HiddenFrom::ALL.iter().copied().filter(move |from| from.hides_from(self))
    }
}

impl HiddenFrom {
    /// Whether a part is kept from this reader.
    pub const fn hides_from(self, reader: OutsideReader) -> bool {
        !matches!((self, reader), (Self::Guardians, OutsideReader::Patient) | (Self::Patient, OutsideReader::Guardian))
    }
}

/// A part that is held back now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteHold {
    pub id: NoteHoldId,
    pub part: NotePart,
    /// The prescription, where the part is one.
    pub prescription: Option<PrescriptionId>,
    pub hidden_from: HiddenFrom,
    pub reason: String,
    pub held_at: Instant,
    /// The name of the person who holds it back.
    pub held_by: String,
}

#[cfg(feature = "ssr")]
impl Summary {
    /// Removes what is held back from this reader, and the holds themselves. The patient learns that something is missing; a person who
    /// acts for the patient does not, because that alone may betray what was told in confidence.
    pub(super) fn without_held(&mut self, reader: OutsideReader) {
        for hold in std::mem::take(&mut self.holds) {
            if !hold.hidden_from.hides_from(reader) {
                continue;
            }
            self.is_shortened |= reader == OutsideReader::Patient;
            let text = self.note.as_mut().map(|note| &mut note.text);
            match (hold.part, text) {
                (NotePart::Reason, _) => self.encounter.reason.clear(),
                (NotePart::Diagnoses, _) => self.diagnoses.clear(),
                (NotePart::Addenda, _) => self.addenda.clear(),
                (NotePart::Prescription, _) => self.prescriptions.retain(|one| Some(one.id) != hold.prescription),
                // Results stand with their orders, where they are read.
                (NotePart::Result, _) => {}
                (NotePart::History, Some(text)) => text.history.clear(),
                (NotePart::Examination, Some(text)) => text.examination.clear(),
                (NotePart::Assessment, Some(text)) => text.assessment.clear(),
                (NotePart::Plan, Some(text)) => text.plan.clear(),
                (_, None) => {}
            }
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{HiddenFrom as H, OutsideReader as R};

    #[test]
    fn a_part_is_kept_from_those_whom_it_names_and_never_handed_out() {
        let kept = |from: H| [R::Patient, R::Guardian, R::Paper].map(|reader| from.hides_from(reader));
        assert_eq!(kept(H::Everybody), [true, true, true]);
        assert_eq!(kept(H::Guardians), [false, true, true]);
        assert_eq!(kept(H::Patient), [true, false, true]);
    }
}
