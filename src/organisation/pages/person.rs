//! `/settings/staff/new` and `/settings/staff/{id}`: the form of a member of staff.

use leptos::prelude::*;

use super::{
    fields::{both_versions, control, refused_form},
    managing,
};
use crate::{
    audit::field_words,
    core::{
        IdempotencyKey, Result, StaffId,
        form::FormState,
        time::{Zone, show_date_time},
    },
    organisation::{
        lists::{LastChange, Names, Typed},
        people::{self, FIELDS, Person, Several, Tie, Ties, last_change, offered, person, several_words, ticked, tie_words, ties},
    },
    server::{Ctx, Page, Path},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Confirm, DescriptionList, Detail, Fieldset, Form, LinkButton, NoticeBox, PageHeader, PostButton,
        Tone,
    },
};

const SAVE: &str = "/api/organisation/save_staff";

/// The choices of each kind.
pub(super) type Offers = Vec<(Several, Vec<(String, String)>)>;

/// Reads what can be ticked on the form of `person`.
pub(super) async fn offers(ctx: &mut Ctx, person: Option<&Person>) -> Result<Offers> {
    let mut offers = Vec::new();
    for of in Several::ALL.iter().copied() {
        offers.push((of, offered(&mut ctx.tx, of, person.map_or(&[], |person| person.several(of))).await?));
    }
    Ok(offers)
}

/// The ticks of a kind.
pub(super) fn ticks(of: Several, offered: &[(String, String)], has: &[String]) -> AnyView {
    let boxes = offered
        .iter()
        .map(|(id, label)| view! { <CheckboxField name=of.tick(id) label=label.clone() checked=has.contains(id)/> })
        .collect_view();
    let hint = if of == Several::Departments { tr!(organisation.hint_further_departments) } else { "" };
    view! { <Fieldset legend=several_words(of) hint=hint.to_owned()>{boxes}</Fieldset> }.into_any()
}

/// The fields and ticks, made inside the form, where a field finds what a refused post typed.
fn controls(values: Vec<String>, names: &Names, offers: &Offers, person: Option<&Person>) -> AnyView {
    let fields = FIELDS.iter().zip(values).map(|(field, value)| control(field, value, names, false)).collect_view();
    let several = offers
        .iter()
        .filter(|(_, offered)| !offered.is_empty())
        .map(|(of, offered)| ticks(*of, offered, person.map_or(&[], |person| person.several(*of))))
        .collect_view();
    view! { {fields}{several} }.into_any()
}

fn buttons() -> impl IntoView {
    view! {
        <div class="form__actions">
            <Button label=tr!(organisation.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
            <LinkButton href="/settings/staff" label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
        </div>
    }
}

fn back() -> (String, String) {
    ("/settings/staff".to_owned(), tr!(organisation.staff).to_owned())
}

/// The form of a new row.
pub async fn new_page() -> Result<Page> {
    let mut ctx = managing().await?;
    let names = people::names(&mut ctx.tx).await?;
    let offers = offers(&mut ctx, None).await?;
    Ok(Page::new(tr!(organisation.add_person), move || {
        let hidden = vec![("key", IdempotencyKey::new().to_string())];
        let fields = move || controls(vec![String::new(); FIELDS.len()], &names, &offers, None);
        view! {
            <PageHeader title=tr!(organisation.add_person) back=back() detail=tr!(organisation.add_person_detail)/>
            <Form action=SAVE hidden>
                {fields()}
                {buttons()}
            </Form>
        }
    })
    .class("main--narrow"))
}

/// The data that the page of a person shows beside its fields.
struct PersonShown {
    person: Person,
    names: Names,
    offers: Offers,
    ties: Vec<Tie>,
    zone: Zone,
    last: LastChange,
    last_at: Option<String>,
    form: Option<FormState>,
}

/// The row: its form, its sign-in, what hangs on it, retiring and bringing back.
pub async fn person_page(Path(id): Path<StaffId>) -> Result<Page> {
    let mut ctx = managing().await?;
    let (now, zone) = (ctx.now, ctx.zone());
    let person = person(&mut ctx.tx, id).await?;
    let names = people::names(&mut ctx.tx).await?;
    let offers = offers(&mut ctx, Some(&person)).await?;
    let ties = if person.retired { Vec::new() } else { ties(&mut ctx.tx, id, now).await? };
    let last = last_change(&mut ctx.tx, id).await?;
    let last_at = last.changed_at.map(|at| show_date_time(zone.local(at)));
    let form = refused_form(ctx.request(), SAVE, Some(&id.to_string()));
    let shown = PersonShown { person, names, offers, ties, zone, last, last_at, form };
    Ok(Page::new(shown.person.name().to_owned(), move || person_view(shown)).class("main--narrow"))
}

/// The ticks of a refused form that differ from the record: the kind, the record, the ticks.
pub(super) fn ticked_otherwise(form: Option<&FormState>, offers: &Offers, person: &Person) -> Vec<[String; 3]> {
    let Some(form) = form else { return Vec::new() };
    let typed: Typed = form.values.iter().cloned().collect();
    let words = |of: Several, has: &[String]| {
        let offered = offers.iter().find(|(known, _)| *known == of).map_or(&[][..], |(_, offered)| &offered[..]);
        let chosen = offered.iter().filter(|(id, _)| has.contains(id)).map(|(_, name)| name.as_str());
        chosen.collect::<Vec<_>>().join(", ")
    };
    let one = |of: &Several| {
        let (before, after) = (words(*of, person.several(*of)), words(*of, &ticked(&typed, *of)));
        (before != after).then(|| [several_words(*of).to_owned(), before, after])
    };
    offers.iter().map(|(of, _)| of).filter_map(one).collect()
}

fn person_view(shown: PersonShown) -> impl IntoView {
    let PersonShown { person, names, offers, ties, zone, last, last_at, form } = shown;
    let detail = last.changed_by.clone().zip(last_at.clone()).map(|(name, at)| tr!(organisation.last_saved, name = name, at = at));
    let header = match detail {
        Some(detail) => view! { <PageHeader title=person.name().to_owned() back=back() detail/> }.into_any(),
        None => view! { <PageHeader title=person.name().to_owned() back=back()/> }.into_any(),
    };
    if person.retired {
        return view! { {header}{retired_view(&person, &names)} }.into_any();
    }
    let more = ticked_otherwise(form.as_ref(), &offers, &person);
    let versions = both_versions(form.as_ref(), (FIELDS, &person.values, person.version), (&last, last_at), &names, more);
    let sent = hidden(&person);
    let for_fields = person.clone();
    let fields = move || controls(for_fields.values.clone(), &names, &offers, Some(&for_fields));
    view! {
        {header}
        <div class="stack">
            {versions}
            <p><a href=format!("/settings/staff/{}/photo", person.id)>{tr!(organisation.photo)}</a></p>
            <Form action=SAVE hidden=sent>
                {fields()}
                {buttons()}
            </Form>
            {sign_in_view(&person)}
            {retire_view(&person, &ties, zone)}
        </div>
    }
    .into_any()
}

fn hidden(person: &Person) -> Vec<(&'static str, String)> {
    vec![("id", person.id.to_string()), ("version", person.version.to_string())]
}

/// The way to roles and sign-in, or to an invitation.
fn sign_in_view(person: &Person) -> impl IntoView + use<> {
    let (text, href, label) = match person.user {
        Some(user) => (tr!(organisation.sign_in_text), format!("/users/{user}"), tr!(organisation.to_user)),
        None => (tr!(organisation.no_sign_in_text), format!("/users/new?staff={}", person.id), tr!(accounts.invite)),
    };
    view! {
        <section class="panel" aria-labelledby="sign-in">
            <div class="panel__head"><h2 id="sign-in">{tr!(organisation.sign_in)}</h2></div>
            <div class="panel__body stack">
                <p>{text}</p>
                <div class="form__actions"><LinkButton href label/></div>
            </div>
        </section>
    }
}

fn retired_view(person: &Person, names: &Names) -> impl IntoView + use<> {
    let details = FIELDS.iter().zip(&person.values).map(|(field, value)| Detail::new(field_words(field.name), names.words(field, value)));
    view! {
        <div class="stack">
            <NoticeBox tone=Tone::Inactive title=tr!(organisation.retired)><p>{tr!(organisation.retired_text)}</p></NoticeBox>
            <DescriptionList details=details.collect()/>
            <div class="form__actions">
                <PostButton action="/api/organisation/bring_back_staff" label=tr!(organisation.bring_back) hidden=hidden(person)/>
            </div>
        </div>
    }
}

/// The open work of a member of staff, as a list with the ways to settle it.
pub fn ties_view(staff: StaffId, ties: &[Tie], zone: Zone) -> AnyView {
    let ways = |tie: &Tie| {
        if tie.what == Ties::Wishes {
            return Some(view! { " "<a href="/waitlist">{tr!(organisation.waitlist)}</a> }.into_any());
        }
        matches!(tie.what, Ties::Bookings | Ties::Hours).then(|| {
            let (hours, settle) = (format!("/settings/hours?doctor={staff}"), format!("/settle?doctor={staff}"));
            view! { " "<a href=hours>{tr!(organisation.hours)}</a>" · "<a href=settle>{tr!(organisation.to_settle)}</a> }.into_any()
        })
    };
    let things = ties.iter().map(|tie| view! { <li>{tie_words(tie, zone)}{ways(tie)}</li> }).collect_view();
    view! { <ul>{things}</ul> }.into_any()
}

/// The open work of the member of staff, or the button that retires the row.
fn retire_view(person: &Person, ties: &[Tie], zone: Zone) -> impl IntoView + use<> {
    let sent = hidden(person);
    let stops = ties.iter().any(|tie| tie.what.must_be_settled());
    let things = (!ties.is_empty()).then(|| ties_view(person.id, ties, zone));
    let body = match person.user {
        _ if stops => view! { <p>{tr!(organisation.in_use)}</p>{things} }.into_any(),
        Some(user) => view! {
            <p>{tr!(organisation.retire_with_user)}</p>
            {things}
            <div class="form__actions"><LinkButton href=format!("/users/{user}") label=tr!(organisation.to_user)/></div>
        }
        .into_any(),
        None => view! {
            <p>{tr!(organisation.retire_text)}</p>
            {things}
            <Confirm label=tr!(organisation.retire) text=tr!(organisation.retire_question)>
                <PostButton
                    action="/api/organisation/retire_staff"
                    label=tr!(organisation.retire)
                    tone=ButtonTone::Danger
                    hidden=sent
                />
            </Confirm>
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="retire">
            <div class="panel__head"><h2 id="retire">{tr!(organisation.retire_title)}</h2></div>
            <div class="panel__body">{body}</div>
        </section>
    }
}
