//! `/{{address}}`: the entries of the clinic, and the form that adds one.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, Result},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, PageHeader, TextField, Toast},
    {{name}}::{Entry, entry::LONGEST, store},
};

/// The act that led here.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn list_page(Query(ListQuery { done }): Query<ListQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::{{Right}}).await?;
    let clinic = ctx.clinic.clone();
    let entries = store::entries(&mut ctx.tx, clinic.id).await?;
    Ok(Page::new(tr!({{name}}.title), move || {
        view! {
            {(done == "added").then(|| view! { <Toast text=tr!({{name}}.done_added)/> })}
            <PageHeader title=tr!({{name}}.title) detail=clinic.name/>
            <section class="panel">
                <div class="panel__head"><h2>{tr!({{name}}.add)}</h2></div>
                <div class="panel__body">
                    <Form action="/api/{{name}}/add">
                        <TextField name="name" label=tr!({{name}}.name) required=true maxlength=LONGEST/>
                        <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                    </Form>
                </div>
            </section>
            {list(entries)}
        }
    }))
}

fn list(entries: Vec<Entry>) -> AnyView {
    if entries.is_empty() {
        return view! {
            <section class="panel"><EmptyState glyph=Glyph::Note title=tr!({{name}}.none) text=tr!({{name}}.none_text)/></section>
        }
        .into_any();
    }
    let rows = entries.into_iter().map(|entry| view! { <li class="rows__row"><div class="rows__main">{entry.name}</div></li> }).collect_view();
    view! { <section class="panel"><ul class="rows">{rows}</ul></section> }.into_any()
}
