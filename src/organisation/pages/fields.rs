//! The controls of master data's fields, and the comparison of two versions of a row that two administrators edited.

use chrono_tz::TZ_VARIANTS;
use leptos::prelude::*;

use crate::{
    audit::{field_words, value_words},
    core::form::FormState,
    organisation::{
        PointKind,
        lists::{BOOKED_BY, CURRENCIES, Field, Kind, LastChange, List, Names},
        people::Profession,
    },
    server::Request,
    tr,
    ui::{CheckboxField, Choice, Column, DataTable, EmailField, NoticeBox, Row, SelectField, TelField, TextArea, TextField, Tone},
};

/// Shows the control of a field with its value. A `settled` one is shown and cannot be changed.
pub(super) fn control(field: &'static Field, value: String, names: &Names, settled: bool) -> AnyView {
    let (name, label, required) = (field.name, field_words(field.name), field.required);
    let optional = !required;
    let most = u32::try_from(field.most).ok();
    if settled {
        return view! {
            <div class="field">
                <span class="field__label">{label}</span>
                <p>{names.words(field, &value)}</p>
                <p class="field__hint">{tr!(organisation.settled)}</p>
            </div>
        }
        .into_any();
    }
    let select = |choices: Vec<Choice>, prompt: Option<&'static str>| {
        view! { <SelectField name label=label.clone() choices value=value.clone() prompt=prompt.unwrap_or(tr!(errors.choose)) required optional hint=hint(name)/> }
            .into_any()
    };
    match field.kind {
        Kind::Of(other) => {
            let choices = names.choices(other, &value).into_iter().map(|(id, words)| Choice::new(id, words)).collect();
            let none = if other == List::Services { tr!(organisation.every_service) } else { tr!(organisation.none_chosen) };
            select(choices, optional.then_some(none))
        }
        Kind::Person => {
            let choices = names.people(&value).into_iter().map(|(id, words)| Choice::new(id, words)).collect();
            select(choices, optional.then(|| tr!(organisation.none_chosen)))
        }
        Kind::Profession => {
            let words = |one: &Profession| Choice::new(one.as_str(), value_words(name, one.as_str()));
            select(Profession::ALL.iter().map(words).collect(), None)
        }
        Kind::Point => {
            select(PointKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), value_words(name, kind.as_str()))).collect(), None)
        }
        Kind::Word(list) => select(list.words().into_iter().map(|word| Choice::new(word, value_words(name, word))).collect(), None),
        Kind::BedPrice => {
            let choices = names.bed_prices(&value).into_iter().map(|(id, words)| Choice::new(id, words)).collect();
            select(choices, optional.then(|| tr!(organisation.none_chosen)))
        }
        Kind::BookedBy => select(BOOKED_BY.iter().map(|who| Choice::new(*who, value_words(name, who))).collect(), None),
        Kind::Zone => select(TZ_VARIANTS.iter().map(|zone| Choice::new(zone.name(), zone.name())).collect(), None),
        Kind::Currency => select(CURRENCIES.iter().map(|code| Choice::new(*code, *code)).collect(), None),
        Kind::Language => select(["en", "es"].iter().map(|code| Choice::new(*code, value_words(name, code))).collect(), None),
        Kind::Tick => view! { <CheckboxField name label checked=!value.is_empty() hint=hint(name)/> }.into_any(),
        Kind::Text => match most {
            Some(maxlength) => view! { <TextArea name label value maxlength optional/> }.into_any(),
            None => view! { <TextArea name label value optional/> }.into_any(),
        },
        Kind::Phone => view! { <TelField name label value required optional/> }.into_any(),
        Kind::Email => view! { <EmailField name label value required optional/> }.into_any(),
        Kind::Degrees(_) | Kind::Year | Kind::Age | Kind::Minutes | Kind::Number(..) => {
            let inputmode = if matches!(field.kind, Kind::Degrees(_)) { "text" } else { "numeric" };
            view! { <TextField name label value required optional inputmode class="input--medium" hint=hint(name) autocomplete="off"/> }
                .into_any()
        }
        Kind::Line | Kind::Code | Kind::Letter | Kind::Web | Kind::Country => {
            let class = if matches!(field.kind, Kind::Letter | Kind::Country) { "input--short" } else { "" };
            view! {
                <TextField name label value required optional class hint=hint(name) autocomplete="off" maxlength=most.unwrap_or(200)/>
            }
            .into_any()
        }
    }
}

/// Returns the help text that a user needs before filling a field in; empty when the label is enough.
fn hint(name: &str) -> &'static str {
    match name {
        "code" => tr!(organisation.hint_code),
        "time_zone" => tr!(organisation.hint_time_zone),
        "country" => tr!(organisation.hint_country),
        "latitude" => tr!(organisation.hint_latitude),
        "longitude" => tr!(organisation.hint_longitude),
        "token_letter" => tr!(organisation.hint_token_letter),
        "service_id" => tr!(organisation.hint_service_id),
        "profession" => tr!(organisation.hint_profession),
        "practising_since" => tr!(organisation.hint_practising_since),
        "accepting_bookings" => tr!(organisation.hint_accepting_bookings),
        "main_department" => tr!(organisation.hint_main_department),
        "self_pay" => tr!(organisation.hint_self_pay),
        "website" => tr!(organisation.hint_website),
        "currency" => tr!(organisation.hint_currency),
        "default_language" => tr!(organisation.hint_default_language),
        "age_of_majority" => tr!(organisation.hint_age_of_majority),
        "booking_notice_minutes" => tr!(organisation.hint_booking_notice_minutes),
        "booking_most" => tr!(organisation.hint_booking_most),
        "hold_minutes" => tr!(organisation.hint_hold_minutes),
        "cancel_minutes" => tr!(organisation.hint_cancel_minutes),
        "no_show_limit" => tr!(organisation.hint_no_show_limit),
        "overbook_limit" => tr!(organisation.hint_overbook_limit),
        "offer_minutes" => tr!(organisation.hint_offer_minutes),
        "reminder_hours" => tr!(organisation.hint_reminder_hours),
        "reservation_min" => tr!(organisation.hint_reservation_min),
        "clean_min" => tr!(organisation.hint_clean_min),
        "terminal_min" => tr!(organisation.hint_terminal_min),
        "item_id" => tr!(organisation.hint_item_id),
        "leave_item_id" => tr!(organisation.hint_leave_item_id),
        "deposit_days" => tr!(organisation.hint_deposit_days),
        _ => "",
    }
}

/// Returns the values of this request's refused form, if it was the form of `action` for this row.
pub(super) fn refused_form(request: &Request, action: &str, id: Option<&str>) -> Option<FormState> {
    let form = request.form.clone()?;
    (form.action == action && id.is_none_or(|id| form.value("id") == Some(id))).then_some(form)
}

/// Both versions of a row that somebody saved after the form was opened: what differs, on record and as typed. Nothing when the form
/// was made from the version on record. `more` are further rows of the comparison: the field, on record, as typed.
pub(super) fn both_versions(
    form: Option<&FormState>,
    (fields, values, version): (&'static [Field], &[String], i64),
    (last, at): (&LastChange, Option<String>),
    names: &Names,
    more: Vec<[String; 3]>,
) -> Option<AnyView> {
    let form = form?;
    if form.value("version") == Some(version.to_string().as_str()) {
        return None;
    }
    let rows: Vec<Row> = fields
        .iter()
        .zip(values)
        .filter_map(|(field, value)| {
            let typed = form.value(field.name).unwrap_or_default().trim();
            let sent = form.value(field.name).is_some() || field.kind == Kind::Tick;
            (sent && typed != value).then(|| [field_words(field.name), names.words(field, value), names.words(field, typed)])
        })
        .chain(more)
        .map(|cells| Row::new(cells.into_iter().map(IntoAny::into_any).collect()))
        .collect();
    let columns =
        vec![Column::new(tr!(organisation.field)), Column::new(tr!(organisation.on_record)), Column::new(tr!(organisation.typed))];
    let who = match (&last.changed_by, at) {
        (Some(by), Some(at)) => tr!(organisation.saved_by, name = by.clone(), at = at),
        _ => tr!(organisation.saved_by_somebody).to_owned(),
    };
    let body = match rows.is_empty() {
        true => view! { <p>{tr!(organisation.same_values)}</p> }.into_any(),
        false => view! { <DataTable caption=tr!(organisation.both_versions) columns rows/> }.into_any(),
    };
    Some(
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(organisation.both_versions)>
                <p>{who}" "{tr!(organisation.both_versions_text)}</p>
                {body}
            </NoticeBox>
        }
        .into_any(),
    )
}
