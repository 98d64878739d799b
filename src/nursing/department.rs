//! Registers nursing in the program: the value `DEPARTMENT` and its lists.

use super::{escalations, observations, pages, rules, start, upkeep, ward_list};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, RailCount},
    },
    tr,
    ui::Glyph,
};

/// Changes of observations, escalations, fluids, tasks and handovers.
pub static NURSING: Topic =
    Topic { name: "nursing", heard: HeardBy::ThoseWhoMay(Permission::RecordCare), subject: Some(Permission::RecordCare) };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(upkeep::keep_up(state))],
    places: &[
        Place {
            order: 32,
            right: Permission::RecordCare,
            also: None,
            href: "/nursing",
            words: || tr!(nursing.title),
            glyph: Glyph::Vitals,
            key: Some('u'),
            begins: None,
        },
        Place {
            order: 29,
            right: Permission::RecordCare,
            also: None,
            href: "/nursing/escalations",
            words: || tr!(nursing.escalations),
            glyph: Glyph::Critical,
            key: None,
            begins: None,
        },
        Place {
            order: 96,
            right: Permission::ManageHospital,
            also: None,
            href: "/nursing/tools",
            words: || tr!(nursing.tools),
            glyph: Glyph::Check,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[("/nursing/escalations", RailCount::Query(|_, clinic| Some(escalations::count_open(clinic))))],
    topics: &[&NURSING],
    bed_work: Some(|tx, ward, now| Box::pin(ward_list::on_board(tx, ward, now))),
    admitted: Some(|ctx, admission| Box::pin(start::follow(ctx, admission))),
    arrived: Some(|ctx, admission| Box::pin(observations::follow_arrival(ctx, admission))),
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("observation", || tr!(nursing.what_observation)),
        ("observation_plan", || tr!(nursing.what_observation_plan)),
        ("escalation", || tr!(nursing.what_escalation)),
        ("fluid_entry", || tr!(nursing.what_fluid_entry)),
        ("nursing_task", || tr!(nursing.what_task)),
        ("nursing_task_plan", || tr!(nursing.what_task_plan)),
        ("nursing_allocation", || tr!(nursing.what_allocation)),
        ("assessment", || tr!(nursing.what_assessment)),
        ("ward_start_list", || tr!(nursing.what_start_list)),
        ("assessment_tool", || tr!(nursing.what_assessment_tool)),
        ("care_plan", || tr!(nursing.what_care_plan)),
        ("stay_device", || tr!(nursing.what_stay_device)),
        ("handover", || tr!(nursing.what_handover)),
        ("handover_note", || tr!(nursing.what_handover_note)),
        ("nursing_record", || tr!(nursing.what_record)),
        ("nursing_lists", || tr!(nursing.what_lists)),
    ],
    lists: &["nursing_lists"],
    ..Department::named("nursing")
};
