//! The program put together: every department's routes, the document around each page, and the way from one
//! department to the next.

use axum::Router;
use leptos::prelude::*;

use crate::{
    accounts, appointments, audit, billing, clinical,
    core::{
        FieldError, PatientId, Permission, Result,
        locale::{self, Locale},
        time,
    },
    notifications::{self, islands::Bell},
    opd,
    patients::{self, PatientSearch},
    portal, reception,
    server::{
        AppState, Ctx, Principal, Request,
        page::{Frame, Layout},
    },
    tr,
    ui::{self, Glyph, KeyHint, NavItem, PlainShell, PortalShell, StaffShell, UserMenu, escaped, keys},
};

/// All pages.
pub fn pages() -> Router<AppState> {
    Router::new()
        .merge(accounts::pages::routes())
        .merge(billing::pages::routes())
        .merge(clinical::pages::routes())
        .merge(notifications::pages::routes())
        .merge(audit::pages::routes())
        .merge(patients::pages::routes(|ctx, patient, page| Box::pin(record_appointments(ctx, patient, page))))
        .merge(appointments::pages::routes())
        .merge(opd::pages::routes())
        .merge(portal::booking::pages::routes())
        .merge(portal::pages::routes())
        .merge(reception::registration::routes())
        .merge(reception::pages::routes())
        .merge(development())
}

/// The panel of the patient's appointments on the record.
async fn record_appointments(ctx: &mut Ctx, patient: PatientId, page: Option<i64>) -> Result<Option<patients::DrawPanel>> {
    let list = appointments::appointments_of(ctx, patient, appointments::ListedAt::Record, page).await?;
    let now = ctx.now;
    Ok(list.map(|list| -> patients::DrawPanel { Box::new(move || appointments::appointments_panel(list, now)) }))
}

/// Every part of the interface in every state, and composed screens; in development builds only.
fn development() -> Router<AppState> {
    #[cfg(debug_assertions)]
    {
        use axum::routing::get;

        use crate::{
            core::Error,
            server::{Page, Path},
            ui::gallery::{gallery, screen},
        };
        let whole = || async { Page::new("Design", gallery).layout(Layout::Plain) };
        let one = |Path(name): Path<String>| async move {
            let owner = Owner::new();
            let known = owner.with(|| screen(&name).is_some());
            owner.cleanup();
            if !known {
                return Err(Error::NotFound);
            }
            Result::Ok(Page::new("Design", move || screen(&name)).layout(Layout::Print))
        };
        Router::new().route("/design", get(whole)).route("/design/{screen}", get(one))
    }
    #[cfg(not(debug_assertions))]
    Router::new()
}

/// What runs beside the requests until the program stops.
pub fn start_jobs(state: &AppState) -> Vec<tokio::task::JoinHandle<()>> {
    vec![
        tokio::spawn(crate::server::events::listen(state.clone())),
        tokio::spawn(accounts::tidy_sessions(state.clone())),
        tokio::spawn(notifications::keep_telling_auditors(state.clone())),
        tokio::spawn(opd::keep_ending_earlier_days(state.clone())),
    ]
}

/// The site's files.
pub fn files(state: &AppState) -> Router {
    state.assets.routes()
}

/// The destinations of staff, as far as `who` may go there.
fn destinations(who: &Principal, path: &str) -> Vec<NavItem> {
    let all = [
        (Permission::WriteNotes, "/consultation", tr!(nav.consultation), Glyph::Note),
        (Permission::CheckIn, "/reception", tr!(nav.reception), Glyph::Queue),
        (Permission::RecordVitals, "/triage", tr!(nav.triage), Glyph::Vitals),
        (Permission::TakePayments, "/cashier", tr!(nav.cashier), Glyph::Money),
        (Permission::ReadSchedules, "/schedules", tr!(nav.schedules), Glyph::Calendar),
        (Permission::FindPatients, "/patients", tr!(nav.patients), Glyph::Patients),
        (Permission::ReadPrices, "/prices", tr!(billing.prices), Glyph::Receipt),
        (Permission::ManageHospital, "/users", tr!(nav.users), Glyph::User),
        (Permission::ReadAudit, "/audit", tr!(nav.audit), Glyph::Search),
    ];
    all.into_iter()
        .filter(|(permission, ..)| who.may(*permission) && (*permission != Permission::ManageHospital || accounts::manages_users(who)))
        .map(|(_, href, label, glyph)| NavItem::new(href, label, glyph, within(path, href)))
        .collect()
}

/// The portal's destinations.
fn portal_destinations(path: &str) -> Vec<NavItem> {
    [
        ("/portal", tr!(nav.home), Glyph::Home),
        ("/portal/appointments", tr!(nav.appointments), Glyph::Calendar),
        ("/portal/records", tr!(nav.records), Glyph::Note),
        ("/portal/account", tr!(nav.account), Glyph::User),
    ]
    .into_iter()
    .map(|(href, label, glyph)| NavItem::new(href, label, glyph, if href == "/portal" { path == href } else { within(path, href) }))
    .collect()
}

fn within(path: &str, href: &str) -> bool {
    path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
}

/// The whole document as HTML.
pub fn document(request: &Request, title: &str, layout: Layout, frame: Frame, body: AnyView) -> String {
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
    // The head is text and not a view: a title takes no comment markers.
    let (lang, title) = (locale::code(request.locale), escaped(&format!("{title} · {}", hospital.name)));
    let (page, prefix, heard) = (escaped(&page), assets.prefix(), &request.heard);
    let body = body.to_html();
    format!(
        r#"<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="page" content="{page}"><meta name="heard" content="{heard}"><title>{title}</title><link rel="icon" href="{prefix}/icons/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="{prefix}/pkg/infirmary.css"><script type="module" async nonce="{nonce}" src="{prefix}/keys.js"></script><script type="module" nonce="{nonce}" src="{prefix}/boot.js"></script></head><body>{body}</body></html>"#
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
                nav=portal_destinations(&request.path)
                hospital=hospital.to_owned()
                user=user
                bell=Some(view! { <Bell unread=request.unread/> }.into_any())
                demo=demo
                class=frame.class
            >{whose}{body}</PortalShell>
        }
        .into_any();
    }
    let (clinic, date) = request
        .clinic
        .get()
        .map(|clinic| (clinic.name.clone(), time::show_long_date(clinic.zone.day(request.state.clock.now()))))
        .unwrap_or_default();
    // A page that answers to the key itself searches by itself: one search on a page.
    let searches_itself = frame.keys.iter().any(|hint| hint.keys == "/");
    // Those who treat the patient want the chart; the record is one tab beside it.
    let found = if who.may(Permission::ReadChart) { "/patients/{id}/chart" } else { "/patients/{id}" };
    let may_register = who.may(Permission::RegisterPatients);
    let search = (who.may(Permission::FindPatients) && !searches_itself)
        .then(|| view! { <PatientSearch to=found.to_owned() name="q".to_owned() key="/".to_owned() register=may_register/> }.into_any());
    let nav = destinations(who, &request.path);
    let places = nav.iter().filter_map(|place| {
        let letter = keys::letter_of(&place.href)?;
        Some(KeyHint::new(format!("g {letter}"), place.label.clone()))
    });
    let keys = frame.keys.into_iter().chain(places).collect();
    view! {
        <StaffShell
            nav=nav
            hospital=hospital.to_owned()
            clinic=clinic
            clinic_href="/account"
            date=date
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

/// The languages, as buttons: choosing one loads the page again.
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

/// What comes before a form can be sent again.
#[derive(Clone, Copy, Debug)]
pub enum First {
    SignIn,
    SecondFactor,
}

/// What somebody typed before something else had to come first, to be sent again.
pub fn send_again(first: First, action: String, values: Vec<(String, String)>) -> AnyView {
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

/// A page that says what went wrong and where to go.
pub fn problem(message: String, fields: Vec<FieldError>) -> AnyView {
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
