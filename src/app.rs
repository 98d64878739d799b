//! Assembles the program: the departments, the document around each page, and the links between departments.

use axum::Router;
use leptos::prelude::*;

use crate::{
    core::{
        FieldError, Permission,
        locale::{self, Locale},
        time,
    },
    notifications::Bell,
    patients::PatientSearch,
    portal,
    server::{
        AppState, Departments, Principal, Program, Request,
        department::Place,
        page::{Frame, Layout},
        program::First,
    },
    tr,
    ui::{self, KeyHint, NavItem, PlainShell, PortalShell, StaffShell, UserMenu, escaped},
};

/// The departments. Each uses only those before it: `tests::architecture` reads this list, and ARCHITECTURE.md has the same.
pub static DEPARTMENTS: Departments = Departments(&[
    &crate::sealing::DEPARTMENT,
    &crate::audit::DEPARTMENT,
    &crate::organisation::DEPARTMENT,
    &crate::accounts::DEPARTMENT,
    &crate::notifications::DEPARTMENT,
    &crate::formulary::DEPARTMENT,
    &crate::inventory::DEPARTMENT,
    &crate::purchasing::DEPARTMENT,
    &crate::patients::DEPARTMENT,
    &crate::messages::DEPARTMENT,
    &crate::documents::DEPARTMENT,
    &crate::appointments::DEPARTMENT,
    &crate::opd::DEPARTMENT,
    &crate::billing::DEPARTMENT,
    &crate::orders::DEPARTMENT,
    &crate::clinical::DEPARTMENT,
    &crate::lab::DEPARTMENT,
    &crate::imaging::DEPARTMENT,
    &crate::reception::DEPARTMENT,
    &crate::portal::DEPARTMENT,
    &crate::wards::DEPARTMENT,
    &crate::nursing::DEPARTMENT,
    &crate::medicine_record::DEPARTMENT,
    &crate::pharmacy::DEPARTMENT,
    &crate::recalls::DEPARTMENT,
    &crate::downtime::DEPARTMENT,
    &crate::rounds::DEPARTMENT,
    &crate::history::DEPARTMENT,
    &crate::records::DEPARTMENT,
    &crate::operations::DEPARTMENT,
    &crate::imports::DEPARTMENT,
    &crate::demo::DEPARTMENT,
]);

/// The program that the server is started with.
pub static PROGRAM: Program = Program {
    departments: DEPARTMENTS,
    pages,
    document,
    problem,
    send_again,
    open: |config| Box::pin(async move { crate::commands::open(&config).await }),
    checks: |tx| Box::pin(crate::invariants::check(tx)),
    figures: |state| Box::pin(crate::operations::figures(state)),
};

/// Returns the routes of all pages.
fn pages() -> Router<AppState> {
    DEPARTMENTS.0.iter().fold(development(), |pages, department| pages.merge((department.routes)()))
}

/// Serves a page with every component of the interface in every state; in development builds only.
fn development() -> Router<AppState> {
    #[cfg(debug_assertions)]
    {
        use crate::{server::Page, ui::gallery::gallery};
        let whole = || async { Page::new("Design", gallery).layout(Layout::Plain) };
        Router::new().route("/design", axum::routing::get(whole))
    }
    #[cfg(not(debug_assertions))]
    Router::new()
}

/// Returns the places that this user may open, as links of a rail.
fn destinations(places: &[&'static Place], who: &Principal, path: &str, counts: &[(&'static str, i64)]) -> Vec<NavItem> {
    let holds_others = |href: &str| places.iter().any(|other| other.href != href && within(other.href, href) && other.is_for(who));
    places
        .iter()
        .filter(|place| place.is_for(who))
        .map(|place| {
            let current = if holds_others(place.href) { path == place.href } else { within(path, place.href) };
            let count = counts.iter().find(|(href, _)| *href == place.href).map_or(0, |(_, count)| *count);
            NavItem { key: place.key, ..NavItem::new(place.href, (place.words)(), place.glyph, current).count(count) }
        })
        .collect()
}

fn within(path: &str, href: &str) -> bool {
    path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the whole document as HTML.
fn document(request: &Request, title: &str, layout: Layout, frame: Frame, body: AnyView) -> String {
    let assets = &request.state.assets;
    let hospital = request.state.hospital();
    let page = if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
    let nonce = request.nonce.clone();
    let refused = request.form.as_ref().and_then(ui::stray_refusal);
    let body = match refused {
        Some(refused) => view! { {refused}{body} }.into_any(),
        None => body,
    };
    let (signed_in, idle) = (layout == Layout::Shell && request.principal.is_some(), request.state.config.session_idle_minutes * 60);
    let line = view! { <ui::live::LineState signed_in idle page=page.clone()/> };
    let body = match layout {
        Layout::Print => body,
        Layout::Plain => view! {
            <PlainShell hospital=hospital.name.clone() bare=frame.bare demo=hospital.demo class=frame.class foot=Some(language_choice(&page))>{body}</PlainShell>
            {line}
        }
        .into_any(),
        Layout::Shell => view! { {shell(request, &hospital.name, hospital.demo, &page, frame, body)}{line} }.into_any(),
    };
    // The head is text and not a view, because a title must not contain comment markers.
    let (lang, title) = (locale::code(request.locale), escaped(&format!("{title} · {}", hospital.name)));
    let (page, prefix, heard) = (escaped(&page), assets.prefix(), &request.heard);
    // Patients, and those who are not signed in, may put the portal on the home screen of the phone.
    let installed = if request.principal.as_ref().is_none_or(|who| who.staff.is_none() && who.may(Permission::OwnRecord)) {
        format!(
            r#"<meta name="theme-color" content="{}"><link rel="manifest" href="/manifest.webmanifest"><link rel="apple-touch-icon" href="{prefix}/icons/apple-touch-icon.png">"#,
            crate::portal::pages::THEME
        )
    } else {
        String::new()
    };
    let body = body.to_html();
    format!(
        r#"<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="page" content="{page}"><meta name="heard" content="{heard}"><title>{title}</title><link rel="icon" href="{prefix}/icons/favicon.svg" type="image/svg+xml">{installed}<link rel="stylesheet" href="{prefix}/pkg/infirmary.css"><script type="module" async nonce="{nonce}" src="{prefix}/keys.js"></script><script type="module" nonce="{nonce}" src="{prefix}/live.js"></script><script type="module" nonce="{nonce}" src="{prefix}/boot.js"></script></head><body>{body}</body></html>"#
    )
}

fn shell(request: &Request, hospital: &str, demo: bool, page: &str, frame: Frame, body: AnyView) -> AnyView {
    let Some(who) = &request.principal else {
        return view! { <PlainShell hospital=hospital.to_owned() demo=demo foot=Some(language_choice(page))>{body}</PlainShell> }
            .into_any();
    };
    let user = UserMenu {
        name: who.name.clone(),
        detail: who.login.clone(),
        links: vec![(if who.staff.is_some() { "/account" } else { "/portal/account" }.to_owned(), tr!(nav.account).to_owned())],
        sign_out: "/api/accounts/sign_out".to_owned(),
    };
    if who.staff.is_none() && who.may(Permission::OwnRecord) {
        let whose = portal::acting::whose(who, &request.path);
        return view! {
            <PortalShell
                nav=destinations(&DEPARTMENTS.portal_places(), who, &request.path, &[])
                hospital=hospital.to_owned()
                user=user
                bell=Some(view! { <Bell unread=request.unread/> }.into_any())
                demo=demo
                class=frame.class
            >{whose}{body}</PortalShell>
        }
        .into_any();
    }
    let now = request.state.clock.now();
    let clock = request.clinic.get().map(|clinic| (clinic.zone_name.clone(), now.timestamp_millis()));
    let (clinic, date) =
        request.clinic.get().map(|clinic| (clinic.name.clone(), time::show_long_date(clinic.zone.day(now)))).unwrap_or_default();
    // A page that handles the key itself has its own search field: a page has one search.
    let searches_itself = frame.keys.iter().any(|hint| hint.keys == "/");
    let found = format!("/patients/{{id}}{}", DEPARTMENTS.sought_tab(|right| who.may(right)).map_or("", |tab| tab.path));
    let may_register = who.may(Permission::RegisterPatients);
    let search = (who.may(Permission::FindPatients) && !searches_itself)
        .then(|| view! { <PatientSearch to=found name="q".to_owned() key="/".to_owned() register=may_register/> }.into_any());
    let counts = request.rail_counts.get().map_or(&[][..], Vec::as_slice);
    let nav = destinations(&DEPARTMENTS.places(), who, &request.path, counts);
    let places = nav.iter().filter_map(|place| Some(KeyHint::new(format!("g {}", place.key?), place.label.clone())));
    let keys = frame.keys.into_iter().chain(places).collect();
    view! {
        <StaffShell
            nav=nav
            hospital=hospital.to_owned()
            clinic=clinic
            clinic_href="/account"
            date=date
            clock=clock
            user=user
            search=search
            bell=Some(view! { <Bell unread=request.unread/> }.into_any())
            demo=demo
            banner=frame.banner
            keys=keys
            class=frame.class
        >
            {body}
        </StaffShell>
    }
    .into_any()
}

/// Returns the languages as buttons: choosing one loads the page again.
pub fn language_choice(page: &str) -> AnyView {
    let choose = |locale: Locale, name: &'static str| {
        view! {
            <form method="post" action="/api/accounts/language">
                <input type="hidden" name="language" value=locale::code(locale)/>
                <input type="hidden" name="next" value=page.to_owned()/>
                <button type="submit" class="link" lang=locale::code(locale) aria-current=(crate::core::locale::current() == locale).then_some("true")>{name}</button>
            </form>
        }
    };
    view! { <div class="languages">{choose(Locale::en, "English")}{choose(Locale::es, "Español")}</div> }.into_any()
}

/// Shows the values of a form that the user can send again after signing in or setting up a second factor.
fn send_again(first: First, action: String, values: Vec<(String, String)>) -> AnyView {
    let fields = values.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let (title, text, href, label) = match first {
        First::SignIn => (tr!(errors.signed_out_title), tr!(errors.signed_out_typed), "/sign-in", tr!(errors.sign_in_again)),
        First::SecondFactor => (tr!(errors.factor_title), tr!(errors.factor_typed), "/account/second-factor", tr!(accounts.factor_begin)),
    };
    view! {
        <div class="problem">
            <h1>{title}</h1>
            <p>{text}</p>
            <p><a class="button" href=href target="_blank">{label}</a></p>
            <form method="post" action=action>
                {fields}
                <button class="button button--primary" type="submit">{tr!(errors.send_again)}</button>
            </form>
        </div>
    }
    .into_any()
}

/// A page that explains the error and links to the start page.
fn problem(message: String, fields: Vec<FieldError>) -> AnyView {
    let fields = fields.into_iter().map(|error| view! { <li>{format!("{}: {}", error.field, error.message)}</li> }).collect_view();
    view! {
        <div class="problem">
            <h1>{tr!(errors.title)}</h1>
            <p>{message}</p>
            <ul>{fields}</ul>
            <p><a class="button" href="/">{tr!(errors.go_home)}</a></p>
        </div>
    }
    .into_any()
}
