//! `/orders/kinds`: the settings of each kind: whether doctors can order it, and when patients of a visit go there.

use leptos::prelude::*;
use serde::Deserialize;

use super::done_words;
use crate::{
    core::{Permission, Result},
    orders::{Kind, KindStop, kind},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, CheckboxField, Choice, Form, PageHeader, SelectField, Toast},
};

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct KindsQuery {
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn kinds_page(Query(KindsQuery { done }): Query<KindsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageHospital).await?;
    let kinds = kind::kinds(&mut ctx).await?;
    Ok(Page::new(tr!(orders.kinds), move || {
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(orders.kinds) detail=tr!(orders.kinds_text)/>
            {kinds.into_iter().map(panel).collect_view()}
        }
    }))
}

fn panel(kind: Kind) -> AnyView {
    let name = kind.of.name;
    let stops: Vec<Choice> = KindStop::ALL.iter().map(|stop| Choice::new(stop.as_str(), stop.words())).collect();
    let hidden = vec![("kind", name.to_owned()), ("version", kind.version.to_string())];
    view! {
        <section class="panel" id=format!("kind-{name}")>
            <div class="panel__head"><h2>{(kind.of.words)()}</h2></div>
            <div class="panel__body">
                <Form action="/api/orders/settle_kind" id=format!("kind-{name}-form") hidden>
                    <CheckboxField name="offered" label=tr!(orders.offered) checked=kind.offered/>
                    <SelectField name="stop" label=tr!(orders.stop) hint=tr!(orders.stop_hint) choices=stops value=kind.stop.as_str()/>
                    <div class="form__actions"><Button label=tr!(ui.save)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
