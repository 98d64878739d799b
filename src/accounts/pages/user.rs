//! `/users/{id}`: somebody who works here, with roles and sign-in.

use leptos::prelude::*;

use super::users::{Clinics, managing, role_fields, role_words, state};
use crate::{
    accounts::{
        confirm::confirm_panel,
        users::{ALL_CLINICS, StaffUser, staff_user},
    },
    core::{ClinicId, Result, Role, UserId},
    server::{Page, Path},
    tr,
    ui::{Button, ButtonTone, Confirm, DescriptionList, Detail, Form, Glyph, Icon, NoticeBox, PageHeader, PostButton, Tone},
};

/// The user. A link that was just made is shown this once.
pub async fn user_page(Path(id): Path<UserId>) -> Result<Page> {
    let (mut ctx, clinics) = managing().await?;
    let user = staff_user(&mut ctx.tx, id).await?;
    let oneself = ctx.user() == id;
    let (link, confirmed) = (ctx.request().take_note().await?, ctx.request().confirmed_lately());
    Ok(Page::new(user.name.clone(), move || user_view(user, clinics, (oneself, confirmed), link)))
}

/// `oneself`: the administrator reads her own page, and changes no role there. `confirmed`: she proved lately who she is; without it nothing
/// can be changed.
fn user_view(user: StaffUser, clinics: Clinics, (oneself, confirmed): (bool, bool), link: Option<String>) -> impl IntoView {
    let back = ("/users".to_owned(), tr!(accounts.users).to_owned());
    let (id, badge) = (user.id, state(&user));
    let last = user.roles.len() == 1;
    let roles = user.roles.iter().map(|role| role_row(id, *role, &clinics, (confirmed && !oneself, last))).collect_view();
    let link = link.map(|link| {
        let hint = if user.invited { tr!(accounts.link_hint_invitation) } else { tr!(accounts.link_hint_reset) };
        view! {
            <NoticeBox tone=Tone::Waiting title=tr!(accounts.link_title)>
                <p>{hint}</p>
                <p><code>{link}</code></p>
            </NoticeBox>
        }
    });
    let add = (confirmed && !user.retired && !oneself).then(|| {
        view! {
            <div class="panel__body"><Form action="/api/accounts/grant" hidden=vec![("user_id", id.to_string())]>
                {role_fields(clinics)}
                <div class="form__actions"><Button label=tr!(accounts.add_role)/></div>
            </Form></div>
        }
    });
    view! {
        <PageHeader title=user.name.clone() back/>
        <div class="stack">
        {link}
        <DescriptionList details=vec![
            Detail::new(tr!(accounts.login), user.login.clone()),
            Detail::new(tr!(accounts.factor), if user.second_factor { tr!(accounts.factor_is_on) } else { tr!(accounts.factor_is_off) }),
        ]/>
        <p>{badge}</p>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(accounts.roles)}</h2></div>
            <ul class="rows">{roles}</ul>
            {add}
        </section>
        {match confirmed || user.retired {
            true => view! { <div class="form__actions">{acts(&user, oneself)}</div> }.into_any(),
            false => confirm_panel(format!("/users/{id}")),
        }}
        </div>
    }
}

/// A role; whoever may take it away is asked once more when it is the `last`.
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

fn acts(user: &StaffUser, oneself: bool) -> AnyView {
    if user.retired {
        return ().into_any();
    }
    let user_id = user.id;
    let id = move || ("user_id", user_id.to_string());
    let label = if user.invited { tr!(accounts.new_invitation) } else { tr!(accounts.reset_link) };
    let link = user.active.then(|| view! { <PostButton action="/api/accounts/new_link" label hidden=vec![id()]/> });
    let reset = user.second_factor.then(|| {
        view! {
            <Confirm label=tr!(accounts.factor_reset) text=tr!(accounts.factor_reset_text)>
                <PostButton action="/api/accounts/reset_factor" label=tr!(accounts.factor_reset) tone=ButtonTone::Danger hidden=vec![id()]/>
            </Confirm>
        }
    });
    let away = (!oneself).then(|| {
        let (active, label) = if user.active { ("false", tr!(accounts.deactivate)) } else { ("true", tr!(accounts.activate)) };
        view! {
            <PostButton action="/api/accounts/set_active" label hidden=vec![id(), ("active", active.to_owned())]/>
            <Confirm label=tr!(accounts.retire) text=tr!(accounts.retire_text)>
                <PostButton action="/api/accounts/retire" label=tr!(accounts.retire) tone=ButtonTone::Danger hidden=vec![id()]/>
            </Confirm>
        }
    });
    view! { {link}{reset}{away} }.into_any()
}
