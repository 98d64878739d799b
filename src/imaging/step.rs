//! The steps of a study, and the acts that lead from one to the next. The database has the same table (`imaging_moves`).

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The step of a study.
    pub enum ImagingStep("step") {
        /// The signature of the note places the order.
        Draft = "draft" => tr!(imaging.step_draft),
        /// A radiologist decides on the protocol.
        Requested = "requested" => tr!(imaging.step_requested),
        /// The radiologist asks the doctor a question.
        Returned = "returned" => tr!(imaging.step_returned),
        /// It is to be booked.
        Vetted = "vetted" => tr!(imaging.step_vetted),
        Scheduled = "scheduled" => tr!(imaging.step_scheduled),
        Arrived = "arrived" => tr!(imaging.step_arrived),
        Started = "started" => tr!(imaging.step_started),
        Acquired = "acquired" => tr!(imaging.step_acquired),
        Reported = "reported" => tr!(imaging.step_reported),
        /// The patient did not come.
        NoShow = "no_show" => tr!(imaging.step_no_show),
        /// It was begun and ended without images.
        Discontinued = "discontinued" => tr!(imaging.step_discontinued),
        Cancelled = "cancelled" => tr!(imaging.step_cancelled),
    }
}

crate::text_enum! {
    /// An act on a study.
    pub enum ImagingAct("act") {
        /// The order is placed, and a radiologist is to decide.
        Request = "request",
        /// The order is placed, and needs no radiologist; or the radiologist has decided on the protocol.
        Vet = "vet",
        Return = "return",
        /// The doctor answers the radiologist's question.
        Answer = "answer",
        /// Book a slot; a booking is moved by another one.
        Book = "book",
        Unbook = "unbook",
        Arrive = "arrive",
        Start = "start",
        Acquire = "acquire",
        Report = "report",
        NoShow = "no_show",
        Discontinue = "discontinue",
        Cancel = "cancel",
    }
}

impl ImagingStep {
    /// The step's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft => Tone::Reserved,
            Self::Requested | Self::Vetted => Tone::Waiting,
            Self::Returned | Self::NoShow => Tone::Warning,
            Self::Scheduled => Tone::Reserved,
            Self::Arrived | Self::Started | Self::Acquired => Tone::Progress,
            Self::Reported => Tone::Done,
            Self::Discontinued | Self::Cancelled => Tone::Inactive,
        }
    }
}

impl ImagingAct {
    /// Returns the steps that the act leads from, and the step that it leads to.
    pub const fn leads(self) -> (&'static [ImagingStep], ImagingStep) {
        use ImagingStep as S;
        match self {
            Self::Request => (&[S::Draft], S::Requested),
            Self::Vet => (&[S::Draft, S::Requested, S::Returned], S::Vetted),
            Self::Return => (&[S::Requested], S::Returned),
            Self::Answer => (&[S::Returned], S::Requested),
            Self::Book => (&[S::Vetted, S::Scheduled, S::NoShow], S::Scheduled),
            Self::Unbook => (&[S::Scheduled], S::Vetted),
            Self::Arrive => (&[S::Scheduled], S::Arrived),
            Self::Start => (&[S::Arrived], S::Started),
            Self::Acquire => (&[S::Started], S::Acquired),
            Self::Report => (&[S::Acquired], S::Reported),
            Self::NoShow => (&[S::Scheduled], S::NoShow),
            Self::Discontinue => (&[S::Started], S::Discontinued),
            Self::Cancel => (
                &[S::Draft, S::Requested, S::Returned, S::Vetted, S::Scheduled, S::Arrived, S::Started, S::Acquired, S::NoShow],
                S::Cancelled,
            ),
        }
    }

    /// Whether the act fits a step.
    pub fn fits(self, step: ImagingStep) -> bool {
        self.leads().0.contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_but_the_last_ones_leads_on() {
        for step in ImagingStep::ALL {
            let leads_on = ImagingAct::ALL.iter().any(|act| act.fits(*step));
            let is_last = matches!(step, ImagingStep::Reported | ImagingStep::Discontinued | ImagingStep::Cancelled);
            assert_eq!(leads_on, !is_last, "{step}");
        }
    }

    #[test]
    fn the_database_has_the_same_moves() {
        let text = include_str!("../../migrations/sqlite/20261130060100_imaging_orders.sql");
        let list = text.split("(OLD.step || '>' || NEW.step) NOT IN (").nth(1).and_then(|rest| rest.split(')').next()).expect("the moves");
        let mut kept: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
        let mut own: Vec<String> = ImagingAct::ALL
            .iter()
            .flat_map(|act| act.leads().0.iter().filter(|from| **from != act.leads().1).map(|from| format!("{from}>{}", act.leads().1)))
            .collect();
        kept.sort_unstable();
        own.sort_unstable();
        assert_eq!(kept, own);
    }
}
