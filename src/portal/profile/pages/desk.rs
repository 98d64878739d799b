//! `/profile-requests`: what patients ask the desk to change, and the decision.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    super::{
        ProfileRequestKind,
        store::{self, ProfileRequest},
    },
    details,
};
use crate::{
    core::{
        Permission, Result, UserId,
        time::{Zone, show_date_time},
    },
    patients::{self, PatientLine},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, DescriptionList, EmptyState, Form, Glyph, LinkButton, NoticeBox, NumberField, PageHeader, TextField, Toast,
        Tone, refused_for,
    },
};

const DECIDE: &str = "/api/portal/decide_profile_request";
/// The requests that one page shows.
const SHOWN: i64 = 100;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ProfileRequestsQuery {
    #[serde(default)]
    done: String,
}

/// Shows the requests that wait, of patients in the clinic's care.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn profile_requests_page(Query(query): Query<ProfileRequestsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    let (clinic, zone, user) = (ctx.clinic.id, ctx.zone(), ctx.user());
    let found = store::waiting(&mut ctx.tx, clinic, SHOWN).await?;
    let ids: Vec<_> = found.iter().map(|request| request.patient_id).collect();
    let in_care = ctx.found(&ids, "profile_requests").await?;
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let found: Vec<ProfileRequest> = found.into_iter().filter(|request| in_care.contains(&request.patient_id)).collect();
    Ok(Page::new(tr!(profile.list), move || {
        let done = match query.done.as_str() {
            "accepted" => Some(tr!(profile.done_accepted)),
            "refused" => Some(tr!(profile.done_refused)),
            _ => None,
        };
        let empty = found.is_empty().then(|| view! { <EmptyState glyph=Glyph::Done title=tr!(profile.none) text=tr!(profile.none_text)/> });
        let all = found.iter().map(|request| one(request, names.get(&request.patient_id), zone, user)).collect_view();
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(profile.list) detail=tr!(profile.list_text)/>
            {empty}
            <div class="stack">{all}</div>
        }
    }))
}

fn one(request: &ProfileRequest, line: Option<&PatientLine>, zone: Zone, user: UserId) -> AnyView {
    let id = request.id.to_string();
    let name = line.map(|line| format!("{} · {}", line.name.listed(), line.mrn)).unwrap_or_default();
    let asked = format!("{}, {}", request.asker, show_date_time(zone.local(request.asked_at)));
    let document = request.document_id.map(|document| {
        view! { <LinkButton href=format!("/documents/{document}") label=tr!(profile.open_document) glyph=Glyph::Note/> }
    });
    let hint = match request.kind {
        ProfileRequestKind::Identity => tr!(profile.accept_identity),
        ProfileRequestKind::Coverage => tr!(profile.accept_coverage),
        ProfileRequestKind::Family => tr!(profile.accept_family),
    };
    let acts = if request.asked_by == user {
        view! { <NoticeBox tone=Tone::Waiting><p>{tr!(profile.not_ones_own)}</p></NoticeBox> }.into_any()
    } else {
        let hidden = |verdict: &str| vec![("profile_request_id", id.clone()), ("verdict", verdict.to_owned())];
        let refused = refused_for(DECIDE, "profile_request_id", &id);
        let form_id = |verdict: &str| if refused { format!("{verdict}-refused") } else { format!("{verdict}-{id}") };
        let share = request.kind == ProfileRequestKind::Coverage;
        view! {
            <p class="muted">{hint}</p>
            <Form action=DECIDE id=form_id("accept") hidden=hidden("accept") class="form--inline">
                {share.then(|| view! { <NumberField name="copay_percent" label=tr!(patients.copay) unit="%" hint=tr!(patients.copay_hint)/> })}
                <Button label=tr!(profile.accept) tone=ButtonTone::Primary/>
            </Form>
            <Form action=DECIDE id=form_id("refuse") hidden=hidden("refuse") class="form--inline">
                <TextField name="answer" label=tr!(profile.say_why) maxlength=500 required=true autocomplete="off"/>
                <Button label=tr!(profile.refuse) tone=ButtonTone::Danger/>
            </Form>
        }
        .into_any()
    };
    view! {
        <section class="panel" data-key=request.id.to_string()>
            <div class="panel__head">
                <h2><a href=format!("/patients/{}", request.patient_id)>{name}</a></h2>
                <span class="muted">{request.kind.words()}</span>
            </div>
            <div class="panel__body stack stack--tight">
                <p class="muted small">{asked}</p>
                <DescriptionList details=details(request)/>
                <div class="cluster">{document}</div>
                {acts}
            </div>
        </section>
    }
    .into_any()
}
