//! The price that was told at booking beside what is charged, with the reasons of a difference. The page changes nothing.

use leptos::prelude::*;

use crate::{
    billing::{
        DraftLine, InvoiceLine,
        told::{ChargedLine, Difference, ToldCharge},
    },
    core::{
        Currency,
        time::{Zone, show_date},
    },
    server::hooks::Priced,
    tr,
    ui::{NoticeBox, Tone},
};

/// A line with the price that was told for it.
pub(super) struct ToldLine {
    told: ToldCharge,
    description: String,
    charged: ChargedLine,
}

/// Returns the lines of the draft for which a price was told.
pub(super) fn of_draft(told: Vec<ToldCharge>, lines: &[DraftLine], insurer: Option<&str>, currency: Currency) -> Vec<ToldLine> {
    let line_of = |told: ToldCharge| {
        let line = lines.iter().find(|line| line.charge.id == told.charge)?;
        let charged = ChargedLine {
            total: line.taxed.total(),
            own: line.shares.patient,
            insurer: insurer.map(str::to_owned),
            gross: line.charge.gross,
            discount: line.charge.discount,
            day: line.charge.service_day,
            currency,
        };
        Some(ToldLine { told, description: line.charge.description.clone(), charged })
    };
    told.into_iter().filter_map(line_of).collect()
}

/// Returns the lines of the invoice for which a price was told, but those that a credit note gave free.
pub(super) fn of_invoice(told: Vec<ToldCharge>, lines: &[InvoiceLine], insurer: Option<&str>, currency: Currency) -> Vec<ToldLine> {
    let line_of = |told: ToldCharge| {
        let line = lines.iter().find(|line| line.charge_id == told.charge && line.released_at.is_none())?;
        let charged = ChargedLine {
            total: line.total,
            own: line.patient_share,
            insurer: insurer.map(str::to_owned),
            gross: line.gross,
            discount: line.discount,
            day: told.service_day,
            currency,
        };
        Some(ToldLine { told, description: line.description.clone(), charged })
    };
    told.into_iter().filter_map(line_of).collect()
}

impl ToldLine {
    /// `Told at booking on Nov 14, 2026: $120.00`.
    fn told_words(&self, zone: Zone) -> String {
        let (told, day) = (self.told.told.price.words(), show_date(zone.day(self.told.told.at)));
        match self.told.told.subject {
            Priced::Appointment(_) => tr!(told.at_booking_on, day = day, price = told),
            Priced::Visit(_) => tr!(told.at_arrival_on, day = day, price = told),
        }
    }

    /// `$150.00, the patient pays $45.00 (Meridian)`.
    fn charged_words(&self) -> String {
        let (charged, currency) = (&self.charged, self.charged.currency);
        let total = currency.show(charged.total);
        match &charged.insurer {
            Some(insurer) => tr!(told.patient_pays, total = total, own = currency.show(charged.own), insurer = insurer.clone()),
            None => total,
        }
    }

    fn reason(&self, difference: Difference) -> String {
        let (told, charged) = (&self.told.told.price, &self.charged);
        let payer = |name: Option<&String>| name.cloned().unwrap_or_else(|| tr!(told.no_plan).to_owned());
        match difference {
            Difference::Item => tr!(told.because_item, item = self.description.clone()),
            Difference::Day => tr!(told.because_day, told = show_date(told.day), done = show_date(charged.day)),
            Difference::Payer => {
                let before = payer(told.insurer.as_ref().map(|(_, name)| name));
                tr!(told.because_payer, before = before, now = payer(charged.insurer.as_ref()))
            }
            Difference::Discount => {
                let currency = charged.currency;
                tr!(told.because_discount, gross = currency.show(charged.gross), discount = currency.show(charged.discount))
            }
            Difference::Price => tr!(told.because_price).to_owned(),
            Difference::Part => tr!(told.because_part).to_owned(),
        }
    }

    /// Shows the price that was told: a line where it is what is charged, a notice where it is not.
    fn view(&self, zone: Zone) -> AnyView {
        let words = self.told_words(zone);
        let differences = self.told.differences(&self.charged);
        if differences.is_empty() {
            return view! { <p class="panel__body muted">{words}</p> }.into_any();
        }
        let reasons = differences.into_iter().map(|difference| view! { <li>{self.reason(difference)}</li> }).collect_view();
        let charged = tr!(told.charged, item = self.description.clone(), price = self.charged_words());
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(told.differs)>
                <p>{words}</p>
                <p>{charged}</p>
                <ul>{reasons}</ul>
                <p>{tr!(told.stands)}</p>
            </NoticeBox>
        }
        .into_any()
    }
}

/// Shows the prices that were told for the lines above.
pub(super) fn told_view(lines: &[ToldLine], zone: Zone) -> AnyView {
    lines.iter().map(|line| line.view(zone)).collect_view().into_any()
}
