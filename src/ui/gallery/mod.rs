//! Shows every component in every state, with invented people, in development builds only. `cargo xtask screens` takes screenshots of the
//! real screens.

mod parts;

use leptos::prelude::*;

use super::{Allergies, Allergy, BannerInfo, Glyph, KeyHint, NavItem, PageHeader, PatientBanner, StaffShell, TextField, UserMenu};

/// All components, inside the staff shell.
pub fn gallery() -> impl IntoView {
    staff_shell(
        "Parts",
        true,
        view! {
            <PageHeader title="Parts" detail="Each in all its states"/>
            <div class="gallery">{parts::all()}</div>
        }
        .into_any(),
    )
}

fn user() -> UserMenu {
    UserMenu {
        name: "Ana Costa".into(),
        detail: "Doctor, North Clinic".into(),
        links: vec![("/account".into(), "Account".into()), ("/account/sessions".into(), "Devices".into())],
        sign_out: "/api/accounts/sign_out".into(),
    }
}

fn staff_shell(current: &str, banner: bool, content: AnyView) -> AnyView {
    let nav = [
        ("Reception", Glyph::Home, 4),
        ("Queue", Glyph::Queue, 12),
        ("Schedule", Glyph::Calendar, 0),
        ("Patients", Glyph::Patients, 0),
        ("Wards", Glyph::Bed, 3),
        ("Cashier", Glyph::Money, 0),
        ("Settings", Glyph::Settings, 0),
    ]
    .map(|(label, glyph, count)| NavItem::new(format!("/{}", label.to_lowercase()), label, glyph, label == current).count(count))
    .to_vec();
    let search =
        view! { <TextField kind="search" name="q" label="Find a patient" label_hidden=true placeholder="Name, MRN, phone or birth date"/> }
            .into_any();
    let bell = view! {
        <a class="button button--quiet button--icon" href="/notifications" title="Notifications">
            <super::Icon glyph=Glyph::Bell label="Notifications"/>
        </a>
    }
    .into_any();
    let banner = banner.then(|| view! { <PatientBanner info=theresa()/> }.into_any());
    view! {
        <StaffShell
            nav
            hospital="Northtown Hospital"
            clinic="North Clinic"
            clinic_href="/clinic"
            date="Tuesday 24 November 2026"
            user=user()
            search=Some(search)
            bell=Some(bell)
            banner
            keys=vec![KeyHint::new("n", "Call the next patient"), KeyHint::new("g q", "Go to the queue")]
        >
            {content}
        </StaffShell>
    }
    .into_any()
}

fn theresa() -> BannerInfo {
    let allergies =
        [("Penicillin", true), ("House dust", false)].map(|(substance, severe)| Allergy { substance: substance.into(), severe });
    BannerInfo {
        name: "Adams, Theresa".into(),
        href: Some("/patients/1".into()),
        age: "42 years".into(),
        birth_date: "12 Mar 1984".into(),
        sex: "Female".into(),
        mrn: "NC-004 217-3".into(),
        allergies: Allergies::List(allergies.into()),
        critical: Vec::new(),
        alerts: vec!["Pacemaker".into()],
        coverage: Some("Meridian Basic, 70 %".into()),
    }
}
