//! The forms of an analyser and of its codes.

use super::{AnalyserProtocol, Charset, CsvDecimal, CsvSeparator, SampleField};
use crate::{
    core::{LabTestId, Result, error::FieldErrors},
    lab::{catalogue::Catalogue, value},
    organisation::Typed,
    server::address::Proxies,
    tr,
};

/// The settings of an analyser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyserForm {
    pub name: String,
    pub bench: String,
    pub protocol: AnalyserProtocol,
    pub peers: String,
    pub application: String,
    pub facility: String,
    pub charset: Charset,
    pub sample_field: SampleField,
    pub checks_patient: bool,
    pub csv_separator: CsvSeparator,
    pub csv_decimal: CsvDecimal,
    pub csv_sample: String,
    pub csv_code: String,
    pub csv_value: String,
    pub csv_unit: String,
}

impl AnalyserForm {
    /// Reads the form. An analyser on the network has addresses; one that writes files has the names of its columns.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::core::Error::Invalid) with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let name = errors.required_line("name", value("name"), 80);
        let bench = errors.required_line("bench", value("bench"), 40);
        let protocol = errors.chosen::<AnalyserProtocol>("protocol", value("protocol"));
        let is_file = protocol == Some(AnalyserProtocol::Csv);
        let peers = if is_file { String::new() } else { errors.required_line("peers", value("peers"), 300) };
        if peers.parse::<Proxies>().is_err() {
            errors.add("peers", tr!(lab.peers_wrong));
        }
        let application = errors.line("application", value("application"), 180);
        let facility = errors.line("facility", value("facility"), 180);
        let charset = if is_file { Some(Charset::Utf8) } else { errors.chosen("charset", value("charset")) };
        let sample_field = if is_file { Some(SampleField::Obr3) } else { errors.chosen("sample_field", value("sample_field")) };
        let csv_separator = if is_file { errors.chosen("csv_separator", value("csv_separator")) } else { Some(CsvSeparator::Comma) };
        let csv_decimal = if is_file { errors.chosen("csv_decimal", value("csv_decimal")) } else { Some(CsvDecimal::Point) };
        let mut column = |name: &str, needed: bool| match (is_file, needed) {
            (false, _) => String::new(),
            (true, true) => errors.required_line(name, value(name), 60),
            (true, false) => errors.line(name, value(name), 60),
        };
        let (csv_sample, csv_code) = (column("csv_sample", true), column("csv_code", true));
        let (csv_value, csv_unit) = (column("csv_value", true), column("csv_unit", false));
        errors.finish()?;
        let (Some(protocol), Some(charset), Some(sample_field)) = (protocol, charset, sample_field) else {
            return Err(crate::core::Error::NotFound);
        };
        let (Some(csv_separator), Some(csv_decimal)) = (csv_separator, csv_decimal) else { return Err(crate::core::Error::NotFound) };
        Ok(Self {
            name,
            bench,
            protocol,
            peers,
            application,
            facility,
            charset,
            sample_field,
            checks_patient: value("checks_patient") == "true",
            csv_separator,
            csv_decimal,
            csv_sample,
            csv_code,
            csv_value,
            csv_unit,
        })
    }
}

/// A code in a unit, and the test that it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeForm {
    pub code: String,
    pub unit: String,
    pub test: LabTestId,
    /// Millionths.
    pub factor: i64,
}

impl CodeForm {
    /// Reads the form: the test by its code, the factor as a number. A calculated test has no code.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::core::Error::Invalid) with every field that is wrong.
    pub fn read(typed: &Typed, catalogue: &Catalogue) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", value("code"), 80);
        let unit = errors.line("unit", value("unit"), 40);
        let sought = value("test");
        let test = catalogue.in_use().find(|test| test.code.eq_ignore_ascii_case(sought)).filter(|test| test.formula().is_none());
        if test.is_none() {
            errors.add("test", tr!(lab.map_test_wrong));
        }
        let factor = value::number(&value("factor").replace(',', ".")).filter(|factor| *factor > 0);
        if factor.is_none() {
            errors.add("factor", tr!(lab.factor_wrong));
        }
        errors.finish()?;
        let (Some(test), Some(factor)) = (test, factor) else { return Err(crate::core::Error::NotFound) };
        Ok(Self { code, unit, test: test.id, factor })
    }
}
