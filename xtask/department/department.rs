//! {{title}} in the program: its `DEPARTMENT`, and what stands in its lists.

use super::{pages, rules::RULES};
use crate::{
    core::Permission,
    server::{Department, HeardBy, Topic, department::Place},
    tr,
    ui::Glyph,
};

/// The entries of a clinic.
pub static CHANGED: Topic = Topic { name: "{{name}}", heard: HeardBy::ThoseWhoMay(Permission::{{Right}}), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: {{order}},
        right: Permission::{{Right}},
        also: None,
        href: "/{{address}}",
        words: || tr!({{name}}.title),
        glyph: Glyph::Note,
        key: None,
        begins: Some({{begins}}),
    }],
    topics: &[&CHANGED],
    audited: &[("{{name}}_entry", || tr!({{name}}.entry))],
    rules: RULES,
    ..Department::named("{{name}}")
};
