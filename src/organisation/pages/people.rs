//! `/settings/staff`: all staff, with roles, last sign-in and second factor.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    frame::{ListFrame, order_of, page_of},
    managing,
};
use crate::{
    core::{
        ClinicId, Result, Role,
        list::Slice,
        time::{Zone, show_date_time},
    },
    organisation::{
        clinics,
        people::{ListedPerson, listed, profession_words},
    },
    server::{Page, Query},
    tr,
    ui::{ButtonTone, Choice, Column, Glyph, LinkButton, ListUrl, Paging, Row, SelectField, StatusBadge, Tone},
};

/// Search, role, order, page, and whether retired rows are shown.
#[derive(Debug, Deserialize)]
pub struct StaffQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: Option<i64>,
    /// Also retired rows.
    #[serde(default)]
    all: String,
    #[serde(default)]
    done: String,
}

/// Ids and names of clinics.
type Clinics = Vec<(ClinicId, String)>;

/// The list.
pub async fn people_page(Query(which): Query<StaffQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let zone = ctx.zone();
    let clinics: Clinics = clinics(&mut ctx.tx).await?.into_iter().map(|clinic| (clinic.id, clinic.name)).collect();
    let people = listed(&mut ctx.tx).await?;
    let retired = people.iter().any(|person| person.retired);
    let empty = people.is_empty();
    let (rows, total) = chosen(people, &which, &clinics);
    Ok(Page::new(tr!(organisation.staff), move || list_view((rows, total), which, (&clinics, zone), (empty, retired))))
}

/// "Nurse, North Clinic; Cashier, all clinics".
fn roles_words(roles: &[(Role, Option<ClinicId>)], clinics: &Clinics) -> String {
    let place = |clinic: &Option<ClinicId>| match clinic {
        None => tr!(accounts.all_clinics).to_owned(),
        Some(clinic) => clinics.iter().find(|(id, _)| id == clinic).map(|(_, name)| name.clone()).unwrap_or_default(),
    };
    let words =
        |(role, clinic): &(Role, Option<ClinicId>)| format!("{}, {}", crate::audit::value_words("role", role.as_str()), place(clinic));
    roles.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The rows of the page that was asked for, and how many there are on all pages.
fn chosen(people: Vec<ListedPerson>, which: &StaffQuery, clinics: &Clinics) -> (Slice<ListedPerson>, usize) {
    let sought = which.q.trim().to_lowercase();
    let role: Option<Role> = which.role.parse().ok();
    let matches = |person: &ListedPerson| {
        let texts = [
            person.name.as_str(),
            person.login.as_deref().unwrap_or_default(),
            person.department.as_deref().unwrap_or_default(),
            person.email.as_str(),
            person.licence_number.as_str(),
        ];
        sought.is_empty()
            || texts.iter().any(|text| text.to_lowercase().contains(&sought))
            || roles_words(&person.roles, clinics).to_lowercase().contains(&sought)
    };
    let mut rows: Vec<ListedPerson> = people
        .into_iter()
        .filter(|person| !which.all.is_empty() || !person.retired)
        .filter(|person| role.is_none_or(|role| person.roles.iter().any(|(held, _)| *held == role)))
        .filter(matches)
        .collect();
    let (key, descending) = order_of(&which.sort);
    match key {
        "profession" => rows.sort_by_cached_key(|person| profession_words(person.profession).to_lowercase()),
        "department" => rows.sort_by_cached_key(|person| person.department.clone().unwrap_or_default().to_lowercase()),
        "last_sign_in" => rows.sort_by_key(|person| person.last_sign_in_at),
        "second_factor" => rows.sort_by_key(|person| person.second_factor),
        _ => {}
    }
    if descending {
        rows.reverse();
    }
    page_of(rows, which.page)
}

fn list_view(
    (slice, total): (Slice<ListedPerson>, usize),
    which: StaffQuery,
    (clinics, zone): (&Clinics, Zone),
    (nothing_yet, has_retired): (bool, bool),
) -> impl IntoView + use<> {
    let StaffQuery { q, role, sort, all, done, .. } = which;
    let url = ListUrl::new("/settings/staff").with("q", q.clone()).with("role", role.clone()).with("sort", sort).with("all", all.clone());
    let paging = Paging { total: i64::try_from(total).ok(), ..Paging::of(&slice) };
    let columns = vec![
        Column::new(tr!(accounts.name)).sorted_by("name"),
        Column::new(tr!(organisation.profession)).sorted_by("profession").secondary(),
        Column::new(tr!(organisation.department)).sorted_by("department").secondary(),
        Column::new(tr!(accounts.roles)),
        Column::new(tr!(organisation.last_sign_in)).sorted_by("last_sign_in").secondary(),
        Column::new(tr!(accounts.factor)).sorted_by("second_factor").secondary(),
        Column::new(tr!(organisation.state)).secondary(),
    ];
    let rows = slice.rows.into_iter().map(|person| row(&person, clinics, zone)).collect();
    let actions = view! {
        <LinkButton href="/users/export" label=tr!(organisation.export_staff) glyph=Glyph::Download/>
        <LinkButton href="/users/import" label=tr!(organisation.import_staff)/>
        <LinkButton href="/settings/staff/new" label=tr!(organisation.add_person) glyph=Glyph::Plus/>
        <LinkButton href="/users/new" label=tr!(accounts.invite) tone=ButtonTone::Primary glyph=Glyph::Plus/>
    }
    .into_any();
    let roles = Role::ALL.iter().filter(|role| **role != Role::Patient);
    let choices = roles.map(|role| Choice::new(role.as_str(), crate::audit::value_words("role", role.as_str()))).collect::<Vec<_>>();
    let filters = view! { <SelectField name="role" label=tr!(accounts.role) choices value=role prompt=tr!(organisation.every_role)/> };
    let frame = ListFrame {
        title: tr!(organisation.staff),
        purpose: tr!(organisation.staff_purpose),
        glyph: Glyph::User,
        url,
        q,
        all,
        done,
        nothing_yet,
        has_retired,
        actions,
        filters: filters.into_any(),
    };
    frame.show(columns, rows, paging)
}

fn row(person: &ListedPerson, clinics: &Clinics, zone: Zone) -> Row {
    let (tone, label) = match () {
        () if person.retired => (Tone::Inactive, tr!(organisation.retired)),
        // An imported person has a user who never got a password.
        () if person.user_id.is_none() || (!person.active && person.invited) => (Tone::Inactive, tr!(organisation.no_sign_in)),
        () if !person.active => (Tone::Inactive, tr!(accounts.inactive)),
        () if person.invited => (Tone::Waiting, tr!(accounts.invited)),
        () => (Tone::Done, tr!(accounts.active)),
    };
    let last = match (person.user_id, person.last_sign_in_at) {
        (_, Some(at)) => show_date_time(zone.local(at)),
        (Some(_), None) => tr!(organisation.never).to_owned(),
        (None, None) => "–".to_owned(),
    };
    let factor = match person.user_id {
        None => "–",
        Some(_) if person.second_factor => tr!(accounts.factor_is_on),
        Some(_) => tr!(accounts.factor_is_off),
    };
    let cells = vec![
        person.name.clone().into_any(),
        profession_words(person.profession).into_any(),
        person.department.clone().unwrap_or_default().into_any(),
        roles_words(&person.roles, clinics).into_any(),
        last.into_any(),
        factor.into_any(),
        view! { <StatusBadge tone label/> }.into_any(),
    ];
    let row = Row::new(cells).href(format!("/settings/staff/{}", person.id));
    if person.retired { row.class(Tone::Inactive.class()) } else { row }
}
