//! `/messages/calls`: the people whom the desk calls, because something changed and they have no address for messages.

use leptos::prelude::*;
use serde::Deserialize;

use super::toast;
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_date_time, show_minutes},
    },
    messages::{
        DeskOutcome, cause_words,
        outbox::{self, ToCall},
    },
    patients::{self, Contact, MorePhone},
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Button, ButtonTone, Choice, EmptyState, Form, Glyph, Live, PageHeader, PhoneLink, SelectField, StatusBadge, Tone, refused_for},
};

const CALLED: &str = "/api/messages/called";
/// The calls that one page shows.
const SHOWN: i64 = 100;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct MessageCallsQuery {
    #[serde(default)]
    done: String,
}

/// The numbers of a patient in the order in which they are tried.
struct CallPhones {
    /// The preferred one; empty when there is none.
    first: String,
    /// That of the record, where another one is preferred.
    main: Option<String>,
    others: Vec<MorePhone>,
}

struct Calls {
    listed: Vec<(ToCall, CallPhones, Vec<Contact>)>,
    now: Instant,
    zone: Zone,
}

impl Calls {
    async fn read(ctx: &mut Ctx) -> Result<Self> {
        let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
        let found = outbox::to_call(&mut ctx.tx, clinic, SHOWN).await?;
        ctx.saw_live(found.iter().map(|call| call.patient_id), "message_calls").await?;
        let mut listed = Vec::new();
        for call in found {
            let main = patients::find(&mut ctx.tx, call.patient_id).await?.facts.more.phone;
            let phone = patients::preferred_phone(&mut ctx.tx, call.patient_id, &main).await?;
            let mut others = patients::phones_of(&mut ctx.tx, call.patient_id).await?;
            others.retain(|one| one.preferred_at.is_none());
            let main = Some(main).filter(|main| !main.is_empty() && *main != phone);
            let phones = CallPhones { first: phone, main, others };
            let contacts = patients::contacts(&mut ctx.tx, call.patient_id).await?;
            listed.push((call, phones, contacts));
        }
        Ok(Self { listed, now, zone })
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn message_calls_page(Query(query): Query<MessageCallsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    let calls = Calls::read(&mut ctx).await?;
    Ok(Page::new(tr!(messages.calls), move || {
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(messages.calls) detail=tr!(messages.calls_text)/>
            <Live topics="messages" from="/messages/calls/live">{list(&calls)}</Live>
        }
    }))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn message_calls_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    let calls = Calls::read(&mut ctx).await?;
    Ok(Part::new(move || list(&calls)))
}

fn list(calls: &Calls) -> AnyView {
    if calls.listed.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(messages.no_calls) text=tr!(messages.no_calls_text)/> }.into_any();
    }
    let items = calls.listed.iter().map(|(call, phones, contacts)| one(calls, call, phones, contacts)).collect_view();
    view! { <div class="stack">{items}</div> }.into_any()
}

fn one(calls: &Calls, call: &ToCall, phones: &CallPhones, contacts: &[Contact]) -> AnyView {
    let since = show_minutes((calls.now - call.created_at).num_minutes());
    let about = call.about_at.map(|at| show_date_time(calls.zone.local(at))).unwrap_or_default();
    let phone = match phones.first.is_empty() {
        true => tr!(messages.no_phone).into_any(),
        false => view! { <PhoneLink number=phones.first.clone()/> }.into_any(),
    };
    let main = phones.main.clone().map(|number| view! { <li><PhoneLink number/></li> });
    let others = phones.others.iter().map(|one| view! { <li>{patients::phone_line(one)}</li> }).collect_view();
    let contacts = contacts
        .iter()
        .map(
            |contact| view! { <li>{format!("{} · {} ", contact.name, contact.relationship)}<PhoneLink number=contact.phone.clone()/></li> },
        )
        .collect_view();
    let tried = (call.attempts > 0).then(|| {
        let again = show_date_time(calls.zone.local(call.due_at));
        view! { <p class="muted small">{tr!(messages.tried, count = call.attempts, outcome = cause_words(&call.cause), again = again)}</p> }
    });
    let id = call.id.to_string();
    let form_id = if refused_for(CALLED, "message_id", &id) { "called-refused".to_owned() } else { format!("called-{id}") };
    let hidden = vec![("message_id", id.clone())];
    let outcomes: Vec<Choice> = DeskOutcome::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <section class="panel" data-key=id>
            <div class="panel__head">
                <h2><a href=format!("/patients/{}", call.patient_id)>{call.name.listed()}</a></h2>
                <div class="cluster"><StatusBadge tone=Tone::Waiting label=since/></div>
            </div>
            <div class="panel__body stack stack--tight">
                <p><strong>{call.kind.words()}</strong>" "{about}" "<span class="muted">{format!("{} {}", tr!(ui.mrn), call.mrn)}</span></p>
                <p>{phone}</p>
                <ul class="small">{main}{others}{contacts}</ul>
                {tried}
                <Form action=CALLED id=form_id hidden class="form--inline">
                    <SelectField name="outcome" label=tr!(messages.outcome) choices=outcomes prompt=tr!(errors.choose) required=true/>
                    <Button label=tr!(messages.record_call) tone=ButtonTone::Primary/>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
