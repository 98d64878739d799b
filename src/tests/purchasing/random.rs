//! Random orders, receipts and invoices: each is done or refused, and the sums hold throughout.

use axum::http::StatusCode;

use super::{Buying, fixture, number, step};
use crate::{
    db::sql,
    tests::{Answer, TestApp, on_both_engines},
};

const ACTS: u64 = 90;
const EVERY: u64 = 15;

/// splitmix64, by Sebastiano Vigna (public domain).
struct Dice(u64);

impl Dice {
    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

async fn act(app: &TestApp, buying: &Buying, orders: &[String], dice: &mut Dice) -> Answer {
    let nth = usize::try_from(dice.below(orders.len().try_into().expect("few"))).expect("small");
    let order = &orders[nth];
    let quantity = (1 + dice.below(60)).to_string();
    match dice.below(9) {
        0..=3 => {
            let batch = format!("R{}", dice.below(3));
            let free = dice.below(4).to_string();
            let mut more = vec![("free", free.as_str())];
            if dice.below(3) == 0 {
                more.extend([("second_login", "pharmacist"), ("second_password", fixture::PASSWORD), ("over_reason", "Needed")]);
            }
            buying.receive(app, order, (&batch, &quantity), &more).await
        }
        4..=6 => {
            // The right price, or another.
            let cents = quantity.parse::<u64>().expect("a number") * 5 + u64::from(dice.below(4) == 0);
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            let number = format!("F{}", dice.below(60));
            buying.invoice(app, order, &number, (&quantity, &amount), &[]).await
        }
        7 => step(app, &buying.pharmacy.storekeeper, order, if dice.below(6) == 0 { "cancel_order" } else { "send_order" }).await,
        _ => step(app, &buying.pharmacy.pharmacist, order, "approve_order").await,
    }
}

#[tokio::test]
async fn random_orders_receipts_and_invoices_keep_their_sums() {
    on_both_engines(|app| async move {
        let buying = Buying::open(&app, "5").await;
        let mut orders = Vec::new();
        for _ in 0..3 {
            orders.push(buying.sent(&app, "100", "0.05").await);
        }
        orders.push(buying.draft("50", "0.05").await);
        let (mut dice, mut done, mut refused) = (Dice(11), 0, 0);
        for nth in 1..=ACTS {
            let answer = act(&app, &buying, &orders, &mut dice).await;
            match answer.status {
                StatusCode::OK => done += 1,
                StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => refused += 1,
                other => panic!("{other}: {}", answer.body),
            }
            if nth % EVERY == 0 {
                app.assert_sound().await;
            }
        }
        assert!(done > 15 && refused > 15, "{done} done, {refused} refused");
        let of = "SELECT count(*) FROM supplier_invoices WHERE state = ";
        assert!(number(&app, sql(of).push("'difference'")).await > 0 && number(&app, sql(of).push("'matched'")).await > 0);
    })
    .await;
}
