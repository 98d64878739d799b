//! `/users`: the members of staff; `/users/new`: invites one.

use leptos::prelude::*;
use serde::Deserialize;

use super::account::role_name;
use crate::{
    accounts::{
        confirm::confirm_field,
        factor::roles_that_need_one,
        users::{ALL_CLINICS, StaffUser, manages_users, staff_users},
    },
    core::{ClinicId, Error, Permission, Result, Role, list::Slice},
    organisation::{self, people},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmailField, EmptyState, Form, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader,
        Paging, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// The query: the search text, and the page of the list.
#[derive(Debug, Deserialize)]
pub struct UsersQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
    /// Whether users who may not sign in are included.
    #[serde(default)]
    all: String,
}

/// Ids and names of the clinics.
pub(super) type Clinics = Vec<(ClinicId, String)>;

/// Checks the permission for the pages about users, and loads the clinics.
pub(super) async fn managing() -> Result<(Ctx, Clinics)> {
    let mut ctx = Ctx::read(Permission::ManageHospital).await?;
    if !manages_users(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let clinics = organisation::clinics(&mut ctx.tx).await?.into_iter().map(|clinic| (clinic.id, clinic.name)).collect();
    Ok((ctx, clinics))
}

/// Shows the list.
pub async fn users_page(Query(UsersQuery { q, page, all }): Query<UsersQuery>) -> Result<Page> {
    let (mut ctx, clinics) = managing().await?;
    let all = !all.is_empty();
    let found = staff_users(&mut ctx.tx, &q, all, page.parse().ok()).await?;
    // The passwords of a demonstration are public, so a second factor would protect nothing there.
    let open = !ctx.state().hospital().demo && roles_that_need_one(&mut ctx.tx).await?.is_empty();
    Ok(Page::new(tr!(accounts.users), move || list_view((q, all), found, &clinics, open)))
}

/// Shows the list; at the top a warning while the database is `open` to a password alone.
fn list_view((q, all): (String, bool), found: Slice<StaffUser>, clinics: &Clinics, open: bool) -> impl IntoView + use<> {
    let warning = open.then(|| {
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(accounts.factor_nobody)>
                <p>{tr!(accounts.factor_nobody_text)}" "<a href="/users/second-factor">{tr!(accounts.factor_nobody_link)}</a></p>
            </NoticeBox>
        }
    });
    let columns = vec![
        Column::new(tr!(accounts.name)),
        Column::new(tr!(accounts.login)).secondary(),
        Column::new(tr!(accounts.roles)),
        Column::new(tr!(accounts.state)),
    ];
    let (paging, url) = (Paging::of(&found), ListUrl::new("/users").with("q", q.clone()).with("all", if all { "yes" } else { "" }));
    let others = (q.is_empty() && !all).then(|| view! { <p><a href="/users?all=yes">{tr!(accounts.also_others)}</a></p> });
    let rows = found
        .rows
        .into_iter()
        .map(|user| {
            let roles = user.roles.iter().map(|role| role_words(*role, clinics)).collect::<Vec<_>>().join("; ");
            let (href, state) = (format!("/users/{}", user.id), state(&user));
            Row::new(vec![user.name.into_any(), user.login.into_any(), roles.into_any(), state]).href(href)
        })
        .collect();
    let invite = view! {
        <LinkButton href="/settings/staff" label=tr!(organisation.staff) glyph=Glyph::Building/>
        <LinkButton href="/users/second-factor" label=tr!(accounts.factor_roles) glyph=Glyph::Lock/>
        <LinkButton href="/users/new" label=tr!(accounts.invite) tone=ButtonTone::Primary glyph=Glyph::Plus/>
    }
    .into_any();
    let filter = view! { <TextField kind="search" name="q" label=tr!(accounts.users_search) value=q maxlength=100/> }.into_any();
    let empty = view! { <EmptyState glyph=Glyph::Search title=tr!(accounts.nobody) text=tr!(accounts.nobody_hint)/> }.into_any();
    view! {
        <PageHeader title=tr!(accounts.users) actions=Some(invite)/>
        <div class="stack">
        {warning}
        <DataTable caption=tr!(accounts.users) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
        </div>
        {others}
    }
}

/// Shows as a badge whether the user may sign in.
pub(super) fn state(user: &StaffUser) -> AnyView {
    let (tone, label) = match () {
        () if user.retired => (Tone::Inactive, tr!(accounts.retired)),
        () if !user.active => (Tone::Inactive, tr!(accounts.inactive)),
        () if user.invited => (Tone::Waiting, tr!(accounts.invited)),
        () => (Tone::Done, tr!(accounts.active)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

/// Returns a role in words: "Nurse, North Clinic"; "Auditor, all clinics".
pub(super) fn role_words((role, clinic): (Role, Option<ClinicId>), clinics: &Clinics) -> String {
    let place = match clinic {
        None => tr!(accounts.all_clinics).to_owned(),
        Some(clinic) => clinics.iter().find(|(id, _)| *id == clinic).map(|(_, name)| name.clone()).unwrap_or_default(),
    };
    format!("{}, {place}", role_name(role))
}

/// Returns the fields for a role and its place. Where there are several clinics, no clinic is selected at first.
pub(super) fn role_fields(clinics: Clinics) -> AnyView {
    let roles = Role::ALL.iter().filter(|role| role.is_offered()).map(|role| Choice::new(role.as_str(), role_name(*role))).collect();
    let only = if let [(id, _)] = clinics.as_slice() { id.to_string() } else { String::new() };
    let everywhere = Choice::new(ALL_CLINICS, tr!(accounts.all_clinics_choice));
    let places = clinics.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).chain([everywhere]).collect();
    view! {
        <SelectField name="role" label=tr!(accounts.role) choices=roles prompt=tr!(accounts.choose_role) required=true/>
        <SelectField name="clinic" label=tr!(accounts.clinic) choices=places value=only prompt=tr!(errors.choose) required=true/>
    }
    .into_any()
}

/// For which member of staff.
#[derive(Debug, Deserialize)]
pub struct InviteQuery {
    #[serde(default)]
    staff: String,
}

/// The form that invites: a new person, or a member of staff who does not sign in yet.
pub async fn invite_page(Query(InviteQuery { staff }): Query<InviteQuery>) -> Result<Page> {
    let (mut ctx, clinics) = managing().await?;
    let known = match staff.is_empty() {
        true => None,
        false => Some(people::person(&mut ctx.tx, people::staff_id(&staff)?).await?),
    };
    Ok(Page::new(tr!(accounts.invite), move || {
        let back = ("/users".to_owned(), tr!(accounts.users).to_owned());
        let value = |name: &str| known.as_ref().map(|known| known.value(name).to_owned()).unwrap_or_default();
        let (name, email) = (value("name"), value("email"));
        let fields = move || {
            view! {
                <TextField name="name" label=tr!(accounts.name) value=name autocomplete="off" required=true maxlength=200/>
                <TextField
                    name="login"
                    label=tr!(accounts.login)
                    value=email.clone()
                    hint=tr!(accounts.login_hint)
                    autocomplete="off"
                    required=true
                    maxlength=254
                />
                <EmailField name="email" label=tr!(accounts.email) value=email hint=tr!(accounts.email_hint) optional=true/>
                {role_fields(clinics)}
                {confirm_field()}
            }
        };
        view! {
            <PageHeader title=tr!(accounts.invite) back detail=tr!(accounts.invite_detail)/>
            <Form action="/api/accounts/invite" hidden=vec![("staff", staff)]>
                {fields()}
                <div class="form__actions"><Button label=tr!(accounts.invite) tone=ButtonTone::Primary/></div>
            </Form>
        }
    })
    .class("main--narrow"))
}
