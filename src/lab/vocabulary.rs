//! The words of the laboratory: specimens, kinds of results, reasons and rules, each with its text for screens.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The material that is examined.
    pub enum Specimen("specimen") {
        Blood = "blood" => tr!(lab.specimen_blood),
        Serum = "serum" => tr!(lab.specimen_serum),
        Plasma = "plasma" => tr!(lab.specimen_plasma),
        Arterial = "arterial" => tr!(lab.specimen_arterial),
        Capillary = "capillary" => tr!(lab.specimen_capillary),
        Urine = "urine" => tr!(lab.specimen_urine),
        Urine24h = "urine_24h" => tr!(lab.specimen_urine_24h),
        Stool = "stool" => tr!(lab.specimen_stool),
        Sputum = "sputum" => tr!(lab.specimen_sputum),
        Csf = "csf" => tr!(lab.specimen_csf),
        Swab = "swab" => tr!(lab.specimen_swab),
        Tissue = "tissue" => tr!(lab.specimen_tissue),
        Fluid = "fluid" => tr!(lab.specimen_fluid),
    }
}

crate::text_enum! {
    /// The shape of a test's result.
    pub enum ResultType("result_type") {
        Quantity = "quantity" => tr!(lab.type_quantity),
        Choice = "choice" => tr!(lab.type_choice),
        Titre = "titre" => tr!(lab.type_titre),
        Text = "text" => tr!(lab.type_text),
        Organism = "organism" => tr!(lab.type_organism),
    }
}

crate::text_enum! {
    /// The shape of one result.
    pub enum ResultKind("kind") {
        Quantity = "quantity",
        Choice = "choice",
        Text = "text",
        /// No value, with the reason.
        Absent = "absent",
    }
}

crate::text_enum! {
    /// The reason why a result has no value.
    pub enum AbsentReason("absent_reason") {
        Insufficient = "insufficient" => tr!(lab.absent_insufficient),
        Haemolysed = "haemolysed" => tr!(lab.absent_haemolysed),
        Invalid = "invalid" => tr!(lab.absent_invalid),
        NotDone = "not_done" => tr!(lab.absent_not_done),
    }
}

crate::text_enum! {
    /// The sex that a reference range is for.
    pub enum RangeSex("sex") {
        Female = "female" => tr!(lab.sex_female),
        Male = "male" => tr!(lab.sex_male),
        Any = "any" => tr!(lab.sex_any),
    }
}

crate::text_enum! {
    /// The condition that a reference range is for.
    pub enum Condition("condition") {
        None = "none" => tr!(lab.condition_none),
        PregnantT1 = "pregnant_t1" => tr!(lab.condition_t1),
        PregnantT2 = "pregnant_t2" => tr!(lab.condition_t2),
        PregnantT3 = "pregnant_t3" => tr!(lab.condition_t3),
        Fasting = "fasting" => tr!(lab.condition_fasting),
    }
}

impl Condition {
    /// Whether a range with it holds only for a sample that says a pregnancy.
    pub const fn is_pregnancy(self) -> bool {
        matches!(self, Self::PregnantT1 | Self::PregnantT2 | Self::PregnantT3)
    }
}

crate::text_enum! {
    /// The trimester of a pregnancy, as a sample says it.
    pub enum Trimester("pregnancy") {
        First = "t1" => tr!(lab.condition_t1),
        Second = "t2" => tr!(lab.condition_t2),
        Third = "t3" => tr!(lab.condition_t3),
    }
}

impl Trimester {
    /// The condition of ranges that hold for it.
    pub const fn condition(self) -> Condition {
        match self {
            Self::First => Condition::PregnantT1,
            Self::Second => Condition::PregnantT2,
            Self::Third => Condition::PregnantT3,
        }
    }
}

crate::text_enum! {
    /// The source of a stated pregnancy.
    pub enum PregnancySource("pregnancy_source") {
        Ultrasound = "ultrasound" => tr!(lab.source_ultrasound),
        Record = "record" => tr!(lab.source_record),
        Patient = "patient" => tr!(lab.source_patient),
    }
}

crate::text_enum! {
    /// Whether the patient has fasted.
    pub enum Fasting("fasting") {
        Yes = "yes" => tr!(lab.fasting_yes),
        No = "no" => tr!(lab.fasting_no),
        Unknown = "unknown" => tr!(lab.fasting_unknown),
    }
}

crate::text_enum! {
    /// The rule by which the patient sees a released result in the portal.
    pub enum PortalRule("portal_rule") {
        AtOnce = "at_once" => tr!(lab.portal_at_once),
        /// When the doctor has signed it.
        AfterReview = "after_review" => tr!(lab.portal_after_review),
        /// Some hours after the release, or when the doctor has signed it.
        AfterHours = "after_hours" => tr!(lab.portal_after_hours),
        /// When the doctor has told the patient.
        InPerson = "in_person" => tr!(lab.portal_in_person),
    }
}

crate::text_enum! {
    /// The proof by which the collector identified the patient.
    pub enum IdentifiedBy("identified_by") {
        Wristband = "wristband" => tr!(lab.by_wristband),
        NameAndBirth = "name_and_birth" => tr!(lab.by_name_and_birth),
        Card = "card" => tr!(lab.by_card),
    }
}

crate::text_enum! {
    /// The place where a sample was taken.
    pub enum Origin("origin") {
        Hospital = "hospital" => tr!(lab.origin_hospital),
        Home = "home" => tr!(lab.origin_home),
        PointOfCare = "point_of_care" => tr!(lab.origin_point_of_care),
        Outside = "outside" => tr!(lab.origin_outside),
    }
}

crate::text_enum! {
    /// The reason why the laboratory rejected a sample.
    pub enum Rejection("rejection") {
        Haemolysed = "haemolysed" => tr!(lab.rejected_haemolysed),
        Clotted = "clotted" => tr!(lab.rejected_clotted),
        Insufficient = "insufficient" => tr!(lab.rejected_insufficient),
        WrongContainer = "wrong_container" => tr!(lab.rejected_wrong_container),
        Unlabelled = "unlabelled" => tr!(lab.rejected_unlabelled),
        Mislabelled = "mislabelled" => tr!(lab.rejected_mislabelled),
        Delayed = "delayed" => tr!(lab.rejected_delayed),
        Contaminated = "contaminated" => tr!(lab.rejected_contaminated),
        Lipaemic = "lipaemic" => tr!(lab.rejected_lipaemic),
        Leaking = "leaking" => tr!(lab.rejected_leaking),
        Other = "other" => tr!(lab.rejected_other),
    }
}

crate::text_enum! {
    /// The way of a call about a critical result.
    pub enum CallHow("how") {
        Phone = "phone" => tr!(lab.how_phone),
        InPerson = "in_person" => tr!(lab.how_in_person),
        Message = "message" => tr!(lab.how_message),
    }
}

crate::text_enum! {
    /// The outcome of a call about a critical result.
    pub enum CallOutcome("outcome") {
        /// The person repeated patient, test and value.
        ReadBack = "read_back" => tr!(lab.outcome_read_back),
        NoReadBack = "no_read_back" => tr!(lab.outcome_no_read_back),
        NotReached = "not_reached" => tr!(lab.outcome_not_reached),
    }
}

crate::text_enum! {
    /// The state of a report.
    pub enum ReportState("state") {
        /// Some results of the requisition are still to come.
        Partial = "partial" => tr!(lab.report_partial),
        Final = "final" => tr!(lab.report_final),
        /// A result that was reported before was corrected.
        Corrected = "corrected" => tr!(lab.report_corrected),
    }
}

crate::text_enum! {
    /// The most urgent flag of a report.
    pub enum Weight("weight") {
        Critical = "critical" => tr!(lab.weight_critical),
        Abnormal = "abnormal" => tr!(lab.weight_abnormal),
        Normal = "normal" => tr!(lab.weight_normal),
    }
}

impl Weight {
    /// The weight's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Critical => Tone::Critical,
            Self::Abnormal => Tone::Warning,
            Self::Normal => Tone::Done,
        }
    }

    /// Minutes within which the doctor signs the report: 30, then 3 days, then 14 days.
    pub const fn minutes(self) -> i64 {
        match self {
            Self::Critical => 30,
            Self::Abnormal => 3 * 24 * 60,
            Self::Normal => 14 * 24 * 60,
        }
    }
}

crate::text_enum! {
    /// The state of a doctor's review.
    pub enum ReviewState("state") {
        New = "new" => tr!(lab.review_new),
        Seen = "seen" => tr!(lab.review_seen),
        Signed = "signed" => tr!(lab.review_signed),
        /// A later report came before the signature.
        Replaced = "replaced" => tr!(lab.review_replaced),
    }
}

crate::text_enum! {
    /// The doctor's action on a report.
    pub enum ReviewAction("action") {
        None = "none" => tr!(lab.action_none),
        PatientTold = "patient_told" => tr!(lab.action_patient_told),
        Repeat = "repeat" => tr!(lab.action_repeat),
        FollowUp = "follow_up" => tr!(lab.action_follow_up),
        Refer = "refer" => tr!(lab.action_refer),
    }
}
