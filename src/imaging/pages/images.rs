//! `/imaging/images/{id}`, `/patients/{id}/images/{study}`: the images of a study, one at a time, and the pictures themselves.
//!
//! A picture comes from the archive through the program, after the reader's right was checked. The address names it by its place in the study.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::body::Bytes;
use leptos::prelude::*;
use serde::Deserialize;

use super::{measure, parts::title_of, unmatched};
use crate::{
    core::{ArchivedStudyId, Error, PatientId, Permission, Result},
    imaging::{
        archives::{self, ArchivedState, ArchivedStudy, FoundSeries, Geometry, Shade},
        catalogue, studies,
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{BannerInfo, Choice, Glyph, KeyHint, LinkButton, ListUrl, NoticeBox, PageHeader, PatientBanner, SelectField, TextField, Tone},
};

/// A browser that opens a picture by itself runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// The longest side of a picture in the list of series.
const SMALL: u32 = 160;
/// The series that the page lists.
const SERIES: usize = 100;

crate::text_enum! {
    /// A window of grey values for computed tomography, in Hounsfield units. The values are the default presets of OHIF Viewers
    /// (`extensions/cornerstone/.../defaultWindowLevelPresets.ts`).
    pub enum CtWindow("window") {
        SoftTissue = "soft_tissue" => tr!(imaging.window_soft_tissue),
        Lung = "lung" => tr!(imaging.window_lung),
        Liver = "liver" => tr!(imaging.window_liver),
        Bone = "bone" => tr!(imaging.window_bone),
        Brain = "brain" => tr!(imaging.window_brain),
    }
}

impl CtWindow {
    const fn shade(self) -> Shade {
        let (center, width) = match self {
            Self::SoftTissue => (40, 400),
            Self::Lung => (-600, 1500),
            Self::Liver => (90, 150),
            Self::Bone => (480, 2500),
            Self::Brain => (40, 80),
        };
        Shade { center, width }
    }
}

/// The image and its window, which stand in the address. Numbers are counted from 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImagesQuery {
    pub(super) series: String,
    pub(super) image: String,
    pub(super) window: String,
    pub(super) center: String,
    pub(super) width: String,
    /// Not empty: the page measures. The points of the line as columns and rows of pixels, and where the picture was pressed.
    pub(super) measure: String,
    pub(super) x1: String,
    pub(super) y1: String,
    pub(super) x2: String,
    pub(super) y2: String,
    #[serde(rename = "press.x")]
    pub(super) press_x: String,
    #[serde(rename = "press.y")]
    pub(super) press_y: String,
}

/// The picture that is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FrameQuery {
    #[serde(flatten)]
    at: ImagesQuery,
    small: String,
}

impl ImagesQuery {
    fn place(text: &str) -> usize {
        text.trim().parse().unwrap_or(1)
    }

    /// The window: a preset, or middle and width as they were typed.
    fn shade(&self) -> Option<Shade> {
        if let Ok(preset) = self.window.parse::<CtWindow>() {
            return Some(preset.shade());
        }
        let number = |text: &str| text.trim().parse::<i32>().ok().filter(|number| (-65_536..=65_536).contains(number));
        Some(Shade { center: number(&self.center)?, width: number(&self.width).filter(|width| *width >= 1)? })
    }

    /// The fields that a form which measures sends along.
    pub(super) fn fields(&self, series: usize, image: usize) -> Vec<(&'static str, String)> {
        let mut fields = vec![("measure", "yes".to_owned()), ("series", series.to_string()), ("image", image.to_string())];
        let window = [("window", &self.window), ("center", &self.center), ("width", &self.width)];
        fields.extend(window.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())));
        fields
    }

    /// The address of an image with the same window.
    pub(super) fn url(&self, base: &str, series: usize, image: usize) -> ListUrl {
        ListUrl::new(base)
            .with("series", series)
            .with("image", image)
            .with("window", &self.window)
            .with("center", &self.center)
            .with("width", &self.width)
    }
}

/// The facts of the page.
pub(super) struct Viewer {
    pub base: String,
    back: (String, String),
    title: String,
    detail: String,
    /// The series, or why the archive does not show them.
    series: Result<std::sync::Arc<Vec<FoundSeries>>, String>,
    pub query: ImagesQuery,
    /// The geometry of the image, when the page measures and the archive tells it.
    pub geometry: Option<Geometry>,
}

/// Shows the images of a study to staff of imaging.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn images_page(Path(id): Path<ArchivedStudyId>, Query(query): Query<ImagesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let study = for_staff(&mut ctx, id).await?;
    if let Some(patient) = study.patient_id {
        ctx.saw(patient, "imaging_images").await?;
    } else {
        ctx.saw_file("unmatched_studies").await?;
    }
    let back = match study.imaging_id {
        Some(order) => (format!("/imaging/studies/{order}"), tr!(imaging.study).to_owned()),
        None => (format!("/imaging/unmatched/{id}"), tr!(imaging.archived_study).to_owned()),
    };
    page(ctx, study, format!("/imaging/images/{id}"), back, query, None).await
}

/// Shows the images of a study in a patient's record.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn charted_images_page(
    Path((patient, id)): Path<(PatientId, ArchivedStudyId)>,
    Query(query): Query<ImagesQuery>,
) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let study = of_patient(&mut ctx, patient, id).await?;
    ctx.saw(patient, "imaging_images").await?;
    let today = ctx.today();
    let mut banner = patients::banner(&mut ctx.tx, patient, today).await?;
    patients::mark_emergency(&ctx, patient, &mut banner);
    let back = (format!("/patients/{patient}/imaging"), tr!(imaging.title).to_owned());
    page(ctx, study, format!("/patients/{patient}/images/{id}"), back, query, Some(banner)).await
}

/// Serves a picture to staff of imaging.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn frame(Path(id): Path<ArchivedStudyId>, Query(query): Query<FrameQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let study = for_staff(&mut ctx, id).await?;
    match study.patient_id {
        Some(patient) => ctx.saw_live([patient], "imaging_frames").await?,
        None => ctx.saw_file("unmatched_studies").await?,
    }
    picture(ctx, study, &query).await
}

/// Serves a picture of a patient's record.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn charted_frame(Path((patient, id)): Path<(PatientId, ArchivedStudyId)>, Query(query): Query<FrameQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let study = of_patient(&mut ctx, patient, id).await?;
    ctx.saw_live([patient], "imaging_frames").await?;
    picture(ctx, study, &query).await
}

/// Reads a study of an archive of the user's clinic.
async fn for_staff(ctx: &mut Ctx, id: ArchivedStudyId) -> Result<ArchivedStudy> {
    let study = archives::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, study.clinic_id)?;
    if let Some(patient) = study.patient_id {
        ctx.reach([patient]).await?;
    }
    Ok(study)
}

/// Reads a study that is tied to an order of a patient in care.
async fn of_patient(ctx: &mut Ctx, patient: PatientId, id: ArchivedStudyId) -> Result<ArchivedStudy> {
    ctx.reach([patient]).await?;
    let study = archives::study(&mut ctx.tx, id).await?;
    study.filter(|study| study.state == ArchivedState::Matched && study.patient_id == Some(patient)).ok_or(Error::NotFound)
}

async fn picture(ctx: Ctx, study: ArchivedStudy, query: &FrameQuery) -> Result<Response> {
    let state = ctx.state().clone();
    let place = (ImagesQuery::place(&query.at.series), ImagesQuery::place(&query.at.image));
    let side = (!query.small.is_empty()).then_some(SMALL);
    let (media, bytes): (&str, Bytes) = match archives::rendered(&state, ctx.tx, &study, place, query.at.shade(), side).await? {
        Ok(Some(picture)) => picture,
        Ok(None) => return Err(Error::NotFound),
        Err(words) => {
            tracing::warn!(study = %study.id, words, "an archive does not show a picture");
            // The fault is not the program's: no 5xx.
            return Ok(StatusCode::FAILED_DEPENDENCY.into_response());
        }
    };
    let headers = [(header::CONTENT_TYPE, media), (header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, bytes).into_response())
}

async fn page(
    mut ctx: Ctx,
    study: ArchivedStudy,
    base: String,
    back: (String, String),
    query: ImagesQuery,
    banner: Option<BannerInfo>,
) -> Result<Page> {
    let (mut title, mut detail) = (study.description.clone(), unmatched::facts_of(&study));
    if let Some(order) = study.imaging_id
        && let Some(order) = studies::study(&mut ctx.tx, order).await?
    {
        title = title_of(&catalogue::procedures(&mut ctx.tx).await?, &order);
        if banner.is_none() {
            detail = format!("{} · {} · {} · {detail}", order.patient_name.listed(), order.mrn, order.birth.shown());
        }
    }
    let state = ctx.state().clone();
    let measures = !query.measure.is_empty();
    let (series, geometry) = if measures {
        let place = (ImagesQuery::place(&query.series), ImagesQuery::place(&query.image));
        match archives::measured(&state, ctx.tx, &study, place).await? {
            Ok((series, geometry)) => (Ok(series), geometry),
            Err(words) => (Err(words), None),
        }
    } else {
        (archives::series_of(&state, ctx.tx, &study).await?, None)
    };
    let viewer = Viewer { base, back, title, detail, series, query, geometry };
    let keys =
        if measures { Vec::new() } else { vec![KeyHint::new("j", tr!(imaging.next_image)), KeyHint::new("k", tr!(imaging.image_before))] };
    let page = Page::new(tr!(imaging.images), move || view(&viewer)).keys(keys);
    Ok(match banner {
        Some(info) => page.banner(move || view! { <PatientBanner info/> }),
        None => page,
    })
}

fn view(shown: &Viewer) -> AnyView {
    let title = if shown.title.is_empty() { tr!(imaging.images).to_owned() } else { shown.title.clone() };
    let body = match &shown.series {
        Ok(series) if series.is_empty() => view! { <NoticeBox tone=Tone::Inactive><p>{tr!(imaging.no_images)}</p></NoticeBox> }.into_any(),
        Ok(series) => images(shown, series),
        Err(words) => {
            let words = words.clone();
            view! { <NoticeBox tone=Tone::Warning title=tr!(imaging.archive_fails)><p>{words}</p></NoticeBox> }.into_any()
        }
    };
    view! {
        <PageHeader title back=shown.back.clone() detail=shown.detail.clone()/>
        <div class="stack">{body}</div>
    }
    .into_any()
}

fn images(shown: &Viewer, all: &[FoundSeries]) -> AnyView {
    let query = &shown.query;
    let nth = ImagesQuery::place(&query.series).clamp(1, all.len());
    let Some(series) = all.get(nth - 1) else { return ().into_any() };
    let count = series.images.len();
    let at = ImagesQuery::place(&query.image).clamp(1, count.max(1));
    let src = query.url(&format!("{}/frame", shown.base), nth, at).href();
    let alt = tr!(imaging.image_alt, number = at, count = count, series = series_words(series));
    // A page opens with the picture; the one that may be wanted next is fetched while it is read.
    let to = |image: usize| query.url(&shown.base, nth, image).href();
    let before = (at > 1).then(|| {
        view! { <LinkButton href=to(at - 1) label=tr!(imaging.image_before) glyph=Glyph::ChevronLeft key="k"/> }
    });
    let after = (at < count).then(|| {
        view! { <LinkButton href=to(at + 1) label=tr!(imaging.next_image) glyph=Glyph::ChevronRight key="j"/> }
    });
    let words = tr!(imaging.image_of, number = at, count = count);
    if !query.measure.is_empty() {
        return measure::view(shown, (nth, at), &src, &alt);
    }
    let ruler = query.url(&shown.base, nth, at).with("measure", "yes").href();
    view! {
        <figure class="image-viewer">
            <img class="image-viewer__image" src=src alt=alt/>
            <figcaption class="cluster">{before}<span>{words}</span>{after}<LinkButton href=ruler label=tr!(imaging.measure)/></figcaption>
        </figure>
        {settings(shown, series, nth, at)}
        {series_list(shown, all, nth)}
    }
    .into_any()
}

/// The form with the image's number and the window.
fn settings(shown: &Viewer, series: &FoundSeries, nth: usize, at: usize) -> AnyView {
    let query = &shown.query;
    let presets = (series.modality == "CT").then(|| {
        let choices: Vec<Choice> = CtWindow::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
        view! { <SelectField name="window" label=tr!(imaging.window) choices value=query.window.clone() prompt=tr!(imaging.window_recorded)/> }
    });
    view! {
        <form class="filter" method="get" action=shown.base.clone()>
            <input type="hidden" name="series" value=nth.to_string()/>
            <TextField name="image" label=tr!(imaging.image_number) value=at.to_string() inputmode="numeric" autocomplete="off"/>
            {presets}
            <TextField name="center" label=tr!(imaging.window_center) value=query.center.clone() inputmode="numeric" autocomplete="off" optional=true/>
            <TextField name="width" label=tr!(imaging.window_width) value=query.width.clone() inputmode="numeric" autocomplete="off" optional=true/>
            <button class="button" type="submit">{tr!(ui.show)}</button>
        </form>
    }
    .into_any()
}

fn series_words(series: &FoundSeries) -> String {
    let parts = [series.modality.clone(), series.description.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn series_list(shown: &Viewer, all: &[FoundSeries], nth: usize) -> AnyView {
    if all.len() < 2 {
        return ().into_any();
    }
    let items = all
        .iter()
        .enumerate()
        .take(SERIES)
        .map(|(index, series)| {
            let number = index + 1;
            let href = ListUrl::new(&shown.base).with("series", number).href();
            let src = ListUrl::new(format!("{}/frame", shown.base)).with("series", number).with("small", "yes").href();
            let words = format!("{} ({})", series_words(series), series.images.len());
            let current = (number == nth).then_some("true");
            view! {
                <li>
                    <a class="image-series__link" href=href aria-current=current>
                        <img class="image-series__image" src=src alt="" loading="lazy"/>
                        <span>{words}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let label = tr!(imaging.series_n, count = all.len());
    let heading = label.clone();
    view! {
        <section class="panel" aria-label=label>
            <div class="panel__head"><h2>{heading}</h2></div>
            <div class="panel__body"><ul class="image-series">{items}</ul></div>
        </section>
    }
    .into_any()
}

/// Lists the studies of archives that are tied to an order, with links to their images.
pub(super) fn tied(found: &[ArchivedStudy], base: impl Fn(&ArchivedStudy) -> String) -> AnyView {
    found
        .iter()
        .map(|study| {
            let (href, facts) = (base(study), unmatched::facts_of(study));
            view! { <p><a href=href>{tr!(imaging.open_images)}</a>" "<span class="muted small">{facts}</span></p> }
        })
        .collect_view()
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_preset_or_two_numbers() {
        let query = |window: &str, center: &str, width: &str| ImagesQuery {
            window: window.to_owned(),
            center: center.to_owned(),
            width: width.to_owned(),
            ..ImagesQuery::default()
        };
        for (asked, expected) in [
            (query("lung", "", ""), Some((-600, 1500))),
            (query("lung", "1", "2"), Some((-600, 1500))),
            (query("", "-20", "80"), Some((-20, 80))),
            (query("x", "40", "0"), None),
            (query("", "40", ""), None),
            (query("", "9999999", "80"), None),
            (query("", "1e3", "80"), None),
        ] {
            assert_eq!(asked.shade().map(|shade| (shade.center, shade.width)), expected, "{asked:?}");
        }
    }
}
