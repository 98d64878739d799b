//! The words of the formulary: forms, units, routes, and the levels of warnings.

use crate::tr;

crate::text_enum! {
    /// The pharmaceutical form of a drug.
    pub enum DrugForm("form") {
        Tablet = "tablet" => tr!(formulary.form_tablet),
        ProlongedTablet = "prolonged_tablet" => tr!(formulary.form_prolonged_tablet),
        DispersibleTablet = "dispersible_tablet" => tr!(formulary.form_dispersible_tablet),
        ChewableTablet = "chewable_tablet" => tr!(formulary.form_chewable_tablet),
        OrodispersibleTablet = "orodispersible_tablet" => tr!(formulary.form_orodispersible_tablet),
        SublingualTablet = "sublingual_tablet" => tr!(formulary.form_sublingual_tablet),
        GastroResistantTablet = "gastro_resistant_tablet" => tr!(formulary.form_gastro_resistant_tablet),
        Capsule = "capsule" => tr!(formulary.form_capsule),
        ProlongedCapsule = "prolonged_capsule" => tr!(formulary.form_prolonged_capsule),
        GastroResistantCapsule = "gastro_resistant_capsule" => tr!(formulary.form_gastro_resistant_capsule),
        OralSolution = "oral_solution" => tr!(formulary.form_oral_solution),
        OralSuspension = "oral_suspension" => tr!(formulary.form_oral_suspension),
        OralDrops = "oral_drops" => tr!(formulary.form_oral_drops),
        OralPowder = "oral_powder" => tr!(formulary.form_oral_powder),
        Injection = "injection" => tr!(formulary.form_injection),
        PowderForInjection = "powder_for_injection" => tr!(formulary.form_powder_for_injection),
        Infusion = "infusion" => tr!(formulary.form_infusion),
        PrefilledSyringe = "prefilled_syringe" => tr!(formulary.form_prefilled_syringe),
        Inhaler = "inhaler" => tr!(formulary.form_inhaler),
        PowderInhaler = "powder_inhaler" => tr!(formulary.form_powder_inhaler),
        NebuliserSolution = "nebuliser_solution" => tr!(formulary.form_nebuliser_solution),
        Cream = "cream" => tr!(formulary.form_cream),
        Ointment = "ointment" => tr!(formulary.form_ointment),
        Gel = "gel" => tr!(formulary.form_gel),
        Lotion = "lotion" => tr!(formulary.form_lotion),
        Patch = "patch" => tr!(formulary.form_patch),
        EyeDrops = "eye_drops" => tr!(formulary.form_eye_drops),
        EyeOintment = "eye_ointment" => tr!(formulary.form_eye_ointment),
        EarDrops = "ear_drops" => tr!(formulary.form_ear_drops),
        NasalSpray = "nasal_spray" => tr!(formulary.form_nasal_spray),
        Suppository = "suppository" => tr!(formulary.form_suppository),
        Pessary = "pessary" => tr!(formulary.form_pessary),
        Enema = "enema" => tr!(formulary.form_enema),
        Mouthwash = "mouthwash" => tr!(formulary.form_mouthwash),
    }
}

crate::text_enum! {
    /// A sentence of a label beside the directions. The patient reads it in the own language.
    pub enum Caution("cautions") {
        Drowsy = "drowsy" => tr!(formulary.caution_drowsy),
        NoAlcohol = "no_alcohol" => tr!(formulary.caution_no_alcohol),
        WithFood = "with_food" => tr!(formulary.caution_with_food),
        EmptyStomach = "empty_stomach" => tr!(formulary.caution_empty_stomach),
        WithWater = "with_water" => tr!(formulary.caution_with_water),
        SwallowWhole = "swallow_whole" => tr!(formulary.caution_swallow_whole),
        NoAntacids = "no_antacids" => tr!(formulary.caution_no_antacids),
        FinishCourse = "finish_course" => tr!(formulary.caution_finish_course),
        DoNotStop = "do_not_stop" => tr!(formulary.caution_do_not_stop),
        AvoidSun = "avoid_sun" => tr!(formulary.caution_avoid_sun),
        RinseMouth = "rinse_mouth" => tr!(formulary.caution_rinse_mouth),
        Shake = "shake" => tr!(formulary.caution_shake),
        External = "external" => tr!(formulary.caution_external),
    }
}

#[cfg(feature = "ssr")]
impl Caution {
    /// The cautions as the database has them: their words with a blank between.
    pub fn stored(cautions: &[Self]) -> String {
        cautions.iter().copied().map(Self::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Reads the cautions that the database has. A word that this version does not know is left out.
    pub fn read(stored: &str) -> Vec<Self> {
        stored.split(' ').filter_map(|word| word.parse().ok()).collect()
    }
}

crate::text_enum! {
    /// A unit of a strength or a dose: a measure, or something that is counted.
    pub enum Unit("unit") {
        Milligram = "mg" => tr!(formulary.unit_mg),
        Gram = "g" => tr!(formulary.unit_g),
        Microgram = "microgram" => tr!(formulary.unit_microgram),
        InternationalUnit = "IU" => tr!(formulary.unit_iu),
        Millimole = "mmol" => tr!(formulary.unit_mmol),
        Millilitre = "mL" => tr!(formulary.unit_ml),
        Litre = "L" => tr!(formulary.unit_l),
        Tablet = "tablet" => tr!(formulary.unit_tablet),
        Capsule = "capsule" => tr!(formulary.unit_capsule),
        Ampoule = "ampoule" => tr!(formulary.unit_ampoule),
        Vial = "vial" => tr!(formulary.unit_vial),
        Bag = "bag" => tr!(formulary.unit_bag),
        Syringe = "syringe" => tr!(formulary.unit_syringe),
        Sachet = "sachet" => tr!(formulary.unit_sachet),
        Dose = "dose" => tr!(formulary.unit_dose),
        Patch = "patch" => tr!(formulary.unit_patch),
        Suppository = "suppository" => tr!(formulary.unit_suppository),
        Pessary = "pessary" => tr!(formulary.unit_pessary),
        Bottle = "bottle" => tr!(formulary.unit_bottle),
        Tube = "tube" => tr!(formulary.unit_tube),
    }
}

impl Unit {
    /// Whether things of this unit are counted, and not measured.
    pub const fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::Milligram | Self::Gram | Self::Microgram | Self::InternationalUnit | Self::Millimole | Self::Millilitre | Self::Litre
        )
    }
}

crate::text_enum! {
    /// The routes of administration. Imported prescriptions may contain other text.
    pub enum Route("route") {
        Oral = "oral" => tr!(formulary.route_oral),
        Sublingual = "sublingual" => tr!(formulary.route_sublingual),
        Inhaled = "inhaled" => tr!(formulary.route_inhaled),
        Topical = "topical" => tr!(formulary.route_topical),
        Subcutaneous = "subcutaneous" => tr!(formulary.route_subcutaneous),
        Intramuscular = "intramuscular" => tr!(formulary.route_intramuscular),
        Intravenous = "intravenous" => tr!(formulary.route_intravenous),
        Rectal = "rectal" => tr!(formulary.route_rectal),
        Nasal = "nasal" => tr!(formulary.route_nasal),
        Eye = "eye" => tr!(formulary.route_eye),
        Ear = "ear" => tr!(formulary.route_ear),
        Buccal = "buccal" => tr!(formulary.route_buccal),
        Vaginal = "vaginal" => tr!(formulary.route_vaginal),
        Transdermal = "transdermal" => tr!(formulary.route_transdermal),
        Intraosseous = "intraosseous" => tr!(formulary.route_intraosseous),
        Intrathecal = "intrathecal" => tr!(formulary.route_intrathecal),
        Epidural = "epidural" => tr!(formulary.route_epidural),
        Tube = "tube" => tr!(formulary.route_tube),
    }
}

crate::text_enum! {
    /// The place of a drug in the hospital's list.
    pub enum DrugStatus("status") {
        Formulary = "formulary" => tr!(formulary.status_formulary),
        /// For some departments or conditions only.
        Restricted = "restricted" => tr!(formulary.status_restricted),
        /// Known, but not kept by the hospital.
        NonFormulary = "non_formulary" => tr!(formulary.status_non_formulary),
        /// A bare name of which no substance is known.
        Unmapped = "unmapped" => tr!(formulary.status_unmapped),
    }
}

crate::text_enum! {
    /// The advice about a substance in pregnancy or lactation.
    pub enum Advice("advice") {
        Safe = "safe" => tr!(formulary.advice_safe),
        Avoid = "avoid" => tr!(formulary.advice_avoid),
        Contraindicated = "contraindicated" => tr!(formulary.advice_contraindicated),
        Unknown = "unknown" => tr!(formulary.advice_unknown),
    }
}

crate::text_enum! {
    /// The purpose of a group of substances.
    pub enum GroupKind("kind") {
        /// An allergy to one member concerns all.
        Allergy = "allergy" => tr!(formulary.group_allergy),
        /// A side of interactions.
        Interaction = "interaction" => tr!(formulary.group_interaction),
        /// Two members at once are a duplicate treatment.
        Therapeutic = "therapeutic" => tr!(formulary.group_therapeutic),
    }
}

crate::text_enum! {
    /// The weight of an interaction.
    pub enum InteractionLevel("level") {
        Contraindicated = "contraindicated" => tr!(formulary.level_contraindicated),
        Severe = "severe" => tr!(formulary.level_severe),
    }
}

crate::text_enum! {
    /// The weight of a warning, the heaviest first.
    pub enum CheckLevel("level") {
        /// The prescription must be changed.
        Block = "block" => tr!(formulary.level_block),
        /// Needs a reason of the prescriber, and one of the pharmacist.
        Strong = "strong" => tr!(formulary.level_strong),
        /// Needs a reason.
        Warn = "warn" => tr!(formulary.level_warn),
        /// Is shown, and needs no answer.
        Info = "info" => tr!(formulary.level_info),
    }
}

crate::text_enum! {
    /// The property of a patient that a limit is about.
    pub enum LimitKind("kind") {
        /// The creatinine clearance in mL/min.
        Clearance = "clearance" => tr!(formulary.limit_clearance),
        /// The age in years.
        Age = "age" => tr!(formulary.limit_age),
    }
}
