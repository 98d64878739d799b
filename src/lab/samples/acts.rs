//! Acts on samples. Each takes its turn: the orders first, then the samples, then their analyses.

use chrono::Duration;

use super::{
    Analysis, AnalysisAct, AnalysisState, NewDraw, NewSample, Pregnancy, Sample, SampleAct, SampleState, pregnancy,
    store::{self, Columns},
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, LabAnalysisId, LabDrawId, LabSampleId, OrderId, PatientId, Permission, Result, error::FieldErrors, time::Instant,
    },
    db::{DbError, Locked, Value},
    lab::{LAB, calls, catalogue::Catalogue, number, requests, vocabulary::IdentifiedBy},
    orders::{self, OrderAct, OrderState, Report},
    organisation,
    server::{Ctx, Event},
    tr,
};

/// Days by which a collection may be entered late.
const LATE_DAYS: i64 = 3;

pub(super) fn changed(sample: &Sample) -> Error {
    Error::conflict(tr!(lab.sample_changed, number = sample.number.clone(), state = sample.state.words().to_lowercase()))
}

pub(super) fn tell(ctx: &mut Ctx, clinic: ClinicId, patient: PatientId, sample: LabSampleId) {
    ctx.tell(Event::new(&LAB).at(clinic).of(patient).about(sample));
}

/// Returns the sample that a requisition expects for a specimen in a container; creates it with the next number of the day.
///
/// # Errors
/// When the database refuses.
pub async fn expect(ctx: &mut Ctx, new: &NewSample) -> Result<LabSampleId> {
    if new.recollection_of.is_none()
        && let Some(there) = store::same_expected(&mut ctx.tx, new).await?
    {
        return Ok(there);
    }
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let id = LabSampleId::new();
    let nth = organisation::number_document(&mut ctx.tx, &number::series(day), id.into()).await?;
    store::insert(&mut ctx.tx, id, &number::sample_number(day, nth)?, new, stamp).await?;
    ctx.did(Action::Create, "lab_sample", id, Some(new.patient));
    Ok(id)
}

/// Locks the sample of a number with its orders, and refuses one of another clinic.
pub(super) async fn turn(ctx: &mut Ctx, permission: Permission, id: LabSampleId) -> Result<(Locked<LabSampleId>, Sample)> {
    let sample = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, sample.clinic_id)?;
    ctx.reach([sample.patient_id]).await?;
    let ids = store::orders_of_sample(&mut ctx.tx, id).await?;
    orders::hold(ctx, &ids).await?;
    let lock = ctx.tx.lock(id).await?;
    let sample = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, sample))
}

/// Writes an act on a locked sample, its audit row and its event.
pub(super) async fn step(ctx: &mut Ctx, lock: Locked<LabSampleId>, sample: &Sample, act: SampleAct, columns: Columns) -> Result<()> {
    if !act.fits(sample.state) {
        return Err(changed(sample));
    }
    let stamp = ctx.stamp();
    if !store::step(&mut ctx.tx, lock, sample.version, act.leads().1, columns, stamp).await? {
        return Err(changed(sample));
    }
    ctx.did(Action::Update, "lab_sample", sample.id, Some(sample.patient_id));
    tell(ctx, sample.clinic_id, sample.patient_id, sample.id);
    Ok(())
}

/// The samples that were filled at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The draw's id, made with the form.
    pub key: LabDrawId,
    /// The record number as it was scanned from the wristband, or typed.
    pub patient: String,
    pub numbers: Vec<String>,
    pub identified_by: IdentifiedBy,
    pub site: String,
    /// The pregnancy that the samples say.
    pub pregnancy: Option<Pregnancy>,
    /// The time of the collection; `None` is now.
    pub at: Option<Instant>,
}

/// The outcome of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    pub patient: PatientId,
    pub count: usize,
}

/// Records that samples were collected. The wristband and each tube must be of the same patient.
///
/// # Errors
/// [`Error::Invalid`] with `patient` when the wristband is another patient's, with `numbers` when a tube is, or when its orders are on hold;
/// [`Error::Conflict`] when a sample is not expected any more.
pub async fn collect(ctx: &mut Ctx, drawn: &Drawn) -> Result<Collected> {
    let mut samples = Vec::new();
    for number in &drawn.numbers {
        let sample = store::by_number(&mut ctx.tx, number).await?;
        let sample = sample.filter(|sample| ctx.at_clinic(Permission::CollectSamples, sample.clinic_id).is_ok());
        samples.push(sample.ok_or_else(|| Error::invalid("numbers", tr!(lab.number_unknown, number = number.clone())))?);
    }
    let Some(first) = samples.first().cloned() else { return Err(Error::invalid("numbers", tr!(errors.required))) };
    let scanned = drawn.patient.trim();
    if scanned.is_empty() {
        return Err(Error::invalid("patient", tr!(lab.scan_wristband)));
    }
    if let Some(other) = samples.iter().find(|sample| !sample.mrn.eq_ignore_ascii_case(scanned)) {
        return Err(Error::invalid("numbers", tr!(lab.other_patients_tube, number = other.number.clone())));
    }
    ctx.reach([first.patient_id]).await?;
    if drawn.pregnancy.is_some() {
        pregnancy::refuse_for(first.sex)?;
    }
    let (now, by) = (ctx.now, ctx.user());
    let at = drawn.at.unwrap_or(now);
    if at > now || now - at > Duration::days(LATE_DAYS) {
        return Err(Error::invalid("collected_time", tr!(lab.collected_wrong, days = LATE_DAYS)));
    }
    let mut ids = Vec::new();
    for sample in &samples {
        ids.extend(store::orders_of_sample(&mut ctx.tx, sample.id).await?);
    }
    ids.sort_unstable();
    ids.dedup();
    orders::hold(ctx, &ids).await?;
    let locks = ctx.tx.lock_all(samples.iter().map(|sample| sample.id)).await?;
    let new = NewDraw {
        id: drawn.key,
        patient: first.patient_id,
        clinic: first.clinic_id,
        at,
        place: first.place.clone(),
        identified_by: drawn.identified_by,
    };
    let mut count = 0;
    for lock in locks {
        let sample = store::find(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
        if sample.draw_id == Some(drawn.key) {
            // The form was sent twice.
            continue;
        }
        if sample.state == SampleState::Expected && !store::is_wanted(&mut ctx.tx, sample.id).await? {
            return Err(Error::invalid("numbers", tr!(lab.sample_on_hold, number = sample.number.clone())));
        }
        if count == 0 {
            store::insert_draw(&mut ctx.tx, &new, by).await.map_err(DbError::of_form_key)?;
        }
        let mut columns: Columns = vec![
            ("draw_id", Value::from(drawn.key)),
            ("collected_at", Value::from(at)),
            ("collected_by", Value::from(by)),
            ("site", Value::from(drawn.site.as_str())),
        ];
        if let Some(pregnancy) = drawn.pregnancy {
            columns.extend(store::stated(pregnancy, ctx.stamp()));
        }
        step(ctx, lock, &sample, SampleAct::Collect, columns).await?;
        count += 1;
    }
    for id in ids {
        orders::perform(ctx, id, OrderAct::Accept, &Report::default()).await?;
    }
    Ok(Collected { patient: first.patient_id, count })
}

/// Records that labels of samples were printed.
///
/// # Errors
/// When the database refuses.
pub async fn print_labels(ctx: &mut Ctx, ids: &[LabSampleId]) -> Result<()> {
    let now = ctx.now;
    for lock in ctx.tx.lock_all(ids.iter().copied()).await? {
        let sample = store::find(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
        ctx.at_clinic(Permission::CollectSamples, sample.clinic_id)?;
        store::label_printed(&mut ctx.tx, lock, now).await?;
        ctx.did(Action::Print, "lab_label", sample.id, Some(sample.patient_id));
    }
    Ok(())
}

/// Records that a sample left for the laboratory.
///
/// # Errors
/// [`Error::Conflict`] when it is not at the collection place.
pub async fn send(ctx: &mut Ctx, id: LabSampleId) -> Result<()> {
    let (lock, sample) = turn(ctx, Permission::CollectSamples, id).await?;
    let (now, by) = (ctx.now, ctx.user());
    step(ctx, lock, &sample, SampleAct::Send, vec![("sent_at", Value::from(now)), ("sent_by", Value::from(by))]).await
}

/// Records that a sample did not leave after all.
///
/// # Errors
/// [`Error::Conflict`] when it was not sent.
pub async fn recall(ctx: &mut Ctx, id: LabSampleId) -> Result<()> {
    let (lock, sample) = turn(ctx, Permission::CollectSamples, id).await?;
    let none = vec![("sent_at", Value::Instant(None)), ("sent_by", Value::Uuid(None))];
    step(ctx, lock, &sample, SampleAct::Recall, none).await
}

/// Receives a sample in the laboratory: its analyses are ready and due, the order is in progress, the charge is billable. Those of an order on
/// hold wait until it goes on. A sample that was received already changes nothing.
///
/// # Errors
/// [`Error::Conflict`] when it was not collected, or was rejected.
pub async fn receive(ctx: &mut Ctx, id: LabSampleId, indices: [Option<i64>; 3]) -> Result<Sample> {
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    if SampleAct::Receive.leads().1 == sample.state {
        return Ok(sample);
    }
    let (now, by) = (ctx.now, ctx.user());
    let [h, i, l] = indices;
    let columns: Columns = vec![
        ("received_at", Value::from(now)),
        ("received_by", Value::from(by)),
        ("index_h", Value::from(h)),
        ("index_i", Value::from(i)),
        ("index_l", Value::from(l)),
    ];
    step(ctx, lock, &sample, SampleAct::Receive, columns).await?;
    for order in store::orders_of_sample(&mut ctx.tx, id).await? {
        if requests::request(&mut ctx.tx, order).await?.is_some_and(|request| request.state != OrderState::OnHold) {
            prepare(ctx, order).await?;
        }
    }
    Ok(sample)
}

/// Prepares the waiting analyses of a locked order whose samples are in the laboratory: they are due, and the order is in progress.
///
/// # Errors
/// When the database refuses.
pub async fn prepare(ctx: &mut Ctx, order: OrderId) -> Result<()> {
    let now = ctx.now;
    let waiting = store::waiting_with_sample(&mut ctx.tx, order).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    for analysis in waiting {
        let due = now + Duration::minutes(catalogue.test(analysis.test_id)?.turnaround(analysis.priority));
        step_analysis(ctx, &analysis, AnalysisAct::Prepare, vec![("due_at", Value::from(due))]).await?;
    }
    orders::perform(ctx, order, OrderAct::Start, &Report::default()).await?;
    requests::bill(ctx, order).await
}

/// Locks an analysis and writes an act on it.
pub(super) async fn step_analysis(ctx: &mut Ctx, analysis: &Analysis, act: AnalysisAct, columns: Columns) -> Result<Locked<LabAnalysisId>> {
    let lock = ctx.tx.lock(analysis.id).await?;
    let stamp = ctx.stamp();
    let fits = act.fits(analysis.state);
    if !fits || !store::set_analysis_state(&mut ctx.tx, lock, analysis.version, act.leads().1, columns, stamp).await? {
        return Err(Error::conflict(tr!(lab.analysis_changed)));
    }
    ctx.did(Action::Update, "lab_analysis", analysis.id, Some(analysis.patient_id));
    Ok(lock)
}

/// Records that a sample could not be collected: its analyses are cancelled with the reason.
///
/// # Errors
/// [`Error::Conflict`] when it was collected; [`Error::Invalid`] without a note.
pub async fn not_collected(ctx: &mut Ctx, id: LabSampleId, note: &str) -> Result<()> {
    if note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let (lock, sample) = turn(ctx, Permission::CollectSamples, id).await?;
    let (now, by) = (ctx.now, ctx.user());
    let columns = vec![("stop_note", Value::from(note)), ("stopped_at", Value::from(now)), ("stopped_by", Value::from(by))];
    step(ctx, lock, &sample, SampleAct::NotCollect, columns).await?;
    let mut ids = Vec::new();
    for analysis in store::analyses_of_samples(&mut ctx.tx, &[id]).await? {
        if analysis.state == AnalysisState::Waiting {
            step_analysis(ctx, &analysis, AnalysisAct::Cancel, vec![("stop_reason", Value::from(note))]).await?;
            ids.push(analysis.order_id);
        }
    }
    settle_orders(ctx, ids, note).await
}

/// Stores a received sample at a place.
///
/// # Errors
/// [`Error::Conflict`] when it is not in the laboratory.
pub async fn keep(ctx: &mut Ctx, id: LabSampleId, place: &str) -> Result<()> {
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    let (now, by) = (ctx.now, ctx.user());
    let columns = vec![("stored_at", Value::from(now)), ("stored_by", Value::from(by)), ("stored_place", Value::from(place))];
    step(ctx, lock, &sample, SampleAct::Store, columns).await
}

/// Discards a stored sample.
///
/// # Errors
/// [`Error::Conflict`] when it is not stored, or an analysis still needs it.
pub async fn discard(ctx: &mut Ctx, id: LabSampleId) -> Result<()> {
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    let open = store::analyses_of_samples(&mut ctx.tx, &[id]).await?;
    if open.iter().any(|analysis| !matches!(analysis.state, AnalysisState::Released | AnalysisState::Cancelled)) {
        return Err(Error::conflict(tr!(lab.sample_needed)));
    }
    let (now, by) = (ctx.now, ctx.user());
    step(ctx, lock, &sample, SampleAct::Discard, vec![("discarded_at", Value::from(now)), ("discarded_by", Value::from(by))]).await
}

/// Cancels one analysis with a reason.
///
/// # Errors
/// [`Error::Conflict`] when its result is entered; [`Error::Invalid`] without a reason.
pub async fn cancel_analysis(ctx: &mut Ctx, id: LabAnalysisId, version: i64, reason: &str) -> Result<Analysis> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let analysis = store::analysis(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, analysis.clinic_id)?;
    ctx.reach([analysis.patient_id]).await?;
    orders::hold(ctx, &[analysis.order_id]).await?;
    let analysis = store::analysis(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if analysis.version != version {
        return Err(Error::conflict(tr!(lab.analysis_changed)));
    }
    step_analysis(ctx, &analysis, AnalysisAct::Cancel, vec![("stop_reason", Value::from(reason.as_str()))]).await?;
    settle_orders(ctx, vec![analysis.order_id], &reason).await?;
    Ok(analysis)
}

/// Cancels the open analyses of an order that was cancelled or entered in error, and the samples that nothing waits for any more. Results that are
/// not released are withdrawn.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_of_order(ctx: &mut Ctx, order: OrderId, reason: &str) -> Result<()> {
    let (now, by) = (ctx.now, ctx.user());
    for analysis in store::analyses_of_order(&mut ctx.tx, order).await? {
        let mut open = analysis;
        if !AnalysisAct::Cancel.fits(open.state) && AnalysisAct::Return.fits(open.state) {
            let turn = step_analysis(ctx, &open, AnalysisAct::Return, vec![("due_at", Value::Instant(None))]).await?;
            calls::withdraw(ctx, open.id).await?;
            store::supersede_results(&mut ctx.tx, turn, now).await?;
            open = store::analysis(&mut ctx.tx, open.id).await?.ok_or(Error::NotFound)?;
        }
        if AnalysisAct::Cancel.fits(open.state) {
            step_analysis(ctx, &open, AnalysisAct::Cancel, vec![("stop_reason", Value::from(reason))]).await?;
        }
    }
    for id in store::idle_samples(&mut ctx.tx, order).await? {
        let lock = ctx.tx.lock(id).await?;
        let sample = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
        let columns = vec![("stop_note", Value::from(reason)), ("stopped_at", Value::from(now)), ("stopped_by", Value::from(by))];
        step(ctx, lock, &sample, SampleAct::NotCollect, columns).await?;
    }
    Ok(())
}

/// Completes the orders whose analyses are all released or cancelled; an order of which nothing was done is cancelled with the reason.
///
/// # Errors
/// When the database refuses.
pub async fn settle_orders(ctx: &mut Ctx, mut ids: Vec<OrderId>, reason: &str) -> Result<()> {
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let all = store::analyses_of_order(&mut ctx.tx, id).await?;
        let is_over = |analysis: &Analysis| matches!(analysis.state, AnalysisState::Released | AnalysisState::Cancelled);
        if !all.iter().all(is_over) {
            continue;
        }
        if all.iter().any(|analysis| analysis.state == AnalysisState::Released) {
            let report = Report { outcome: tr!(lab.order_reported).to_owned(), ..Report::default() };
            orders::perform(ctx, id, OrderAct::Complete, &report).await?;
        } else {
            let report = Report { reason: reason.to_owned(), outcome: reason.to_owned() };
            // An order in progress cannot be cancelled: it is completed, and the outcome says why nothing was measured.
            if orders::perform(ctx, id, OrderAct::Cancel, &report).await? == OrderState::InProgress {
                orders::perform(ctx, id, OrderAct::Complete, &report).await?;
                requests::waive(ctx, id).await?;
            }
        }
    }
    Ok(())
}
