//! The patient banner, which identifies the patient on every page about a patient.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone, tr};

/// The knowledge about allergies. `NoneKnown` means that the patient was asked; `NotRecorded` means that the question
/// was not asked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Allergies {
    #[default]
    NotRecorded,
    NoneKnown,
    List(Vec<Allergy>),
    /// This reader may not see allergies: the banner does not mention them.
    Withheld,
}

/// One allergy, as the banner shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allergy {
    pub substance: String,
    pub severe: bool,
}

/// The texts of the banner, ready for display.
#[derive(Clone, Debug, Default)]
pub struct BannerInfo {
    pub name: String,
    /// The page that the name links to: the chart.
    pub href: Option<String>,
    /// The age: `34 years`, `5 months`, `about 60 years`.
    pub age: String,
    /// The date in the reader's format, or the year of an estimated one.
    pub birth_date: String,
    pub sex: String,
    pub mrn: String,
    pub allergies: Allergies,
    /// Facts that need an immediate reaction, in red: critical vital signs.
    pub critical: Vec<String>,
    /// Alerts: implants, infection risk, "lives alone".
    pub alerts: Vec<String>,
    pub coverage: Option<String>,
}

impl BannerInfo {
    /// Returns the banner for users who neither receive nor treat the patient: identity and coverage, nothing clinical.
    #[must_use]
    pub fn without_clinical(self) -> Self {
        Self { allergies: Allergies::Withheld, critical: Vec::new(), ..self }
    }
}

/// The banner stays visible while the page scrolls; severe allergies come first and in red, with an icon.
#[component]
pub fn PatientBanner(
    info: BannerInfo,
    /// The view at the right end: a visit's token, a menu.
    #[prop(optional_no_strip)]
    actions: Option<AnyView>,
) -> impl IntoView {
    let BannerInfo { name, href, age, birth_date, sex, mrn, allergies, critical, alerts, coverage } = info;
    let label = format!("{}: {name}", tr!(ui.patient));
    // The text for an unknown birth date needs no visible label.
    let born = if birth_date.contains(|letter: char| letter.is_numeric()) { "" } else { "visually-hidden" };
    let name = match href {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <section class="patient" aria-label=label>
            <div class="patient__who">
                <p class="patient__name">{name}</p>
                <dl class="patient__facts">
                    <div><dt class="visually-hidden">{tr!(ui.age)}</dt><dd>{age}</dd></div>
                    <div><dt class=born>{tr!(ui.born)}</dt><dd>{birth_date}</dd></div>
                    <div><dt class="visually-hidden">{tr!(ui.sex)}</dt><dd>{sex}</dd></div>
                    <div><dt>{tr!(ui.mrn)}</dt><dd class="patient__mrn">{mrn}</dd></div>
                    {coverage.map(|coverage| view! {
                        <div class="patient__coverage"><dt><Icon glyph=Glyph::Shield label=tr!(ui.coverage)/></dt><dd>{coverage}</dd></div>
                    })}
                </dl>
            </div>
            <ul class="patient__flags">{patient_flags(allergies, critical, alerts)}</ul>
            {actions.map(|actions| view! { <div class="patient__actions">{actions}</div> })}
        </section>
    }
}

/// Renders the lines of `.patient__flags`.
pub fn patient_flags(allergies: Allergies, critical: Vec<String>, alerts: Vec<String>) -> AnyView {
    let critical = critical
        .into_iter()
        .map(|words| view! { <li class="flag flag--severe"><Icon glyph=Glyph::Critical/><strong>{words}</strong></li> })
        .collect_view();
    let alerts = alerts
        .into_iter()
        .map(|alert| view! { <li class="flag is-warning"><Icon glyph=Tone::Warning.glyph()/>{alert}</li> })
        .collect_view();
    view! { {critical}{allergy_flags(allergies)}{alerts} }.into_any()
}

fn allergy_flags(allergies: Allergies) -> AnyView {
    match allergies {
        Allergies::NotRecorded => view! {
            <li class="flag flag--unknown"><Icon glyph=Glyph::Allergy/>{tr!(ui.allergies_not_recorded)}</li>
        }
        .into_any(),
        Allergies::NoneKnown => view! {
            <li class="flag is-done"><Icon glyph=Glyph::Check/>{tr!(ui.no_known_allergies)}</li>
        }
        .into_any(),
        Allergies::Withheld => ().into_any(),
        Allergies::List(mut list) => {
            list.sort_by_key(|allergy| !allergy.severe);
            list.into_iter()
                .map(|Allergy { substance, severe }| {
                    let (class, glyph, word) = if severe {
                        ("flag flag--severe", Glyph::Critical, tr!(ui.severe_allergy))
                    } else {
                        ("flag is-critical", Glyph::Allergy, tr!(ui.allergy))
                    };
                    view! {
                        <li class=class><Icon glyph/><span class="flag__kind">{word}</span><strong>{substance}</strong></li>
                    }
                })
                .collect_view()
                .into_any()
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn flags(allergies: Allergies) -> String {
        Owner::new().with(|| allergy_flags(allergies).to_html())
    }

    #[test]
    fn not_asked_does_not_look_like_none() {
        assert_ne!(flags(Allergies::NotRecorded), flags(Allergies::NoneKnown));
        assert!(!flags(Allergies::NotRecorded).contains("is-done"));
    }

    #[test]
    fn severe_ones_come_first() {
        let list = [("Dust", false), ("Penicillin", true)];
        let list = list.map(|(substance, severe)| Allergy { substance: substance.into(), severe });
        let html = flags(Allergies::List(list.into()));
        assert!(html.find("Penicillin") < html.find("Dust"), "{html}");
        assert!(html.contains("flag--severe"));
    }
}
