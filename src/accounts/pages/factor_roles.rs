//! `/users/second-factor`: the roles that need a second factor.

use leptos::prelude::*;

use super::{account::role_name, users::managing};
use crate::{
    accounts::{confirm::confirm_panel, factor::roles_that_need_one},
    core::{Result, Role},
    server::Page,
    tr,
    ui::{ButtonTone, Glyph, Icon, PageHeader, PostButton, StatusBadge, Tone},
};

/// Shows the list.
pub async fn factor_roles_page() -> Result<Page> {
    let (mut ctx, _) = managing().await?;
    let required = roles_that_need_one(&mut ctx.tx).await?;
    let confirmed = ctx.request().confirmed_lately();
    Ok(Page::new(tr!(accounts.factor_roles), move || {
        let back = ("/users".to_owned(), tr!(accounts.users).to_owned());
        let rows = Role::ALL.iter().map(|role| row(*role, required.contains(role), confirmed)).collect_view();
        view! {
            <PageHeader title=tr!(accounts.factor_roles) back detail=tr!(accounts.factor_roles_detail)/>
            {(!confirmed).then(|| confirm_panel("/users/second-factor".to_owned()))}
            <section class="panel"><ul class="rows">{rows}</ul></section>
        }
    })
    .class("main--narrow"))
}

fn row(role: Role, required: bool, confirmed: bool) -> impl IntoView {
    let hidden = vec![("role", role.as_str().to_owned()), ("required", (!required).to_string())];
    let label = if required { tr!(accounts.factor_release) } else { tr!(accounts.factor_require) };
    let button = confirmed.then(|| {
        view! { <PostButton action="/api/accounts/require_factor" label hidden tone=ButtonTone::Quiet about=role_name(role)/> }
    });
    view! {
        <li class="rows__row">
            <Icon glyph=if required { Glyph::Lock } else { Glyph::User }/>
            <div class="rows__main">{role_name(role)}</div>
            <div class="rows__side">
                {required.then(|| view! { <StatusBadge tone=Tone::Done label=tr!(accounts.factor_required)/> })}
                {button}
            </div>
        </li>
    }
}
