//! Every part of the kit in every state, and the screens made of them with invented people. Development builds only.

mod parts;
mod portal;
mod staff;

use leptos::prelude::*;

use super::{Allergies, Allergy, BannerInfo, Glyph, KeyHint, NavItem, PageHeader, PatientBanner, StaffShell, TextField, UserMenu};

/// Names of the composed screens, for `screen`.
pub const SCREENS: [&str; 9] = ["reception", "consultation", "schedule", "cashier", "ward", "portal", "booking", "board", "paper"];

/// All parts, inside the staff shell.
pub fn gallery() -> impl IntoView {
    let links = SCREENS.map(|name| view! { <li><a href=format!("/design/{name}")>{name}</a></li> }).collect_view();
    staff_shell(
        "Parts",
        true,
        view! {
            <PageHeader title="Parts" detail="Each in all its states"/>
            <ul class="cluster">{links}</ul>
            <div class="gallery">{parts::all()}</div>
        }
        .into_any(),
    )
}

/// One of `SCREENS`, made of the parts.
pub fn screen(name: &str) -> Option<AnyView> {
    match name {
        "reception" => Some(staff::reception()),
        "consultation" => Some(staff::consultation()),
        "schedule" => Some(staff::schedule()),
        "cashier" => Some(staff::cashier()),
        "ward" => Some(staff::ward()),
        "portal" => Some(portal::home()),
        "booking" => Some(portal::booking()),
        "board" => Some(portal::board()),
        "paper" => Some(portal::paper()),
        _ => None,
    }
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

/// Anything inside a card with a title.
fn panel(title: &'static str, aside: AnyView, content: AnyView) -> AnyView {
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{title}</h2>{aside}</div>
            {content}
        </section>
    }
    .into_any()
}
