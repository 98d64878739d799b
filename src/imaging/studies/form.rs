//! The form in which a doctor orders a procedure.

use crate::{
    core::{
        Error, OrderId, Result,
        error::FieldErrors,
        form,
        time::{Instant, parse_date},
    },
    imaging::{catalogue::ImagingProcedure, vocabulary::BodySide},
    orders::OrderPriority,
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The fields, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagingForm {
    /// The order's id, made with the form.
    pub key: OrderId,
    pub procedure: ImagingProcedure,
    pub side: BodySide,
    pub priority: OrderPriority,
    pub wanted_from: Option<Instant>,
    /// The clinical question.
    pub reason: String,
    pub instructions: String,
    pub is_draft: bool,
    /// Whether the doctor orders a procedure again that is on order already.
    pub again: bool,
    /// Whether only the price is asked for.
    pub is_look: bool,
}

/// The longest question or instruction.
const LONGEST_TEXT: usize = 2_000;

impl ImagingForm {
    /// Reads the form: `procedure` is a code.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(ctx: &Ctx, typed: &Typed, known: &[ImagingProcedure]) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let key = errors.chosen::<OrderId>("key", value("key"));
        let code = value("procedure").to_lowercase();
        let procedure = known.iter().find(|procedure| procedure.code == code && !procedure.is_retired());
        if procedure.is_none() {
            errors.add("procedure", tr!(imaging.choose_procedure));
        }
        let side = match value("side") {
            "" => Some(BodySide::None),
            word => errors.chosen::<BodySide>("side", word),
        };
        if procedure.is_some_and(|procedure| procedure.sided) && side == Some(BodySide::None) {
            errors.add("side", tr!(imaging.choose_side));
        }
        let priority = errors.chosen::<OrderPriority>("priority", value("priority"));
        let wanted_from = match value("wanted_day") {
            "" => None,
            day => errors.check(parse_date("wanted_day", day)).map(|day| ctx.zone().day_bounds(day).0),
        };
        let mut text = |field: &str| errors.check(form::text(field, value(field), LONGEST_TEXT)).unwrap_or_default();
        let (reason, instructions) = (text("reason"), text("instructions"));
        let is_look = !value("look").is_empty();
        if reason.is_empty() && !is_look {
            errors.add("reason", tr!(imaging.reason_needed));
        }
        errors.finish()?;
        let (Some(key), Some(procedure), Some(side), Some(priority)) = (key, procedure.cloned(), side, priority) else {
            return Err(Error::NotFound);
        };
        let side = if procedure.sided { side } else { BodySide::None };
        let (is_draft, again) = (!value("draft").is_empty(), !value("again").is_empty());
        Ok(Self { key, procedure, side, priority, wanted_from, reason, instructions, is_draft, again, is_look })
    }

    /// The name of the order: the procedure with its side.
    pub fn service(&self) -> String {
        match self.side {
            BodySide::None => self.procedure.name().to_owned(),
            side => format!("{}, {}", self.procedure.name(), side.words().to_lowercase()),
        }
    }
}
