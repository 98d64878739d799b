//! `/portal/account/contact`: where the hospital reaches the patient outside the portal, when, and about which things.

use leptos::prelude::*;
use serde::Deserialize;

use super::toast;
use crate::{
    core::{
        Error, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    messages::{
        AddressKind, MessageChannel, MessageKind,
        contact::{self, Address, MessageWishes},
    },
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmailField, Fieldset, Form, PageHeader, PostButton, SelectField, StatusBadge, TelField,
        TextField, TimeField, Tone, refused_for,
    },
};

const CONFIRM: &str = "/api/messages/confirm_address";
const ASK: &str = "/api/messages/ask_code";

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ContactQuery {
    #[serde(default)]
    done: String,
}

struct Shown {
    addresses: Vec<Address>,
    wishes: MessageWishes,
    /// The addresses of the record, which the forms propose.
    email: String,
    phone: String,
    has_gateway: bool,
    now: Instant,
    zone: Zone,
}

/// Shows the page.
///
/// # Errors
/// When the user is linked to no record, or the database refuses.
pub async fn contact_page(Query(query): Query<ContactQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let person = ctx.who.patient.ok_or(Error::Forbidden)?;
    let facts = patients::find(&mut ctx.tx, person).await?.facts;
    let phone = patients::preferred_phone(&mut ctx.tx, person, &facts.more.phone).await?;
    let shown = Shown {
        addresses: contact::channels(&mut ctx.tx, person).await?,
        wishes: contact::wishes(&mut ctx).await?,
        email: facts.more.email,
        phone,
        has_gateway: !ctx.state().config.sms_url.is_empty(),
        now: ctx.now,
        zone: ctx.zone(),
    };
    ctx.saw(person, "portal").await?;
    Ok(Page::new(tr!(messages.contact), move || {
        let back = ("/portal/account".to_owned(), tr!(nav.account).to_owned());
        let sms = shown.has_gateway.then(|| address_card(&shown, AddressKind::Sms));
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(messages.contact) back detail=tr!(messages.contact_text)/>
            <div class="portal">
                {address_card(&shown, AddressKind::Email)}
                {sms}
                {wishes_card(&shown)}
            </div>
        }
    }))
}

/// One kind of address: the one in use, the one that waits for its code, and the form for another.
fn address_card(shown: &Shown, kind: AddressKind) -> AnyView {
    let of_kind: Vec<&Address> = shown.addresses.iter().filter(|address| address.kind == kind).collect();
    let used = of_kind.iter().find(|address| address.confirmed_at.is_some());
    let waiting =
        of_kind.iter().find(|address| address.confirmed_at.is_none() && address.code_until.is_some_and(|until| until > shown.now));
    let none = used.is_none().then(|| view! { <p class="muted">{tr!(messages.none_yet)}</p> });
    let used = used.map(|address| {
        let hidden = vec![("message_channel_id", address.id.to_string())];
        let about = address.address.clone();
        view! {
            <p><strong>{address.address.clone()}</strong>" "<StatusBadge tone=Tone::Done label=tr!(messages.confirmed)/></p>
            <PostButton action="/api/messages/remove_address" label=tr!(messages.remove) hidden about tone=ButtonTone::Quiet/>
        }
    });
    let waiting = waiting.map(|address| {
        let id = address.id.to_string();
        let form_id = if refused_for(CONFIRM, "message_channel_id", &id) { "confirm-refused".to_owned() } else { format!("confirm-{kind}") };
        let until = address.code_until.map(|until| show_date_time(shown.zone.local(until))).unwrap_or_default();
        let words = tr!(messages.code_waits, address = address.address.clone(), until = until);
        view! {
            <Form action=CONFIRM id=form_id hidden=vec![("message_channel_id", id)]>
                <p>{words}</p>
                <TextField name="code" label=tr!(messages.code) autocomplete="one-time-code" class="input--code" required=true maxlength=12/>
                <div class="form__actions"><Button label=tr!(messages.confirm) tone=ButtonTone::Primary/></div>
            </Form>
        }
    });
    let proposed = match kind {
        AddressKind::Email => shown.email.clone(),
        AddressKind::Sms => shown.phone.clone(),
    };
    let field = move || match kind {
        AddressKind::Email => view! { <EmailField name="address" label=tr!(messages.email) value=proposed/> }.into_any(),
        AddressKind::Sms => {
            view! { <TelField name="address" label=tr!(messages.mobile) hint=tr!(messages.mobile_hint) value=proposed/> }.into_any()
        }
    };
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{kind.words()}</h2>
            {none}
            {used}
            {waiting}
            <Form action=ASK id=format!("ask-{kind}") hidden=vec![("kind", kind.to_string())]>
                {field()}
                <div class="form__actions"><Button label=tr!(messages.send_code)/></div>
            </Form>
        </section>
    }
    .into_any()
}

/// `HH:MM` of minutes after midnight, as the field takes it.
fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn wishes_card(shown: &Shown) -> AnyView {
    let wishes = shown.wishes.clone();
    let channels = [MessageChannel::Email, MessageChannel::Sms];
    let channels: Vec<MessageChannel> =
        channels.into_iter().filter(|channel| *channel == MessageChannel::Email || shown.has_gateway).collect();
    // Without a gateway the choices for short messages are not shown, and stay as they are.
    let mut hidden = vec![("version", wishes.version.to_string())];
    if !shown.has_gateway {
        let kept = contact::choices().filter(|(kind, channel)| *channel == MessageChannel::Sms && wishes.wants(*kind, *channel));
        hidden.extend(kept.filter_map(|(kind, _)| Some((hidden_name(kind)?, "true".to_owned()))));
    }
    let languages = vec![Choice::new("en", "English"), Choice::new("es", "Español")];
    let (from, until, language) = (clock(wishes.quiet.from), clock(wishes.quiet.until), wishes.language.clone());
    let fields = move || {
        MessageKind::ALL
            .iter()
            .filter(|kind| !kind.is_fixed())
            .map(|kind| {
                let boxes = channels
                    .iter()
                    .map(|channel| {
                        let name = format!("want-{kind}-{channel}");
                        view! { <CheckboxField name label=channel.words() checked=wishes.wants(*kind, *channel)/> }
                    })
                    .collect_view();
                view! { <Fieldset legend=kind.words()>{boxes}</Fieldset> }
            })
            .collect_view()
    };
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(messages.wishes)}</h2>
            <Form action="/api/messages/save_wishes" hidden>
                <p class="muted">{tr!(messages.wishes_text)}</p>
                <SelectField name="language" label=tr!(messages.language) choices=languages value=language prompt=tr!(messages.language_of_record)/>
                <TimeField name="quiet_from" label=tr!(messages.quiet_from) value=from/>
                <TimeField name="quiet_until" label=tr!(messages.quiet_until) value=until hint=tr!(messages.quiet_hint)/>
                {fields()}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </section>
    }
    .into_any()
}

/// The name of the field that keeps a choice for short messages.
const fn hidden_name(kind: MessageKind) -> Option<&'static str> {
    Some(match kind {
        MessageKind::Booked => "want-booked-sms",
        MessageKind::Reminder => "want-reminder-sms",
        MessageKind::ReminderSoon => "want-reminder_soon-sms",
        MessageKind::Offer => "want-offer-sms",
        MessageKind::Results => "want-results-sms",
        MessageKind::Document => "want-document-sms",
        MessageKind::Receipt => "want-receipt-sms",
        MessageKind::InvoiceDue => "want-invoice_due-sms",
        MessageKind::Code | MessageKind::Moved | MessageKind::Cancelled | MessageKind::Access => return None,
    })
}
