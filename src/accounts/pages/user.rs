//! `/users/{id}`: a member of staff, with roles and sign-in.

use leptos::prelude::*;
use serde::Deserialize;

use super::users::{Clinics, managing, role_fields, role_words, state};
use crate::{
    accounts::{
        confirm::confirm_panel,
        told::masked,
        users::{ALL_CLINICS, StaffUser, staff_user},
    },
    core::{
        ClinicId, Result, Role, UserId,
        time::{Zone, show_date_time},
    },
    organisation::{
        pages::ties_view,
        people::{self, Tie},
    },
    server::{Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Confirm, DescriptionList, Detail, Form, Glyph, Icon, LinkButton, NoticeBox, PageHeader,
        PostButton, TextField, Toast, Tone,
    },
};

/// The change that the address names.
#[derive(Debug, Deserialize)]
pub struct UserQuery {
    #[serde(default)]
    done: String,
}

/// The data that the page shows beside the user.
struct UserShown {
    clinics: Clinics,
    /// The administrator reads her own page, and changes no role there.
    oneself: bool,
    /// She proved lately who she is; without it nothing can be changed.
    confirmed: bool,
    ties: Vec<Tie>,
    zone: Zone,
    done: String,
}

/// The user.
pub async fn user_page(Path(id): Path<UserId>, Query(UserQuery { done }): Query<UserQuery>) -> Result<Page> {
    let (mut ctx, clinics) = managing().await?;
    let user = staff_user(&mut ctx.tx, id).await?;
    let (oneself, now, zone) = (ctx.user() == id, ctx.now, ctx.zone());
    let confirmed = ctx.request().confirmed_lately();
    let ties = match user.staff {
        Some(staff) if !user.retired => people::ties(&mut ctx.tx, staff, now).await?,
        _ => Vec::new(),
    };
    let shown = UserShown { clinics, oneself, confirmed, ties, zone, done };
    Ok(Page::new(user.name.clone(), move || user_view(user, shown)))
}

fn user_view(user: StaffUser, shown: UserShown) -> impl IntoView {
    let UserShown { clinics, oneself, confirmed, ties, zone, done } = shown;
    let back = ("/users".to_owned(), tr!(accounts.users).to_owned());
    let (id, badge) = (user.id, state(&user));
    let last = user.roles.len() == 1;
    let roles = user.roles.iter().map(|role| role_row(id, *role, &clinics, (confirmed && !oneself, last))).collect_view();
    let add = (confirmed && !user.retired && !oneself).then(|| {
        view! {
            <div class="panel__body"><Form action="/api/accounts/grant" hidden=vec![("user_id", id.to_string())]>
                {role_fields(clinics)}
                <div class="form__actions"><Button label=tr!(accounts.add_role)/></div>
            </Form></div>
        }
    });
    let address = user.address.as_deref().map_or_else(|| tr!(accounts.no_address_short).to_owned(), masked);
    let last_sign_in = user.last_sign_in_at.map_or_else(|| tr!(organisation.never).to_owned(), |at| show_date_time(zone.local(at)));
    let staff = user.staff.map(|staff| {
        view! { <div class="form__actions"><LinkButton href=format!("/settings/staff/{staff}") label=tr!(accounts.staff_record) glyph=Glyph::Building/></div> }
    });
    let changes = match confirmed || user.retired {
        true => view! { {correct_view(&user)}{link_view(&user, oneself)}{leave_view(&user, oneself, (&ties, zone))} }.into_any(),
        false => confirm_panel(format!("/users/{id}")),
    };
    view! {
        <PageHeader title=user.name.clone() back/>
        <div class="stack">
        {done_view(&done, user.address.as_deref())}
        <DescriptionList details=vec![
            Detail::new(tr!(accounts.login), user.login.clone()),
            Detail::new(tr!(accounts.letters_to), address),
            Detail::new(tr!(organisation.last_sign_in), last_sign_in),
            Detail::new(tr!(accounts.factor), if user.second_factor { tr!(accounts.factor_is_on) } else { tr!(accounts.factor_is_off) }),
        ]/>
        <p>{badge}</p>
        {staff}
        <section class="panel">
            <div class="panel__head"><h2>{tr!(accounts.roles)}</h2></div>
            <ul class="rows">{roles}</ul>
            {add}
        </section>
        {changes}
        </div>
    }
}

/// The words for the change that the address names.
fn done_view(done: &str, address: Option<&str>) -> AnyView {
    let address = address.map(masked).unwrap_or_default();
    match done {
        "sent" => view! { <NoticeBox tone=Tone::Done title=tr!(accounts.link_sent, address = address)><p>{tr!(accounts.link_sent_text)}</p></NoticeBox> }
            .into_any(),
        "slip" => {
            view! { <NoticeBox tone=Tone::Warning title=tr!(accounts.no_address_short)><p>{tr!(accounts.no_address_known)}</p></NoticeBox> }
                .into_any()
        }
        "corrected" => view! { <Toast text=tr!(organisation.saved)/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The form that corrects name and sign-in name.
fn correct_view(user: &StaffUser) -> Option<AnyView> {
    if user.retired {
        return None;
    }
    let hidden = vec![("user_id", user.id.to_string()), ("version", user.version.to_string())];
    let (name, login) = (user.name.clone(), user.login.clone());
    let fields = move || {
        view! {
            <TextField name="name" label=tr!(accounts.name) value=name autocomplete="off" required=true maxlength=200/>
            <TextField
                name="login"
                label=tr!(accounts.login)
                value=login
                hint=tr!(accounts.correct_hint)
                autocomplete="off"
                required=true
                maxlength=254
            />
        }
    };
    Some(
        view! {
            <section class="panel" aria-labelledby="correct">
                <div class="panel__head"><h2 id="correct">{tr!(accounts.correct)}</h2></div>
                <div class="panel__body">
                    <Form action="/api/accounts/correct" hidden>
                        {fields()}
                        <div class="form__actions"><Button label=tr!(accounts.correct_button)/></div>
                    </Form>
                </div>
            </section>
        }
        .into_any(),
    )
}

/// The ways to a password: a link by mail to the own address, or on paper for a person who is present.
fn link_view(user: &StaffUser, oneself: bool) -> Option<AnyView> {
    if user.retired || !user.active {
        return None;
    }
    let user_id = user.id;
    let id = move || vec![("user_id", user_id.to_string())];
    let label = if user.invited { tr!(accounts.new_invitation) } else { tr!(accounts.reset_link) };
    let send = match user.address.as_deref() {
        Some(address) => {
            let text = tr!(accounts.link_goes_to, address = masked(address));
            view! { <p>{text}</p><div class="form__actions"><PostButton action="/api/accounts/new_link" label hidden=id()/></div> }
                .into_any()
        }
        None => view! { <p>{tr!(accounts.no_address_known)}</p> }.into_any(),
    };
    let slip = (!oneself).then(|| {
        let tick = || view! { <CheckboxField name="present" label=tr!(accounts.slip_present) hint=tr!(accounts.slip_hint)/> };
        view! {
            <Form action="/api/accounts/print_slip" hidden=id()>
                {tick()}
                <div class="form__actions"><Button label=tr!(accounts.slip_button)/></div>
            </Form>
        }
    });
    Some(
        view! {
            <section class="panel" aria-labelledby="password">
                <div class="panel__head"><h2 id="password">{tr!(accounts.password)}</h2></div>
                <div class="panel__body stack">{send}{slip}</div>
            </section>
        }
        .into_any(),
    )
}

/// Shows a role; when it is the `last` one, the page asks for confirmation before it is removed.
fn role_row(
    user: UserId,
    (role, clinic): (Role, Option<ClinicId>),
    clinics: &Clinics,
    (can_lose_it, last): (bool, bool),
) -> impl IntoView + use<> {
    let words = role_words((role, clinic), clinics);
    let hidden = vec![
        ("user_id", user.to_string()),
        ("role", role.as_str().to_owned()),
        ("clinic", clinic.map_or_else(|| ALL_CLINICS.to_owned(), |clinic| clinic.to_string())),
    ];
    let (label, about) = (tr!(accounts.take_role), words.clone());
    let take = move |tone| view! { <PostButton action="/api/accounts/revoke" label hidden tone about/> };
    let take = can_lose_it.then(|| match last {
        true => view! {
            <Confirm label tone=ButtonTone::Quiet text=tr!(accounts.take_last_role)>{take(ButtonTone::Danger)}</Confirm>
        }
        .into_any(),
        false => take(ButtonTone::Quiet).into_any(),
    });
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::User/>
            <div class="rows__main">{words.clone()}</div>
            <div class="rows__side">{take}</div>
        </li>
    }
}

/// Resetting the second factor, deactivating and retiring; what hangs on the person stops retiring.
fn leave_view(user: &StaffUser, oneself: bool, (ties, zone): (&[Tie], Zone)) -> AnyView {
    if user.retired {
        return ().into_any();
    }
    let user_id = user.id;
    let id = move || ("user_id", user_id.to_string());
    let reset = user.second_factor.then(|| {
        view! {
            <Confirm label=tr!(accounts.factor_reset) text=tr!(accounts.factor_reset_text)>
                <PostButton action="/api/accounts/reset_factor" label=tr!(accounts.factor_reset) tone=ButtonTone::Danger hidden=vec![id()]/>
            </Confirm>
        }
    });
    let stops = ties.iter().any(|tie| tie.what.must_be_settled());
    let hangs = user.staff.filter(|_| !ties.is_empty() && !oneself).map(|staff| {
        let title = if stops { tr!(organisation.in_use) } else { tr!(organisation.hangs_on) };
        let tone = if stops { Tone::Warning } else { Tone::Inactive };
        let things = ties_view(staff, ties, zone);
        view! { <NoticeBox tone title>{things}</NoticeBox> }
    });
    let retire = (!stops).then(|| {
        view! {
            <Confirm label=tr!(accounts.retire) text=tr!(accounts.retire_text)>
                <PostButton action="/api/accounts/retire" label=tr!(accounts.retire) tone=ButtonTone::Danger hidden=vec![id()]/>
            </Confirm>
        }
    });
    let away = (!oneself).then(|| {
        let (active, label) = if user.active { ("false", tr!(accounts.deactivate)) } else { ("true", tr!(accounts.activate)) };
        view! {
            <PostButton action="/api/accounts/set_active" label hidden=vec![id(), ("active", active.to_owned())]/>
            {retire}
        }
    });
    view! { {hangs}<div class="form__actions">{reset}{away}</div> }.into_any()
}
