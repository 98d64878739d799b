//! `/formulary/{id}`: one drug with its substances and the rules that concern it, or a bare name.

use leptos::prelude::*;

use super::{
    DoneQuery, done_words,
    list::warning_badges,
    mapping::map_form,
    parts::{confirmed_words, state_badge},
    substance::{Facts, substance_panel},
};
use crate::{
    core::{DrugId, Error, Permission, Result, time::Zone},
    formulary::{DrugStatus, drug::Drug, store},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{ButtonTone, Confirm, DescriptionList, Detail, Glyph, LinkButton, NoticeBox, PageHeader, PostButton, Toast, Tone},
};

/// The page.
pub async fn drug_page(Path(id): Path<DrugId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let drug = store::drugs::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (manages, zone) = (ctx.who.may(Permission::ManageFormulary), ctx.zone());
    let mut substances = Vec::new();
    for one in &drug.ingredients {
        substances.push(Facts::load(&mut ctx, one.substance).await?);
    }
    let bare = drug.status == DrugStatus::Unmapped;
    // A bare name is mapped to a drug of the list.
    let offered = if bare && manages { store::drugs::all(&mut ctx.tx).await? } else { Vec::new() };
    Ok(Page::new(drug.shown_name().to_owned(), move || view(&drug, substances, &offered, &done, (manages, zone))))
}

fn view(drug: &Drug, substances: Vec<Facts>, offered: &[Drug], done: &str, (manages, zone): (bool, Zone)) -> impl IntoView + use<> {
    let (title, back) = match drug.status {
        DrugStatus::Unmapped => (drug.name.clone(), ("/formulary/mapping".to_owned(), tr!(formulary.mapping).to_owned())),
        _ => (drug.shown_name().to_owned(), ("/formulary".to_owned(), tr!(formulary.title).to_owned())),
    };
    let bare = drug.status == DrugStatus::Unmapped;
    let actions = manages.then(|| acts(drug));
    let mapping = (bare && manages && !drug.retired).then(|| map_form(drug, offered, true));
    let notice = (!bare && !drug.retired && drug.confirmed_at.is_none()).then(|| {
        view! { <NoticeBox tone=Tone::Warning title=tr!(formulary.unconfirmed)><p>{tr!(formulary.unconfirmed_text)}</p></NoticeBox> }
    });
    let facts = (!bare).then(|| facts(drug, zone));
    let name = bare.then(|| view! { <p>{tr!(formulary.bare_text)}</p> });
    let here = format!("/formulary/{}", drug.id);
    let panels = substances.into_iter().map(|facts| substance_panel(&facts, manages, zone, &here, true)).collect_view();
    view! {
        {done_words(done).map(|text| view! { <Toast text/> })}
        <PageHeader title back actions/>
        {notice}
        {name}
        {mapping}
        {facts}
        {panels}
    }
}

/// Shows the buttons that change the drug.
fn acts(drug: &Drug) -> AnyView {
    let hidden = vec![("id", drug.id.to_string()), ("version", drug.version.to_string())];
    if drug.retired {
        return view! { <PostButton action="/api/formulary/bring_back_drug" label=tr!(formulary.bring_back) hidden/> }.into_any();
    }
    let is_waiting = drug.status != DrugStatus::Unmapped && drug.confirmed_at.is_none();
    let (to_confirm, edit) = (hidden.clone(), format!("/formulary/{}/edit", drug.id));
    let edit_label = if drug.status == DrugStatus::Unmapped { tr!(formulary.complete) } else { tr!(formulary.edit) };
    let confirm = is_waiting.then(|| {
        view! {
            <Confirm label=tr!(formulary.confirm) tone=ButtonTone::Primary text=tr!(formulary.confirm_question)>
                <PostButton action="/api/formulary/confirm_drug" label=tr!(formulary.confirm) tone=ButtonTone::Primary hidden=to_confirm/>
            </Confirm>
        }
    });
    view! {
        {confirm}
        <LinkButton href=edit label=edit_label glyph=Glyph::Edit/>
        <Confirm label=tr!(formulary.retire) text=tr!(formulary.retire_question)>
            <PostButton action="/api/formulary/retire_drug" label=tr!(formulary.retire) tone=ButtonTone::Danger hidden/>
        </Confirm>
    }
    .into_any()
}

fn facts(drug: &Drug, zone: Zone) -> impl IntoView + use<> {
    let routes = drug.routes.iter().map(|route| route.words()).collect::<Vec<_>>().join(", ");
    let divisible = match drug.divisible {
        2 => tr!(formulary.in_halves),
        4 => tr!(formulary.in_quarters),
        _ => tr!(formulary.not_divisible),
    };
    let mut details = vec![
        Detail::new(tr!(formulary.code), drug.code.clone()),
        Detail::new(tr!(formulary.name), drug.name.clone()),
        Detail::new(tr!(formulary.name_es), drug.name_es.clone()),
        Detail::new(tr!(formulary.ingredients), drug.strength_words()),
        Detail::new(tr!(formulary.form), drug.form.map(|form| form.words().to_owned()).unwrap_or_default()),
        Detail::new(tr!(formulary.routes), routes),
        Detail::new(tr!(formulary.unit), drug.unit.map(|unit| unit.words().to_owned()).unwrap_or_default()),
        Detail::new(tr!(formulary.divisible), divisible),
        Detail::new(tr!(formulary.status), drug.status.words()),
        Detail::view(tr!(formulary.warnings), warning_badges(drug)),
    ];
    if !drug.cautions.is_empty() {
        let sentences = drug.cautions.iter().map(|caution| caution.words()).collect::<Vec<_>>().join(" ");
        details.push(Detail::new(tr!(formulary.cautions), sentences));
    }
    if !drug.diluent.is_empty() {
        details.push(Detail::new(tr!(formulary.diluent), drug.diluent.clone()));
    }
    if let Some(days) = drug.in_use_days {
        details.push(Detail::new(tr!(formulary.in_use), tr!(formulary.days, count = days)));
    }
    if !drug.schedule.is_empty() {
        details.push(Detail::new(tr!(formulary.schedule), drug.schedule.clone()));
    }
    details.push(Detail::new(tr!(formulary.source), drug.source.clone()));
    details.push(Detail::view(tr!(formulary.state), state_badge(drug.retired, drug.confirmed_at.is_some())));
    if drug.confirmed_at.is_some() {
        details.push(Detail::new(tr!(formulary.confirmed), confirmed_words(drug.confirmed_at, drug.confirmed_by.as_deref(), zone)));
    }
    view! {
        <section class="panel" aria-labelledby="drug-facts">
            <div class="panel__head"><h2 id="drug-facts">{tr!(formulary.drug)}</h2></div>
            <div class="panel__body"><DescriptionList details/></div>
        </section>
    }
}
