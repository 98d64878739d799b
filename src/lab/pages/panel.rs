//! `/lab/catalogue/panels/{id}`: one panel with its tests; the form of a new panel.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{Error, LabPanelId, Permission, Result},
    lab::{
        catalogue::{Catalogue, LabPanel},
        results::with_unit,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PageHeader, PostButton, TextField, Tone},
};

const SAVE: &str = "/api/lab/save_panel";

/// Shows a panel.
///
/// # Errors
/// Not allowed, an unknown panel, or when the database refuses.
pub async fn panel_page(Path(id): Path<LabPanelId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let panel = all.panel(id).cloned().ok_or(Error::NotFound)?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, ctx.clinic.id);
    Ok(Page::new(tr!(lab.panel), move || view(&all, &panel, manages, &done)).class("main--narrow"))
}

/// Shows the form of a new panel.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageCatalogue).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    Ok(Page::new(tr!(lab.new_panel), move || {
        let back = ("/lab/catalogue".to_owned(), tr!(lab.catalogue).to_owned());
        view! { <PageHeader title=tr!(lab.new_panel) back/>{form(&all, None)} }
    })
    .class("main--narrow"))
}

fn view(all: &Catalogue, panel: &LabPanel, manages: bool, done: &str) -> AnyView {
    let back = ("/lab/catalogue".to_owned(), tr!(lab.catalogue).to_owned());
    let is_retired = panel.retired_at.is_some();
    let retire = manages.then(|| {
        let mut hidden = vec![("lab_panel_id", panel.id.to_string()), ("version", panel.version.to_string())];
        let words = if is_retired { tr!(lab.bring_back) } else { tr!(lab.retire) };
        if !is_retired {
            hidden.push(("retired", "true".to_owned()));
        }
        view! { <PostButton action="/api/lab/retire_panel" label=words hidden tone=ButtonTone::Quiet/> }
    });
    let notice = is_retired.then(|| view! { <NoticeBox tone=Tone::Warning><p>{tr!(lab.retired)}</p></NoticeBox> });
    let tests = all
        .content_of(panel.id)
        .iter()
        .filter_map(|id| all.test(*id).ok())
        .map(|test| {
            let retired = test.is_retired().then(|| format!(" · {}", tr!(lab.retired)));
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/lab/catalogue/{}", test.id)>{with_unit(test)}</a>
                        <span class="muted">{format!(" {}", test.code)}{retired}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        {toast(done)}
        <PageHeader title=panel.name().to_owned() back detail=panel.code.clone() actions=Some(retire.into_any())/>
        <div class="stack">
            {notice}
            <section class="panel"><div class="panel__head"><h2>{tr!(lab.tests)}</h2></div><ol class="rows">{tests}</ol></section>
            {manages.then(|| form(all, Some(panel)))}
        </div>
    }
    .into_any()
}

/// The form of a panel. The code of a known panel stays.
fn form(all: &Catalogue, panel: Option<&LabPanel>) -> AnyView {
    let id = panel.map_or_else(LabPanelId::new, |panel| panel.id);
    let mut hidden = vec![("key", id.to_string()), ("version", panel.map_or(0, |panel| panel.version).to_string())];
    if let Some(panel) = panel {
        hidden.push(("code", panel.code.clone()));
    }
    let text = |read: fn(&LabPanel) -> String| panel.map(read).unwrap_or_default();
    let (name_en, name_es, loinc) =
        (text(|panel| panel.name_en.clone()), text(|panel| panel.name_es.clone()), text(|panel| panel.loinc.clone()));
    // A retired test cannot be chosen again.
    let tests = panel.map(|panel| all.tests_of(panel.id)).unwrap_or_default();
    let tests = tests.iter().map(|test| test.code.clone()).collect::<Vec<_>>().join(" ");
    let is_new = panel.is_none();
    view! {
        <Form action=SAVE id="panel-form" hidden>
            {is_new.then(|| view! { <TextField name="code" label=tr!(lab.code) required=true maxlength=20 class="input--code"/> })}
            <TextField name="name_en" label=tr!(lab.name_en) value=name_en required=true maxlength=120/>
            <TextField name="name_es" label=tr!(lab.name_es) value=name_es required=true maxlength=120/>
            <TextField name="loinc" label=tr!(lab.loinc) value=loinc maxlength=10 optional=true/>
            <TextField name="tests" label=tr!(lab.tests) hint=tr!(lab.codes_hint) value=tests required=true class="input--code"/>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
