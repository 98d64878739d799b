//! The form of a procedure.

use super::ImagingProcedure;
use crate::{
    core::{Error, Result, error::FieldErrors, form},
    imaging::vocabulary::{ContrastRoute, Modality},
    lab::PortalRule,
    organisation::Typed,
    tr,
};

/// The fields of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureForm {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub modality: Modality,
    pub body_part: String,
    pub sided: bool,
    pub contrast: ContrastRoute,
    pub minutes: i64,
    pub preparation_en: String,
    pub preparation_es: String,
    pub ionising: bool,
    pub needs_vetting: bool,
    pub template: String,
    pub loinc: String,
    pub loinc_name: String,
    pub portal_rule: PortalRule,
    pub portal_hours: i64,
    pub source: String,
}

impl ProcedureForm {
    /// The form of a procedure as it is.
    pub fn of(procedure: &ImagingProcedure) -> Self {
        Self {
            code: procedure.code.clone(),
            name_en: procedure.name_en.clone(),
            name_es: procedure.name_es.clone(),
            modality: procedure.modality,
            body_part: procedure.body_part.clone(),
            sided: procedure.sided,
            contrast: procedure.contrast,
            minutes: procedure.minutes,
            preparation_en: procedure.preparation_en.clone(),
            preparation_es: procedure.preparation_es.clone(),
            ionising: procedure.ionising,
            needs_vetting: procedure.needs_vetting,
            template: procedure.template.clone(),
            loinc: procedure.loinc.clone(),
            loinc_name: procedure.loinc_name.clone(),
            portal_rule: procedure.portal_rule,
            portal_hours: procedure.portal_hours,
            source: procedure.source.clone(),
        }
    }

    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", value("code"), 20).to_lowercase();
        if code.chars().any(|c| !(c.is_ascii_alphanumeric() || "._-".contains(c))) {
            errors.add("code", tr!(imaging.code_wrong));
        }
        let name_en = errors.required_line("name_en", value("name_en"), 120);
        let name_es = errors.required_line("name_es", value("name_es"), 120);
        let modality = errors.chosen::<Modality>("modality", value("modality"));
        let body_part = errors.line("body_part", value("body_part"), 60);
        let contrast = errors.chosen::<ContrastRoute>("contrast", value("contrast"));
        let mut whole = |field: &str, (from, to): (i64, i64)| {
            let typed = value(field);
            let number = if typed.is_empty() && from == 0 { Some(0) } else { typed.parse::<i64>().ok() };
            let number = number.filter(|number| (from..=to).contains(number));
            if number.is_none() {
                errors.add(field, tr!(imaging.number_between, from = from, to = to));
            }
            number.unwrap_or(from)
        };
        let minutes = whole("minutes", (5, 480));
        let portal_hours = whole("portal_hours", (0, 720));
        let mut text = |field: &str, most: usize| errors.check(form::text(field, value(field), most)).unwrap_or_default();
        let (preparation_en, preparation_es) = (text("preparation_en", 1_000), text("preparation_es", 1_000));
        let template = text("template", 8_000);
        let loinc = errors.line("loinc", value("loinc"), 10);
        let loinc_name = errors.line("loinc_name", value("loinc_name"), 300);
        let source = errors.line("source", value("source"), 300);
        let portal_rule = errors.chosen::<PortalRule>("portal_rule", value("portal_rule"));
        if portal_rule.is_some_and(|rule| (rule == PortalRule::AfterHours) != (portal_hours > 0)) {
            errors.add("portal_hours", tr!(imaging.portal_hours_wrong));
        }
        errors.finish()?;
        let (Some(modality), Some(contrast), Some(portal_rule)) = (modality, contrast, portal_rule) else { return Err(Error::NotFound) };
        let ticked = |name: &str| !value(name).is_empty();
        Ok(Self {
            code,
            name_en,
            name_es,
            modality,
            body_part,
            sided: ticked("sided"),
            contrast,
            minutes,
            preparation_en,
            preparation_es,
            ionising: ticked("ionising"),
            needs_vetting: ticked("needs_vetting"),
            template,
            loinc,
            loinc_name,
            portal_rule,
            portal_hours,
            source,
        })
    }
}
