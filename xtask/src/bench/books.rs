//! The books before they are measured: one account with many entries, on a day with as many documents.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{PASSWORD, forms};
use crate::http::Client;
use crate::load::{self, Asked, Load};
use crate::progress;

/// Bills one patient for a large sum and pays it cent by cent, once for each key that the floor lists for it. Returns the address of the
/// statement's last pages.
pub fn long_account(port: u16, hospital: &Value) -> Result<String> {
    let patient = forms(hospital, "accounts").pop().context("nobody owes anything")?;
    let keys = forms(hospital, "books");
    let mut cashier = Client::open(port, &Client::sign_in(port, "cashier", PASSWORD)?)?;
    let page = cashier.get(&format!("/patients/{patient}/charges"))?.text();
    let item = after(&page, "name=\"item_id\"").and_then(priced_item).context("the page of charges offers no item with a price")?;
    let day = after(&page, "name=\"service_day\"").and_then(|rest| after(rest, "value=\"")).and_then(|rest| rest.get(..10));
    let day = day.context("the page of charges has no day")?;
    let key = keys.first().context("the floor lists no keys for the books")?;
    let charge = format!("patient_id={patient}&key={key}&item_id={item}&quantity=1000&service_day={day}&provider_id=");
    let charged = cashier.post("/api/billing/add_charge", &charge)?;
    ensure!(charged.location.contains("done=charged"), "the charge was answered with {}: {}", charged.status, charged.text());
    let issued = cashier.post("/api/billing/issue", &format!("patient_id={patient}"))?;
    let invoice = issued.location.split("invoice=").nth(1).context("no invoice was issued")?.to_owned();
    let one = |key: &String| format!("invoice_id={invoice}&method=card&tendered=0.01&reference=1&idempotency_key={key}");
    let bodies: Vec<String> = keys.iter().skip(1).map(one).collect();
    progress::step(&format!("{} payments of one invoice", bodies.len()), || {
        let cookie = Client::sign_in(port, "cashier", PASSWORD)?;
        let what = Asked::Forms { action: "/api/billing/pay", bodies: &bodies };
        load::run(&Load { port, what, cookie: &cookie, clients: 2, rate: None, time: Duration::from_mins(10) })
    })?;
    let mut accountant = Client::open(port, &Client::sign_in(port, "accountant", PASSWORD)?)?;
    // The list begins with the account that was charged most.
    let list = accountant.get("/books/accounts?kind=patient")?.text();
    let account = after(&list, "href=\"/books/accounts/").and_then(|rest| rest.split('"').next()).context("no account of a patient")?;
    let statement = format!("/books/accounts/{account}?after={}", bodies.len() * 9 / 10);
    let lines = accountant.get(&statement)?.text().matches("<tr").count();
    ensure!(lines > 50, "{statement} shows {lines} lines: this is not the long account");
    Ok(statement)
}

/// Returns the text after a mark.
fn after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// Returns the id of the first choice whose words have a price in dollars.
fn priced_item(select: &str) -> Option<&str> {
    let is_id = |value: &&str| value.len() == 36 && value.bytes().filter(|byte| *byte == b'-').count() == 4;
    let choices = select.split("</select>").next()?.split("<option").filter(|choice| choice.contains('$'));
    choices.filter_map(|choice| after(choice, "value=\"")?.split('"').next()).find(is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_item_with_a_price_is_charged() {
        let page = "<select name=\"item_id\"><option value=\"\">Choose</option><option value=\"0192e4a0-0000-7000-8000-000000000001\">A · no \
            price</option><option value=\"0192e4a0-0000-7000-8000-000000000002\">B · $2.00</option></select><option value=\"x\">$";
        assert_eq!(after(page, "name=\"item_id\"").and_then(priced_item), Some("0192e4a0-0000-7000-8000-000000000002"));
    }
}
