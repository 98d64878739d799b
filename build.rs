//! Turns `locales/{en,es}/*.json` into the module `i18n`: a missing or superfluous key fails the build.

use std::{error::Error, fs, path::PathBuf};

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=migrations");
    // A namespace is a file; each department brings its own.
    let mut namespaces: Vec<String> =
        fs::read_dir("locales/en")?.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    namespaces.sort();
    let config =
        Config::new("en")?.add_locale("es")?.add_namespaces(namespaces)?.parse_options(ParseOptions::new().interpolate_display(true));
    let translations = TranslationsInfos::parse(config)?;
    translations.emit_diagnostics();
    translations.rerun_if_locales_changed();
    translations.generate_i18n_module(PathBuf::from(std::env::var("OUT_DIR")?).join("i18n"))?;
    Ok(())
}
