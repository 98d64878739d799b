//! The words of imaging: modalities, sides, questions of safety and their answers, each with its text for screens.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The kind of device, in the code strings of DICOM (PS3.3 C.7.3.1.1.1).
    pub enum Modality("modality") {
        Cr = "CR" => tr!(imaging.modality_cr),
        Dx = "DX" => tr!(imaging.modality_dx),
        Ct = "CT" => tr!(imaging.modality_ct),
        Mr = "MR" => tr!(imaging.modality_mr),
        Us = "US" => tr!(imaging.modality_us),
        Mg = "MG" => tr!(imaging.modality_mg),
        Xa = "XA" => tr!(imaging.modality_xa),
        Rf = "RF" => tr!(imaging.modality_rf),
        Nm = "NM" => tr!(imaging.modality_nm),
        Pt = "PT" => tr!(imaging.modality_pt),
        Ecg = "ECG" => tr!(imaging.modality_ecg),
    }
}

crate::text_enum! {
    /// The side of the body.
    pub enum BodySide("side") {
        None = "none" => tr!(imaging.side_none),
        Left = "left" => tr!(imaging.side_left),
        Right = "right" => tr!(imaging.side_right),
        Both = "both" => tr!(imaging.side_both),
    }
}

crate::text_enum! {
    /// The way by which contrast is given.
    pub enum ContrastRoute("contrast") {
        None = "none" => tr!(imaging.contrast_none),
        Iv = "iv" => tr!(imaging.contrast_iv),
        Oral = "oral" => tr!(imaging.contrast_oral),
        Rectal = "rectal" => tr!(imaging.contrast_rectal),
    }
}

crate::text_enum! {
    /// A question that is asked before images are made. "No" is the safe answer to each.
    pub enum SafetyQuestion("question") {
        Pregnancy = "pregnancy" => tr!(imaging.question_pregnancy),
        /// An earlier reaction to contrast.
        ContrastReaction = "contrast_reaction" => tr!(imaging.question_contrast_reaction),
        /// A risk for the kidneys.
        Kidney = "kidney" => tr!(imaging.question_kidney),
        /// A pacemaker, a clip, a metal splinter.
        Implants = "implants" => tr!(imaging.question_implants),
    }
}

crate::text_enum! {
    /// The answer to a question of safety.
    pub enum SafetyAnswer("answer") {
        No = "no" => tr!(imaging.answer_no),
        Yes = "yes" => tr!(imaging.answer_yes),
        Possible = "possible" => tr!(imaging.answer_possible),
        Unknown = "unknown" => tr!(imaging.answer_unknown),
    }
}

crate::text_enum! {
    /// The time within which a critical finding is called: the three categories of the American College of Radiology's practice parameter for
    /// the communication of imaging findings (2020) as minutes, hours and days.
    pub enum CallWithin("within") {
        Minutes60 = "minutes_60" => tr!(imaging.within_60),
        Hours24 = "hours_24" => tr!(imaging.within_24),
        Days7 = "days_7" => tr!(imaging.within_7),
    }
}

crate::text_enum! {
    /// The state of a version of a report.
    pub enum RadiologyReportState("state") {
        Draft = "draft" => tr!(imaging.report_draft),
        Final = "final" => tr!(imaging.report_final),
    }
}

impl SafetyAnswer {
    /// The answer's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::No => Tone::Done,
            Self::Yes => Tone::Critical,
            Self::Possible | Self::Unknown => Tone::Warning,
        }
    }
}

impl CallWithin {
    /// The time in minutes.
    pub const fn minutes(self) -> i64 {
        match self {
            Self::Minutes60 => 60,
            Self::Hours24 => 24 * 60,
            Self::Days7 => 7 * 24 * 60,
        }
    }
}
