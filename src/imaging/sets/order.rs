//! A set is ordered: each ticked line is an order by itself, all with one requisition, or none.

use super::{Offer, OfferedItem, SetItem, study_id};
use crate::{
    core::{Error, FieldError, OrderId, PatientId, Result, form::chosen},
    db::Locked,
    imaging::studies::{self, ImagingForm},
    lab::{self, LabItem, RequestForm},
    orders,
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The fields that all lines share.
const SHARED: [&str; 8] = ["priority", "fasting", "wanted_day", "reason", "instructions", "draft", "again", "look"];

/// The errors of several lines: the same one once, and all that a doctor must confirm in one message.
#[derive(Default)]
struct Gathered(Vec<FieldError>);

impl Gathered {
    /// Returns the value, or keeps the errors of the line; passes another error on. `side` is the field for the side of the line.
    fn check<T>(&mut self, done: Result<T>, side: &str) -> Result<Option<T>> {
        let errors = match done {
            Ok(value) => return Ok(Some(value)),
            Err(Error::Invalid(errors)) => errors,
            Err(error) => return Err(error),
        };
        for mut error in errors {
            if error.field == "side" {
                side.clone_into(&mut error.field);
            }
            match self.0.iter_mut().find(|known| known.field == error.field) {
                Some(known) if known.message == error.message || error.field != "again" => {}
                Some(known) => known.message = format!("{} {}", known.message, error.message),
                None => self.0.push(error),
            }
        }
        Ok(None)
    }

    fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// Orders the ticked lines of the form for the patient of a visit or a stay. A form that is sent twice orders once.
///
/// # Errors
/// [`Error::Invalid`] with the field: nothing is ticked, a side is missing, a line is on order already; `look` has tubes and price, when they were
/// only asked for.
pub async fn order(ctx: &mut Ctx, patient: Locked<PatientId>, place: orders::Place, typed: &Typed) -> Result<()> {
    let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
    let key: OrderId = chosen("key", value("key"))?;
    let offer = Offer::read(&mut ctx.tx).await?;
    let ticked: Vec<OfferedItem> = offer.items().into_iter().filter(|one| !value(&one.field).is_empty()).collect();
    if ticked.is_empty() {
        return Err(Error::invalid("lines", tr!(orders.set_nothing)));
    }
    if !value("look").is_empty() {
        return Err(look(ctx, patient.id(), place, &offer, &ticked).await?);
    }
    let shared = |more: Vec<(String, String)>| -> Typed {
        SHARED.iter().map(|name| ((*name).to_owned(), value(name).to_owned())).chain(more).collect()
    };
    let mut gathered = Gathered::default();
    let is_lab = |one: &&OfferedItem| matches!(one.item, SetItem::Lab(_));
    let (tests, studies): (Vec<&OfferedItem>, Vec<&OfferedItem>) = ticked.iter().partition(is_lab);
    let mut of_lab = None;
    if !tests.is_empty() {
        let codes = tests.iter().map(|one| (format!("item-{}", one.code), "true".to_owned()));
        let own = shared(codes.chain([("key".to_owned(), key.to_string())]).collect());
        of_lab = gathered.check(RequestForm::read(ctx, &own), "side")?;
    }
    let mut of_imaging = Vec::new();
    for (nth, one) in studies.iter().enumerate() {
        let side = format!("side-{}", one.code);
        let own = vec![
            ("key".to_owned(), study_id(key, nth).to_string()),
            ("procedure".to_owned(), one.code.clone()),
            ("side".to_owned(), value(&side).to_owned()),
        ];
        of_imaging.extend(gathered.check(ImagingForm::read(ctx, &shared(own), &offer.procedures), &side)?);
    }
    gathered.finish()?;
    let (mut gathered, mut requisition) = (Gathered::default(), None);
    if let Some(form) = of_lab {
        gathered.check(lab::order_tests_with(ctx, patient, place, &form, &mut requisition).await, "side")?;
    }
    for form in of_imaging {
        gathered.check(studies::order_with(ctx, patient, place, &form, &mut requisition).await, "side")?;
    }
    gathered.finish()
}

/// Returns tubes and price of the ticked lines, as the answer to a form that was sent to look at them.
async fn look(ctx: &mut Ctx, patient: PatientId, place: orders::Place, offer: &Offer, ticked: &[OfferedItem]) -> Result<Error> {
    let items: Vec<LabItem> = ticked
        .iter()
        .filter_map(|one| match one.item {
            SetItem::Lab(item) => Some(item),
            SetItem::Procedure(_) => None,
        })
        .collect();
    let priced: Vec<_> = ticked
        .iter()
        .map(|one| {
            let item = match one.item {
                SetItem::Lab(item) => item.price_item(&offer.tests),
                SetItem::Procedure(id) => {
                    offer.procedures.iter().find(|procedure| procedure.id == id).and_then(|procedure| procedure.item_id)
                }
            };
            (one.name.clone(), item)
        })
        .collect();
    let mut lines = lab::tubes(&offer.tests, &items);
    lines.extend(lab::prices(ctx, patient, place.clinic, &priced).await?);
    Ok(lab::looked(&lines))
}
