//! Registers accounts in the program: the value `DEPARTMENT` and its lists.

use super::{keep_answering, manages_users, pages, rules::RULES, tidy_sessions};
use crate::{
    core::Permission,
    server::{Department, department::Place},
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(tidy_sessions(state)), |state| Box::pin(keep_answering(state))],
    places: &[Place {
        order: 80,
        right: Permission::ManageHospital,
        also: Some(manages_users),
        href: "/users",
        words: || tr!(nav.users),
        glyph: Glyph::User,
        key: None,
        begins: Some(60),
    }],
    rules: RULES,
    audited: &[
        ("session", || tr!(audit.what_session)),
        ("confirmation", || tr!(audit.what_confirmation)),
        ("second_factor", || tr!(audit.what_second_factor)),
        ("second_factor_role", || tr!(audit.what_second_factor_role)),
        ("recovery_codes", || tr!(audit.what_recovery_codes)),
        ("passkey", || tr!(audit.what_passkey)),
        ("password", || tr!(audit.what_password)),
        ("user", || tr!(audit.what_user)),
        ("role", || tr!(audit.what_role)),
        ("language", || tr!(audit.what_language)),
        ("link", || tr!(audit.what_link)),
    ],
    ..Department::named("accounts")
};
