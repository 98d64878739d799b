//! The texts of messages, in the language of the person. They say that there is something and where: no reason, no doctor, no specialty, no
//! result, and no name. A letter about an appointment also says the price that was told at booking; a short message leads to it.

use crate::{
    core::{
        locale::{LOCALE, Locale},
        time::{Instant, show_long_date_time},
    },
    messages::{MessageKind, written_sentence},
    organisation::Clinic,
    server::{hooks::PriceFacts, mail::Mail},
    tr,
};

/// The facts of a text.
pub(in crate::messages) struct Facts<'a> {
    pub hospital: String,
    /// The beginning of links to the portal.
    pub site: String,
    pub clinic: &'a Clinic,
    pub kind: MessageKind,
    pub about_at: Option<Instant>,
    pub link: &'a str,
    /// It is about a patient for whom the person acts.
    pub for_another: bool,
    pub code: &'a str,
    /// The sentence of the hospital in the language of the reader, instead of the program's own.
    pub written: Option<&'a str>,
    /// The price of the appointment.
    pub price: Option<&'a PriceFacts>,
}

impl Facts<'_> {
    /// The time at the clinic, with the name of its zone.
    fn when(&self) -> String {
        self.about_at
            .map(|at| format!("{} ({})", show_long_date_time(self.clinic.zone.local(at)), self.clinic.zone_name))
            .unwrap_or_default()
    }

    fn sentence(&self) -> String {
        let (clinic, when) = (self.clinic.name.clone(), self.when());
        if let Some(written) = self.written {
            return written_sentence(written, &clinic, &when, self.code);
        }
        match self.kind {
            MessageKind::Code => tr!(messages.text_code, code = self.code.to_owned()),
            MessageKind::Booked => tr!(messages.text_booked, clinic = clinic, when = when),
            MessageKind::Moved => tr!(messages.text_moved, clinic = clinic, when = when),
            MessageKind::Cancelled => tr!(messages.text_cancelled, clinic = clinic, when = when),
            MessageKind::Reminder | MessageKind::ReminderSoon => tr!(messages.text_reminder, clinic = clinic, when = when),
            MessageKind::Offer => tr!(messages.text_offer, clinic = clinic, when = when),
            MessageKind::Results | MessageKind::Document => tr!(messages.text_new, clinic = clinic),
            MessageKind::Receipt => tr!(messages.text_receipt, clinic = clinic),
            MessageKind::InvoiceDue => tr!(messages.text_invoice_due, clinic = clinic),
            MessageKind::Access => tr!(messages.text_access, clinic = clinic),
        }
    }

    /// The price as it was told at booking, and as it is now where that is another one.
    fn price(&self) -> Option<String> {
        let facts = self.price?;
        let told = facts.told.as_ref()?.words_in_letter();
        Some(match facts.changed() {
            Some(now) => tr!(told.in_letter_changed, price = told, now = now.words_in_letter()),
            None => tr!(told.in_letter, price = told),
        })
    }

    /// The sentence, and whom it is for when that is not the reader.
    fn words(&self) -> String {
        if self.for_another { tr!(messages.text_for_another, text = self.sentence()) } else { self.sentence() }
    }
}

/// Writes the letter.
pub(in crate::messages) fn letter(facts: &Facts<'_>, recipient: String, language: Locale) -> Mail {
    LOCALE.sync_scope(language, || Mail {
        recipient,
        subject: match facts.kind {
            MessageKind::Code => tr!(messages.subject_code, hospital = facts.hospital.clone()),
            _ => tr!(messages.subject, hospital = facts.hospital.clone()),
        },
        body: tr!(
            messages.body,
            text = [Some(facts.words()), facts.price()].into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            link = format!("{}{}", facts.site, facts.link),
            wishes = format!("{}{}", facts.site, crate::messages::contact::PAGE),
            hospital = facts.hospital.clone()
        ),
    })
}

/// Writes the short message.
pub(in crate::messages) fn short(facts: &Facts<'_>, language: Locale) -> String {
    LOCALE.sync_scope(language, || match facts.kind {
        MessageKind::Code => format!("{}: {}", facts.hospital, facts.words()),
        _ => format!("{}: {} {}{}", facts.hospital, facts.words(), facts.site, facts.link),
    })
}
