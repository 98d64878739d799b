//! `/stock/items/new` and `/stock/items/{id}/edit`: the form of an item.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result, StockItemId},
    formulary::{self, Prescribable},
    inventory::{
        GoodsKind, StockUnit,
        goods::{self, StockItem},
    },
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, Form, NumberField, PageHeader, SelectField, TextField},
};

/// Shows the form of a new item.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageStock).await?;
    let drugs = formulary::prescribable(&mut ctx.tx).await?;
    Ok(Page::new(tr!(inventory.new_item), move || view(None, &drugs)).class("main--narrow"))
}

/// Shows the form of an item.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn edit_page(Path(id): Path<StockItemId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let drugs = formulary::prescribable(&mut ctx.tx).await?;
    Ok(Page::new(tr!(inventory.edit), move || view(Some(&item), &drugs)).class("main--narrow"))
}

fn view(item: Option<&StockItem>, drugs: &[Prescribable]) -> AnyView {
    let back = match item {
        Some(item) => (format!("/stock/items/{}", item.id), item.shown_name().to_owned()),
        None => ("/stock/items".to_owned(), tr!(inventory.items).to_owned()),
    };
    let key = item.map_or_else(StockItemId::new, |item| item.id);
    let hidden = vec![("key", key.to_string()), ("version", item.map_or(0, |item| item.version).to_string())];
    let kinds: Vec<Choice> = GoodsKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    let units: Vec<Choice> = StockUnit::ALL.iter().map(|unit| Choice::new(unit.as_str(), unit.words())).collect();
    let drugs: Vec<Choice> = drugs
        .iter()
        .filter(|drug| drug.status != formulary::DrugStatus::Unmapped)
        .map(|drug| Choice::new(drug.id.to_string(), drug.name.clone()))
        .collect();
    let of = |value: fn(&StockItem) -> String| item.map(value).unwrap_or_default();
    let title = if item.is_some() { tr!(inventory.edit) } else { tr!(inventory.new_item) };
    let (kind, unit) = (of(|item| item.kind.as_str().to_owned()), of(|item| item.unit.as_str().to_owned()));
    let drug = of(|item| item.drug_id.map(|drug| drug.to_string()).unwrap_or_default());
    let (code, name, name_es) = (of(|item| item.code.clone()), of(|item| item.name.clone()), of(|item| item.name_es.clone()));
    let pack_size = item.map_or(1, |item| item.pack_size).to_string();
    let expires = item.is_none_or(|item| item.expires);
    view! {
        <PageHeader title back/>
        <Form action="/api/stock/save_item" id="item-form" hidden>
            <TextField name="code" label=tr!(inventory.code) value=code required=true maxlength=40 class="input--code"/>
            <SelectField name="kind" label=tr!(inventory.kind) choices=kinds value=kind/>
            <SelectField name="drug" label=tr!(inventory.drug) choices=drugs value=drug prompt=tr!(inventory.no_drug) hint=tr!(inventory.drug_hint) optional=true/>
            <TextField name="name" label=tr!(inventory.name) value=name required=true maxlength=200/>
            <TextField name="name_es" label=tr!(inventory.name_es) value=name_es optional=true maxlength=200/>
            <SelectField name="unit" label=tr!(inventory.unit) choices=units value=unit hint=tr!(inventory.unit_hint)/>
            <NumberField name="pack_size" label=tr!(inventory.pack_size) value=pack_size/>
            <CheckboxField name="expires" label=tr!(inventory.expires) checked=expires/>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
