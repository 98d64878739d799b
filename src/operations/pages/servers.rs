//! The servers of the database and their jobs, for `/status`.

use leptos::prelude::*;

use crate::{
    core::{
        Result,
        time::{Instant, Zone, show_date_time},
    },
    db::Tx,
    operations::{
        nodes::{self, Node, NodeJob, SILENT},
        runs, trials,
    },
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, Row, StatusBadge, Tone},
};

/// The servers, and the last runs of their jobs.
pub(super) struct Servers {
    nodes: Vec<Node>,
    jobs: Vec<NodeJob>,
    /// The jobs that one server does at a time, and the server that holds the lease now.
    leases: Vec<(&'static str, String)>,
}

impl Servers {
    /// Reads them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(tx: &mut Tx, now: Instant) -> Result<Self> {
        let mut leases = Vec::new();
        leases.extend(runs::holder(tx, now).await?.map(|node| ("backup", node)));
        leases.extend(trials::holder(tx, now).await?.map(|node| ("restore_trial", node)));
        Ok(Self { nodes: nodes::nodes(tx).await?, jobs: nodes::node_jobs(tx).await?, leases })
    }

    /// The tables of the servers and of the jobs.
    pub fn view(&self, now: Instant, zone: Zone) -> AnyView {
        view! { {self.nodes_table(now, zone)}{self.jobs_table(zone)} }.into_any()
    }

    fn nodes_table(&self, now: Instant, zone: Zone) -> AnyView {
        let columns = vec![
            Column::new(tr!(operations.server)),
            Column::new(tr!(operations.version)),
            Column::new(tr!(operations.up_since)).secondary(),
            Column::new(tr!(operations.last_sign)),
            Column::new(tr!(operations.state)),
        ];
        let rows = self
            .nodes
            .iter()
            .map(|node| {
                let silent = now - node.seen_at > SILENT;
                let (tone, label) = if silent { (Tone::Critical, tr!(operations.silent)) } else { (Tone::Done, tr!(operations.alive)) };
                Row::new(vec![
                    view! { <strong>{node.name.clone()}</strong> }.into_any(),
                    node.version.clone().into_any(),
                    show_date_time(zone.local(node.started_at)).into_any(),
                    show_date_time(zone.local(node.seen_at)).into_any(),
                    view! { <StatusBadge tone label/> }.into_any(),
                ])
                .key(node.id.to_string())
            })
            .collect();
        let empty = view! { <EmptyState glyph=Glyph::Clock title=tr!(operations.no_servers)/> }.into_any();
        view! {
            <section>
                <h2 id="servers">{tr!(operations.servers)}</h2>
                <DataTable caption=tr!(operations.servers) columns rows empty=Some(empty) stacked=true/>
            </section>
        }
        .into_any()
    }

    /// One row for each job: the run that began last, on whichever server.
    fn jobs_table(&self, zone: Zone) -> AnyView {
        if self.jobs.is_empty() {
            return ().into_any();
        }
        let columns = vec![
            Column::new(tr!(operations.job)),
            Column::new(tr!(operations.last_run)),
            Column::new(tr!(operations.result)),
            Column::new(tr!(operations.next_run)),
            Column::new(tr!(operations.server)),
        ];
        let time = |at: Option<Instant>| at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
        let rows = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(at, job)| *at == 0 || self.jobs[at - 1].job != job.job)
            .map(|(_, job)| {
                let (tone, label) = match (job.failed, job.ended_at) {
                    (true, _) => (Tone::Critical, tr!(operations.failed)),
                    (false, Some(_)) => (Tone::Done, tr!(operations.went_well)),
                    (false, None) => (Tone::Progress, tr!(operations.running)),
                };
                let error = (!job.error.is_empty()).then(|| view! { <p class="muted small">{job.error.clone()}</p> });
                let ran_on = self.nodes.iter().find(|node| node.id == job.node_id).map(|node| node.name.clone()).unwrap_or_default();
                let lease = self.leases.iter().find(|(name, _)| *name == job.job).map(|(_, node)| node.clone());
                let server = match lease {
                    Some(node) => view! { {node}" "<StatusBadge tone=Tone::Progress label=tr!(operations.holds_lease)/> }.into_any(),
                    None => ran_on.into_any(),
                };
                Row::new(vec![
                    view! { <strong>{job_words(&job.job)}</strong> }.into_any(),
                    time(job.begun_at).into_any(),
                    view! { <StatusBadge tone label/>{error} }.into_any(),
                    time(job.next_at).into_any(),
                    server,
                ])
                .key(job.job.clone())
            })
            .collect();
        view! {
            <section>
                <h2 id="jobs">{tr!(operations.jobs)}</h2>
                <DataTable caption=tr!(operations.jobs) columns rows stacked=true/>
            </section>
        }
        .into_any()
    }
}

/// The name of a job; one of a newer program is shown as it is stored.
fn job_words(job: &str) -> String {
    let words = match job {
        "alarms" => tr!(operations.job_alarms),
        "backup" => tr!(operations.job_backup),
        "restore_trial" => tr!(operations.job_restore_trial),
        "erasures" => tr!(operations.job_erasures),
        "heartbeat" => tr!(operations.job_heartbeat),
        "schema" => tr!(operations.job_schema),
        "doses" => tr!(operations.job_doses),
        "downtime_packs" => tr!(operations.job_downtime_packs),
        "due_bills" => tr!(operations.job_due_bills),
        "doctors_hours" => tr!(operations.job_doctors_hours),
        "first_visits" => tr!(operations.job_first_visits),
        "follow_ups" => tr!(operations.job_follow_ups),
        "forgotten_passwords" => tr!(operations.job_forgotten_passwords),
        "image_archives" => tr!(operations.job_image_archives),
        "imaging" => tr!(operations.job_imaging),
        "laboratory" => tr!(operations.job_laboratory),
        "letters" => tr!(operations.job_letters),
        "messages" => tr!(operations.job_messages),
        "missed_appointments" => tr!(operations.job_missed_appointments),
        "nursing" => tr!(operations.job_nursing),
        "reminders" => tr!(operations.job_reminders),
        "sessions" => tr!(operations.job_sessions),
        "stock_reservations" => tr!(operations.job_stock_reservations),
        "virus_scan" => tr!(operations.job_virus_scan),
        "visits" => tr!(operations.job_visits),
        "waitlist" => tr!(operations.job_waitlist),
        "wards" => tr!(operations.job_wards),
        other => return other.replace('_', " "),
    };
    words.to_owned()
}
