//! The rules across rows about recalls, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a recall that blocked the stock has recalled batches only",
        broken: "SELECT count(*) FROM stock_recalls c JOIN stock_recall_batches k ON k.recall_id = c.id JOIN stock_batches b ON b.id = k.batch_id
            WHERE c.state <> 'announced' AND b.status <> 'recalled'",
    },
    Rule {
        holds: "a recall names a batch",
        broken: "SELECT count(*) FROM stock_recalls c WHERE NOT EXISTS (SELECT 1 FROM stock_recall_batches k WHERE k.recall_id = c.id)",
    },
    Rule {
        holds: "no patient of a closed recall waits to be told",
        broken: "SELECT count(*) FROM recall_patients p JOIN stock_recalls c ON c.id = p.recall_id WHERE c.state = 'closed' AND p.state = 'found'",
    },
];
