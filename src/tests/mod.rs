//! Tests of the whole program: router, functions, database; on SQLite and on PostgreSQL.
//!
//! `INFIRMARY_TEST_POSTGRES` names a PostgreSQL server where tests may create databases; `cargo xtask test` starts one.
//! Without it a test prints that it skips its PostgreSQL half, except in CI, where it fails.

mod accounts;
mod app;
mod appointments;
mod architecture;
mod asvs;
mod audit;
mod billing;
mod booking_rules;
mod charges;
mod commands;
mod connections;
mod consultation;
mod crossing;
mod databases;
mod db;
mod demo;
mod departments;
mod desk;
mod estimates;
mod events;
mod fixture;
mod foundation;
mod fuzz;
mod grants;
mod guardians;
mod hours;
mod imports;
mod ledger;
mod money;
mod opd;
mod openings;
mod orders;
mod organisation;
mod overbooking;
mod patient_appointments;
mod patients;
mod people;
mod permissions;
mod plans;
mod portal;
mod prescribing;
mod prices;
mod races;
mod registering;
mod row_security;
mod scope;
mod sealing;
mod signatures;
mod signatures_gone;
mod states;
mod till;
mod tls;
mod turns;
mod urgency;
mod visit_end;
mod vitals;
mod waitlist;
mod whose;

pub use app::{Answer, Browser, TestApp, all_at_once, on_both_databases, on_both_engines, test_config, unprepared_databases};
pub use fixture::Fixture;
pub use races::{races_from, races_on_both_engines};
