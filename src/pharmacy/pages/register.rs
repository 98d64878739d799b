//! `/pharmacy/register`: the register of controlled medicines, the lines of one item in one storeroom, and its sheet on paper.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, RegisterCheckId, Result, StockItemId, StoreroomId, UserId,
        list::{Slice, offset},
        locale::{self, Locale},
        time::{Zone, show_date_time},
    },
    pharmacy::register::{self, RegisterBalance, RegisterCheck, RegisterCheckState, RegisterEntry, RegisterOccasion},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, LinkButton, ListUrl, NumberField, PageHeader, Paging,
        PaperPage, PasswordField, PrintSheet, Row, SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

fn item_name(row: &RegisterBalance) -> String {
    match locale::current() {
        Locale::es if !row.name_es.is_empty() => row.name_es.clone(),
        Locale::en | Locale::es => row.name.clone(),
    }
}

/// Shows the balances of the clinic.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn register_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let found = register::balances(&mut ctx.tx, clinic).await?;
    Ok(Page::new(tr!(pharmacy.register), move || {
        let rows = found
            .iter()
            .map(|row| {
                let open = (row.open_checks > 0).then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(pharmacy.register_open)/> });
                Row::new(vec![
                    view! { <strong>{item_name(row)}</strong> }.into_any(),
                    row.store_name.clone().into_any(),
                    row.schedule.clone().into_any(),
                    row.unit.count(row.balance).into_any(),
                    row.number.to_string().into_any(),
                    view! { {row.checked_at.map(|at| show_date_time(zone.local(at)))}" "{open} }.into_any(),
                ])
                .href(format!("/pharmacy/register/{}/{}", row.store_id, row.item_id))
            })
            .collect();
        let columns = vec![
            Column::new(tr!(inventory.item)),
            Column::new(tr!(inventory.room)),
            Column::new(tr!(pharmacy.schedule)).secondary(),
            Column::new(tr!(pharmacy.balance)).numeric(),
            Column::new(tr!(pharmacy.line_number)).numeric(),
            Column::new(tr!(pharmacy.last_check)),
        ];
        let empty =
            view! { <EmptyState glyph=Glyph::Lock title=tr!(pharmacy.no_register) text=tr!(pharmacy.no_register_text)/> }.into_any();
        view! {
            <PageHeader title=tr!(pharmacy.register) detail=tr!(pharmacy.register_text)/>
            <DataTable caption=tr!(pharmacy.register) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

/// The page of the lines.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EntriesQuery {
    page: Option<i64>,
    done: String,
}

fn words_of(row: &RegisterEntry) -> String {
    let name = row.family_name.as_ref().map(|family| {
        let given = row.given_names.clone().unwrap_or_default();
        [family.as_str(), given.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let mrn = row.mrn.as_ref().map(|mrn| format!("{} {mrn}", tr!(ui.mrn)));
    let collector = row.collector.clone().filter(|collector| !collector.is_empty());
    let reason = row.reason.map(|reason| reason.words().to_owned());
    let reference = Some(row.reference.clone()).filter(|reference| !reference.is_empty() && reference.parse::<uuid::Uuid>().is_err());
    let parts = [name, mrn, row.prescriber.clone(), collector, row.other_room.clone(), reason, reference];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn signed(quantity: i64) -> (String, String) {
    if quantity > 0 { (quantity.to_string(), String::new()) } else { (String::new(), (-quantity).to_string()) }
}

/// Shows the lines of an item in a storeroom, with its checks.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn entries_page(Path((room, item)): Path<(StoreroomId, StockItemId)>, Query(query): Query<EntriesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let balance = register::shown(&mut ctx, room, item).await?;
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(register::entries(&mut ctx.tx, room, item, skip).await?, page);
    let checks = register::checks_of(&mut ctx.tx, room, item).await?;
    let patients = register::patients_of(&mut ctx.tx, room, item, skip).await?;
    ctx.saw_beyond(patients.clone(), patients, "controlled_register").await?;
    let (zone, user) = (ctx.zone(), ctx.user());
    Ok(Page::new(tr!(pharmacy.register), move || {
        let here = format!("/pharmacy/register/{room}/{item}");
        let text = match query.done.as_str() {
            "agreed" => tr!(pharmacy.done_agreed),
            "differs" => tr!(pharmacy.done_differs),
            "explained" => tr!(pharmacy.done_explained),
            _ => "",
        };
        let toast = (!text.is_empty()).then(|| view! { <Toast text/> });
        let back = ("/pharmacy/register".to_owned(), tr!(pharmacy.register).to_owned());
        let detail = format!("{} · {} {}", balance.store_name, tr!(pharmacy.balance), balance.unit.count(balance.balance));
        let print = view! { <LinkButton href=format!("{here}/print") label=tr!(ui.print) glyph=Glyph::Print/> }.into_any();
        let rows = found.rows.iter().map(|row| entry_row(row, zone)).collect();
        let paging = Paging::of(&found);
        view! {
            {toast}
            <PageHeader title=item_name(&balance) back detail actions=Some(print)/>
            <div class="stack">
                {check_form(&balance)}
                {checks_panel(&checks, zone, user)}
                <DataTable caption=tr!(pharmacy.register) columns=entry_columns() rows url=ListUrl::new(here) paging=Some(paging) stacked=true/>
            </div>
        }
    }))
}

fn entry_columns() -> Vec<Column> {
    vec![
        Column::new(tr!(pharmacy.line_number)).numeric(),
        Column::new(tr!(inventory.at)),
        Column::new(tr!(pharmacy.entry)),
        Column::new(tr!(inventory.batch)).secondary(),
        Column::new(tr!(pharmacy.entry_in)).numeric(),
        Column::new(tr!(pharmacy.entry_out)).numeric(),
        Column::new(tr!(pharmacy.balance)).numeric(),
        Column::new(tr!(pharmacy.two_people)),
    ]
}

fn people(row: &RegisterEntry) -> String {
    [Some(row.by_name.clone()), row.witness.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn entry_row(row: &RegisterEntry, zone: Zone) -> Row {
    let (came, left) = signed(row.quantity);
    Row::new(vec![
        row.number.to_string().into_any(),
        show_date_time(zone.local(row.at)).into_any(),
        view! { <strong>{row.kind.words()}</strong>" "{words_of(row)} }.into_any(),
        row.batch_no.clone().into_any(),
        came.into_any(),
        left.into_any(),
        row.balance.to_string().into_any(),
        people(row).into_any(),
    ])
}

fn check_form(balance: &RegisterBalance) -> AnyView {
    let hidden = vec![
        ("key", RegisterCheckId::new().to_string()),
        ("storeroom", balance.store_id.to_string()),
        ("item", balance.item_id.to_string()),
    ];
    let occasions: Vec<Choice> = RegisterOccasion::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let unit = balance.unit.words();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.check_balance)}</h2></div>
            <div class="panel__body">
                <Form action="/api/pharmacy/check_register" id="check-register" hidden>
                    <p class="muted">{tr!(pharmacy.check_balance_text)}</p>
                    <NumberField name="counted" label=tr!(inventory.counted) unit required=true/>
                    <SelectField name="occasion" label=tr!(pharmacy.occasion) choices=occasions prompt=tr!(errors.choose) required=true/>
                    <TextField name="witness" label=tr!(pharmacy.witness) required=true maxlength=120 autocomplete="off"/>
                    <PasswordField name="witness_password" label=tr!(pharmacy.witness_password) autocomplete="off"/>
                    <div class="form__actions"><Button label=tr!(pharmacy.record_check) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn checks_panel(checks: &[RegisterCheck], zone: Zone, user: UserId) -> AnyView {
    if checks.is_empty() {
        return ().into_any();
    }
    let rows = checks
        .iter()
        .map(|check| {
            let at = show_date_time(zone.local(check.at));
            let who = format!("{} · {} · {}, {}", at, check.occasion.words(), check.counter, check.witness);
            let words = tr!(pharmacy.counted_of, counted = check.counted, expected = check.expected, number = check.number);
            let explained = check.explainer.as_ref().map(|explainer| format!("{} ({explainer})", check.explanation));
            let is_third = check.counted_by != user && check.witness_id != user;
            let explain = (check.state == RegisterCheckState::Open && is_third).then(|| {
                let hidden = vec![("register_check_id", check.id.to_string())];
                view! {
                    <Form action="/api/pharmacy/explain_register" id=format!("explain-{}", check.id) hidden>
                        <TextField name="explanation" label=tr!(pharmacy.explanation) maxlength=1000 required=true/>
                        <div class="form__actions"><Button label=tr!(pharmacy.explain)/></div>
                    </Form>
                }
            });
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <strong>{words}</strong>" "<StatusBadge tone=check.state.tone() label=check.state.words()/><br/>
                        <span class="muted small">{who}</span>
                        <p>{explained}</p>
                        {explain}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.checks)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// Shows the register of an item in a storeroom for paper.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn paper_page(Path((room, item)): Path<(StoreroomId, StockItemId)>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let balance = register::shown(&mut ctx, room, item).await?;
    let lines = register::whole(&mut ctx.tx, room, item).await?;
    let patients = register::patients_of(&mut ctx.tx, room, item, 0).await?;
    ctx.saw_beyond(patients.clone(), patients, "controlled_register").await?;
    let (hospital, zone, now) = (ctx.state().hospital(), ctx.zone(), ctx.now);
    Ok(Page::new(tr!(pharmacy.register), move || {
        let rows = lines
            .iter()
            .map(|row| {
                let (came, left) = signed(row.quantity);
                view! {
                    <tr>
                        <td>{row.number}</td>
                        <td>{show_date_time(zone.local(row.at))}</td>
                        <td>{row.kind.words()}" "{words_of(row)}</td>
                        <td>{row.batch_no.clone()}</td>
                        <td>{came}</td>
                        <td>{left}</td>
                        <td>{row.balance}</td>
                        <td>{people(row)}</td>
                    </tr>
                }
            })
            .collect_view();
        let facts = vec![format!("{} · {}", balance.store_name, show_date_time(zone.local(now)))];
        let title = format!("{} · {}", tr!(pharmacy.register), item_name(&balance));
        view! {
            <PaperPage back=format!("/pharmacy/register/{room}/{item}") back_words=tr!(pharmacy.register)>
                <PrintSheet hospital=hospital.name.clone() title facts>
                    <table class="sheet__lines">
                        <thead>
                            <tr>
                                <th scope="col">{tr!(pharmacy.line_number)}</th>
                                <th scope="col">{tr!(inventory.at)}</th>
                                <th scope="col">{tr!(pharmacy.entry)}</th>
                                <th scope="col">{tr!(inventory.batch)}</th>
                                <th scope="col">{tr!(pharmacy.entry_in)}</th>
                                <th scope="col">{tr!(pharmacy.entry_out)}</th>
                                <th scope="col">{tr!(pharmacy.balance)}</th>
                                <th scope="col">{tr!(pharmacy.two_people)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
