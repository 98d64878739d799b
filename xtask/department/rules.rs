//! The rules that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[Rule {
    holds: "an entry of {{name}} has a name",
    broken: "SELECT count(*) FROM {{name}}_entries WHERE trim(name) = ''",
}];
