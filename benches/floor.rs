//! The floor under each page: what it would cost without the program. `cargo xtask bench` starts this beside the real server.
//!
//! Told which requests will be measured, it does each once through the whole program, on the same database, and keeps the
//! queries and the answer. From then on plain axum repeats those very queries and sends those very bytes: nothing is decided,
//! rendered, decoded or audited. What a change writes cannot be written twice, so its writes become as many rows of as many
//! bytes in a bare table, in one durable transaction.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Days;
use infirmary::app::PROGRAM;
use infirmary::appointments::{SlotQuery, free_slots};
use infirmary::commands;
use infirmary::core::time::Clock;
use infirmary::core::{ClinicId, DispenseId, IdempotencyKey, PatientId, ServiceId, StockItemId, StoreroomId, SupplyId, WardId};
use infirmary::db::{Database, Sql, Tx, recorded, sql};
use infirmary::organisation;
use infirmary::server::config::Config;
use infirmary::server::{AppState, router::router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// So many ids of each kind are enough for a measurement.
const MANY: i64 = 20_000;

struct Floor {
    db: Database,
    clock: Clock,
    program: Router,
    known: RwLock<HashMap<String, Arc<Known>>>,
}

/// A request that was done once.
struct Known {
    queries: Vec<Sql>,
    writes: Vec<usize>,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Deserialize)]
struct Planned {
    path: String,
    #[serde(default)]
    cookie: String,
    /// Of a POST.
    body: Option<String>,
}

/// What the floor found out about a request.
#[derive(Serialize)]
struct Told {
    status: u16,
    queries: usize,
    bytes: usize,
}

/// What a measurement needs to know of the hospital.
#[derive(Serialize)]
struct Hospital {
    /// The patient with the longest chart.
    chart: PatientId,
    /// The clinic of the public board.
    board: String,
    bookings: Vec<String>,
    check_ins: Vec<String>,
    /// Patients with charges that can be invoiced, and keys for paying a cent of them at a time.
    accounts: Vec<PatientId>,
    keys: Vec<IdempotencyKey>,
    /// Keys for the payments of one invoice, which make a long account.
    books: Vec<IdempotencyKey>,
    /// The ward with the most beds.
    ward: Option<WardId>,
    /// The patient with the most results of the laboratory.
    results: Option<PatientId>,
    /// The item with the most movements of stock.
    item: Option<StockItemId>,
    /// Forms that hand out one unit of a verified prescription each.
    dispenses: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port = env::var("FLOOR_PORT").map_err(|_| "this is started by `cargo xtask bench`")?;
    let config = Config::load()?;
    let db = commands::open(&config).await?;
    let clock = Clock::default();
    let mut tx = db.write().await?;
    tx.execute(sql("CREATE TABLE IF NOT EXISTS bench_rows (id INTEGER, body TEXT)")).await?;
    tx.commit().await?;
    let program = router(AppState::new(db.clone(), clock.clone(), config, &PROGRAM).await?);
    let floor = Arc::new(Floor { db, clock, program, known: RwLock::default() });
    let app = Router::new()
        .route("/health/ready", get(|| async { "ready" }))
        .route("/bench/hospital", get(hospital))
        .route("/bench/plan", post(plan))
        .fallback(again)
        .with_state(floor);
    axum::serve(TcpListener::bind(format!("127.0.0.1:{port}")).await?, app).await?;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn plan(State(floor): State<Arc<Floor>>, Json(plan): Json<Vec<Planned>>) -> Result<Json<Vec<Told>>, (StatusCode, String)> {
    let mut told = Vec::new();
    for one in plan {
        let known = once(&floor, &one).await.map_err(failed)?;
        told.push(Told { status: known.status.as_u16(), queries: known.queries.len(), bytes: known.body.len() });
        floor.known.write().unwrap_or_else(PoisonError::into_inner).insert(one.path, Arc::new(known));
    }
    Ok(Json(told))
}

async fn once(floor: &Floor, planned: &Planned) -> Result<Known, Failure> {
    let mut request = Request::builder()
        .uri(&planned.path)
        .header(header::HOST, "localhost")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, &planned.cookie);
    if planned.body.is_some() {
        request = request
            .method(Method::POST)
            .header(header::ORIGIN, "http://localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let request = request.body(Body::from(planned.body.clone().unwrap_or_default()))?;
    let (answer, queries) = recorded(floor.program.clone().oneshot(request)).await;
    let (head, body) = answer?.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    let (reads, writes) = queries.into_iter().partition::<Vec<Sql>, _>(|query| {
        let start = query.text(floor.db.engine()).trim_start().get(..6).unwrap_or_default();
        start.eq_ignore_ascii_case("SELECT") || start.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("WITH"))
    });
    let writes = writes.iter().map(|query| format!("{query:?}").len() - query.text(floor.db.engine()).len()).collect();
    Ok(Known { queries: reads, writes, status: head.status, headers: head.headers, body })
}

async fn again(State(floor): State<Arc<Floor>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let known = floor.known.read().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
    let Some(known) = known else { return StatusCode::NOT_FOUND.into_response() };
    // A form is read to its end, as any server must.
    if let Err(error) = to_bytes(request.into_body(), 1 << 20).await {
        return failed(error).into_response();
    }
    match repeat(&floor, &known).await {
        Ok(()) => (known.status, known.headers.clone(), known.body.clone()).into_response(),
        Err(error) => failed(error).into_response(),
    }
}

async fn repeat(floor: &Floor, known: &Known) -> Result<(), Failure> {
    let mut tx = if known.writes.is_empty() { floor.db.read().await? } else { floor.db.write().await? };
    for query in &known.queries {
        tx.execute(query.clone()).await?;
    }
    for size in &known.writes {
        tx.execute(sql("INSERT INTO bench_rows (id, body) VALUES ($1, $2)").bind(1_i64).bind("x".repeat(*size))).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn hospital(State(floor): State<Arc<Floor>>) -> Result<Json<Hospital>, (StatusCode, String)> {
    described(&floor).await.map(Json).map_err(failed)
}

async fn described(floor: &Floor) -> Result<Hospital, Failure> {
    let mut tx = floor.db.read().await?;
    let longest = sql("SELECT patient_id FROM encounters GROUP BY patient_id ORDER BY count(*) DESC, patient_id LIMIT 1");
    let (chart,): (PatientId,) = tx.one(longest).await?;
    let patients: Vec<(PatientId,)> = tx.all(sql("SELECT id FROM patients ORDER BY id DESC LIMIT $1").bind(MANY)).await?;
    let mut patients = patients.into_iter().map(|(id,)| id).cycle();
    let mut next = || patients.next().ok_or("no patients");
    let now = floor.clock.now();
    let (mut bookings, mut check_ins) = (Vec::new(), Vec::new());
    for clinic in organisation::clinics(&mut tx).await? {
        if bookings.len() >= usize::try_from(MANY)? {
            break;
        }
        let from = clinic.zone.day(now) + Days::new(32);
        let to = from + Days::new(61);
        let query = SlotQuery {
            clinic: clinic.id,
            zone: clinic.zone,
            service: None,
            specialty: None,
            doctor: None,
            from,
            to,
            open: false,
            visit_type: infirmary::appointments::VisitTypeFilter::Any,
            now,
        };
        for slot in free_slots(&mut tx, query).await? {
            bookings.push(format!(
                "patient_id={}&doctor_id={}&service_id={}&at={}&idempotency_key={}",
                next()?,
                slot.doctor_id,
                slot.service_id,
                slot.starts_at.timestamp(),
                IdempotencyKey::new()
            ));
        }
    }
    bookings.truncate(usize::try_from(MANY)?);
    // The demo's receptionist works at the first clinic.
    let clinic = organisation::clinics(&mut tx).await?.into_iter().next().ok_or("no clinic")?;
    let services: Vec<ServiceId> = organisation::services(&mut tx, clinic.id).await?.iter().map(|service| service.id).collect();
    for service in services.iter().cycle().take(if services.is_empty() { 0 } else { 10_000 }) {
        check_ins.push(format!("patient={}&service={service}&idempotency_key={}", next()?, IdempotencyKey::new()));
    }
    let owing = sql("SELECT a.patient_id FROM charges c JOIN billing_accounts a ON a.id = c.account_id
        WHERE c.state = 'billable' AND c.clinic_id = $1 GROUP BY a.patient_id HAVING count(*) < 50 ORDER BY a.patient_id LIMIT 100")
    .bind(clinic.id);
    let owing: Vec<(PatientId,)> = tx.all(owing).await?;
    let accounts = owing.into_iter().map(|(id,)| id).collect();
    let keys = (0..5_000).map(|_| IdempotencyKey::new()).collect();
    let books = (0..10_000).map(|_| IdempotencyKey::new()).collect();
    let widest = sql(
        "SELECT r.ward_id FROM beds b JOIN ward_rooms r ON r.id = b.room_id GROUP BY r.ward_id ORDER BY count(*) DESC, r.ward_id LIMIT 1",
    );
    let ward: Option<(WardId,)> = tx.optional(widest).await?;
    let most = sql("SELECT patient_id FROM lab_results GROUP BY patient_id ORDER BY count(*) DESC, patient_id LIMIT 1");
    let results: Option<(PatientId,)> = tx.optional(most).await?;
    let moved = sql("SELECT item_id FROM stock_lines GROUP BY item_id ORDER BY sum(seq) DESC, item_id LIMIT 1");
    let item: Option<(StockItemId,)> = tx.optional(moved).await?;
    let dispenses = dispenses(&mut tx, clinic.id).await?;
    Ok(Hospital {
        chart,
        board: clinic.code,
        bookings,
        check_ins,
        accounts,
        keys,
        books,
        ward: ward.map(|(id,)| id),
        results: results.map(|(id,)| id),
        item: item.map(|(id,)| id),
        dispenses,
    })
}

/// Returns forms for the verified prescriptions of which the most is owed, in turn: one unit each.
async fn dispenses(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<String>, Failure> {
    let owed = sql("SELECT s.id, s.ordered - s.dispensed, r.id FROM supplies s JOIN store_items h ON h.item_id = s.item_id
            JOIN storerooms r ON r.id = h.store_id AND r.clinic_id = s.clinic_id AND r.kind = 'pharmacy'
        WHERE s.state = 'verified' AND s.ordered >= 100 AND s.clinic_id = $1 ORDER BY s.id LIMIT 50")
    .bind(clinic);
    let owed: Vec<(SupplyId, i64, StoreroomId)> = tx.all(owed).await?;
    let mut forms = Vec::new();
    for _ in 0..owed.iter().map(|(_, units, _)| *units).min().unwrap_or_default() {
        for (supply, _, room) in &owed {
            if i64::try_from(forms.len())? < MANY / 4 {
                let key = DispenseId::new();
                forms
                    .push(format!("supply_id={supply}&key={key}&storeroom={room}&quantity=1&identified_by=name_and_birth&decision=&seen="));
            }
        }
    }
    Ok(forms)
}
