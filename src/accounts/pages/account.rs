//! `/account`: the user's own account, with the language and the clinic.

use leptos::prelude::*;

use crate::{
    core::{Permission, Result, Role},
    organisation,
    server::{Ctx, Page},
    tr,
    ui::{Button, ButtonTone, Choice, DescriptionList, Detail, Form, Glyph, LinkButton, PageHeader, RadioField},
};

/// Shows the user's own account.
///
/// # Errors
/// When the user is signed out.
pub async fn account_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let clinics: Vec<_> = organisation::clinics(&mut ctx.tx)
        .await?
        .into_iter()
        .filter(|clinic| ctx.who.may_at(Permission::OwnAccount, clinic.id))
        .map(|clinic| Choice::new(clinic.id.to_string(), clinic.name).hint(clinic.address))
        .collect();
    let (here, who) = (ctx.clinic.id.to_string(), ctx.who.clone());
    Ok(Page::new(tr!(nav.account), move || {
        let mut roles: Vec<_> = who.roles.iter().map(|(role, _)| role_name(*role)).collect();
        roles.dedup();
        let language = match crate::core::locale::current() {
            crate::core::locale::Locale::en => "en",
            crate::core::locale::Locale::es => "es",
        };
        let choose_clinic = (clinics.len() > 1).then(|| {
            view! {
                <section class="panel"><div class="panel__body">
                    <Form action="/api/accounts/clinic">
                        <RadioField name="clinic_id" label=tr!(accounts.clinic) choices=clinics value=here/>
                        <div class="form__actions"><Button label=tr!(accounts.work_here) tone=ButtonTone::Primary/></div>
                    </Form>
                </div></section>
            }
        });
        let profile = who.staff.map(|_| {
            view! {
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(organisation.profile)}</h2></div>
                    <div class="panel__body stack">
                        <p>{tr!(organisation.profile_detail)}</p>
                        <div class="form__actions"><LinkButton href="/profile" label=tr!(organisation.profile) glyph=Glyph::User/></div>
                    </div>
                </section>
            }
        });
        let languages = vec![Choice::new("en", "English"), Choice::new("es", "Español")];
        view! {
            <PageHeader title=who.name.clone()/>
            <div class="stack">
                <section class="panel"><div class="panel__body">
                    <DescriptionList details=vec![
                        Detail::new(tr!(accounts.login), who.login.clone()),
                        Detail::new(tr!(accounts.roles), roles.join(", ")),
                    ]/>
                </div></section>
                {profile}
                {choose_clinic}
                <section class="panel"><div class="panel__body">
                    <Form action="/api/accounts/language" hidden=vec![("next", "/account".to_owned())]>
                        <RadioField name="language" label=tr!(accounts.language) choices=languages value=language inline=true/>
                        <div class="form__actions"><Button label=tr!(ui.save)/></div>
                    </Form>
                </div></section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(accounts.security)}</h2></div>
                    <div class="panel__body stack">
                        <p>{tr!(accounts.security_hint)}</p>
                        <div class="form__actions"><LinkButton href="/account/security" label=tr!(accounts.security) glyph=Glyph::Lock/></div>
                    </div>
                </section>
            </div>
        }
    })
    .class("main--narrow"))
}

/// Returns the name of a role.
pub fn role_name(role: Role) -> &'static str {
    crate::audit::role_words(role)
}
