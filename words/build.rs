//! Turns `locales/{en,es}/*.json` into the module `i18n`. A missing, superfluous or repeated key fails the build.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

const LOCALES: &str = "../locales";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LOCALES}");
    for language in ["en", "es"] {
        refuse_repeated_keys(&Path::new(LOCALES).join(language))?;
    }
    // A namespace is a file; each department brings its own.
    let mut namespaces: Vec<String> =
        fs::read_dir(Path::new(LOCALES).join("en"))?.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    namespaces.sort();
    let config = Config::new("en")?
        .add_locale("es")?
        .add_namespaces(namespaces)?
        .locales_path(LOCALES)
        .parse_options(ParseOptions::new().interpolate_display(true));
    let translations = TranslationsInfos::parse(config)?;
    translations.emit_diagnostics();
    translations.rerun_if_locales_changed();
    translations.generate_i18n_module(PathBuf::from(std::env::var("OUT_DIR")?).join("i18n"))?;
    Ok(())
}

/// Refuses a file in which a key stands twice: JSON keeps the last one silently, so one of the two texts would be shown nowhere.
fn refuse_repeated_keys(folder: &Path) -> Result<(), Box<dyn Error>> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        serde_json::from_str::<Keys>(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// An object in which no key occurs twice.
struct Keys;

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Keys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of words")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice")));
            }
        }
        Ok(Self)
    }
}
