//! Sets of tests and studies: named lists that the heads of laboratory and imaging and administrators keep, and that a doctor orders at once. Each
//! line is an order by itself, with the checks of a single order. They stand here because imaging knows the laboratory.

mod order;
mod store;

use crate::{
    audit::{Action, FieldChange},
    core::{Error, ImagingProcedureId, OrderId, PatientId, Result, Stamp, TestSetId, error::FieldErrors, time::Instant},
    db::{DbError, Tx},
    imaging::catalogue::{self, ImagingProcedure},
    lab::{self, Catalogue, LabItem},
    organisation::Typed,
    server::Ctx,
    tr,
};

pub use order::order;

/// The most lines of a set.
const MOST: usize = 60;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TestSet {
    pub id: TestSetId,
    pub name: String,
    pub purpose: String,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// A line of a set: a test, a panel or a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetItem {
    Lab(LabItem),
    Procedure(ImagingProcedureId),
}

/// An item that can be ordered, as forms show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedItem {
    pub item: SetItem,
    /// The name of its tick: `panel-cbc`, `test-k`, `procedure-xr-knee`.
    pub field: String,
    pub code: String,
    pub name: String,
    /// The heading that it stands under: panels, a bench, a kind of device.
    pub group: String,
    /// Whether the doctor says the side.
    pub sided: bool,
}

/// The catalogues that sets draw from.
#[derive(Clone, Debug)]
pub struct Offer {
    pub tests: Catalogue,
    pub procedures: Vec<ImagingProcedure>,
}

impl Offer {
    /// Reads both catalogues.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(tx: &mut Tx) -> Result<Self> {
        Ok(Self { tests: Catalogue::read(tx).await?, procedures: catalogue::procedures(tx).await? })
    }

    /// All that can be ordered: panels, tests, procedures.
    pub fn items(&self) -> Vec<OfferedItem> {
        let panels = self.tests.panels_in_use().map(|panel| OfferedItem {
            item: SetItem::Lab(LabItem::Panel(panel.id)),
            field: format!("panel-{}", panel.code),
            code: panel.code.clone(),
            name: panel.name().to_owned(),
            group: tr!(lab.panels).to_owned(),
            sided: false,
        });
        let tests = self.tests.in_use().map(|test| OfferedItem {
            item: SetItem::Lab(LabItem::Test(test.id)),
            field: format!("test-{}", test.code),
            code: test.code.clone(),
            name: test.name().to_owned(),
            group: test.bench.clone(),
            sided: false,
        });
        let procedures = self.procedures.iter().filter(|procedure| !procedure.is_retired()).map(|procedure| OfferedItem {
            item: SetItem::Procedure(procedure.id),
            field: format!("procedure-{}", procedure.code),
            code: procedure.code.clone(),
            name: procedure.name().to_owned(),
            group: format!("{}: {}", tr!(imaging.kind), procedure.modality),
            sided: procedure.sided,
        });
        panels.chain(tests).chain(procedures).collect()
    }

    /// The name of an item, also of a retired one.
    pub fn name_of(&self, item: SetItem) -> String {
        match item {
            SetItem::Lab(item) => item.name(&self.tests),
            SetItem::Procedure(id) => {
                let found = self.procedures.iter().find(|procedure| procedure.id == id);
                found.map(|procedure| procedure.name().to_owned()).unwrap_or_default()
            }
        }
    }
}

/// Reads the sets by name: all of them, or those in use.
///
/// # Errors
/// When the database refuses.
pub async fn all(ctx: &mut Ctx, retired: bool) -> Result<Vec<TestSet>> {
    let mut sets = store::all(&mut ctx.tx).await?;
    sets.retain(|set| retired || set.retired_at.is_none());
    Ok(sets)
}

/// Reads a set with its lines.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(ctx: &mut Ctx, id: TestSetId) -> Result<(TestSet, Vec<SetItem>)> {
    let set = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((set, store::lines_of(&mut ctx.tx, id).await?))
}

/// Adds a set (`version` 0), or changes one. Nothing is written when nothing changed.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed the set.
pub async fn save(ctx: &mut Ctx, id: TestSetId, version: i64, typed: &Typed) -> Result<()> {
    let offer = Offer::read(&mut ctx.tx).await?;
    let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", value("name"), 120);
    let purpose = errors.line("purpose", value("purpose"), 500);
    let items: Vec<SetItem> = offer.items().into_iter().filter(|one| !value(&one.field).is_empty()).map(|one| one.item).collect();
    if items.is_empty() {
        errors.add("lines", tr!(orders.set_nothing));
    } else if items.len() > MOST {
        errors.add("lines", tr!(lab.too_many_tests, most = MOST));
    }
    errors.finish()?;
    let stamp = ctx.stamp();
    let taken = |error: DbError| if error.is_unique() { Error::invalid("name", tr!(orders.set_name_taken)) } else { error.into() };
    if version == 0 {
        if let Some(there) = store::find(&mut ctx.tx, id).await? {
            return if there.name == name { Ok(()) } else { Err(Error::key_used()) };
        }
        store::insert(&mut ctx.tx, id, (&name, &purpose), stamp).await.map_err(taken)?;
        store::replace_lines(&mut ctx.tx, id, &items).await?;
        ctx.did(Action::Create, "test_set", id, None);
        return Ok(());
    }
    let lock = ctx.tx.lock(id).await?;
    let (before, lines) = find(ctx, id).await?;
    let names = |items: &[SetItem]| items.iter().map(|item| offer.name_of(*item)).collect::<Vec<_>>().join(", ");
    let fields =
        [("name", before.name, name.clone()), ("purpose", before.purpose, purpose.clone()), ("lines", names(&lines), names(&items))];
    let changes: Vec<FieldChange> = fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field: field.to_owned(), before, after })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    if !store::update(&mut ctx.tx, lock, version, (&name, &purpose), stamp).await.map_err(taken)? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    store::replace_lines(&mut ctx.tx, id, &items).await?;
    ctx.did_change(Action::Update, "test_set", id, &changes);
    Ok(())
}

/// Retires a set, or takes it back into use.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: TestSetId, version: i64, retired: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    if find(ctx, id).await?.0.retired_at.is_some() == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::set_retired(&mut ctx.tx, lock, version, retired, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "test_set", id, None);
    Ok(())
}

/// The sets of a new hospital of a demo: name, purpose, codes of panels and tests, codes of procedures.
const STOCK: [(&str, &str, &[&str], &[&str]); 3] = [
    ("Fever, adults", "Fever of unknown cause", &["cbcd", "crp", "bmp", "liver"], &["xr-chest"]),
    ("Chest pain", "With an ECG at the bedside", &["hstni", "cbc", "bmp"], &["xr-chest"]),
    ("Before an operation", "Adults, general anaesthesia", &["cbc", "bmp", "pt", "inr"], &["xr-chest"]),
];

/// Puts sets into a new hospital of a demo; the audit log says nothing.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, stamp: Stamp) -> Result<()> {
    let offer = Offer::read(tx).await?;
    for (name, purpose, codes, procedures) in STOCK {
        let panel = |code: &str| offer.tests.panels_in_use().find(|panel| panel.code == code).map(|panel| LabItem::Panel(panel.id));
        let test = |code: &str| offer.tests.in_use().find(|test| test.code == code).map(|test| LabItem::Test(test.id));
        let tests = codes.iter().filter_map(|code| panel(code).or_else(|| test(code))).map(SetItem::Lab);
        let studies = offer.procedures.iter().filter(|procedure| procedures.contains(&procedure.code.as_str()));
        let items: Vec<SetItem> = tests.chain(studies.map(|procedure| SetItem::Procedure(procedure.id))).collect();
        let id = TestSetId::new();
        store::insert(tx, id, (name, purpose), stamp).await?;
        store::replace_lines(tx, id, &items).await?;
    }
    Ok(())
}

/// A set, its lines that can be ordered, with their labels, and the names of those that cannot.
type Opened = (TestSet, Vec<(OfferedItem, String)>, Vec<String>);

/// The sets for a patient, and the one that the doctor chose.
#[derive(Clone, Debug)]
pub struct ChosenSet {
    pub all: Vec<TestSet>,
    pub chosen: Option<Opened>,
}

impl ChosenSet {
    /// Reads the sets in use, and the chosen one by its id; an empty or unknown id chooses none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(ctx: &mut Ctx, patient: PatientId, id: &str) -> Result<Self> {
        let all = all(ctx, false).await?;
        let Some(set) = id.parse::<TestSetId>().ok().and_then(|id| all.iter().find(|set| set.id == id)).cloned() else {
            return Ok(Self { all, chosen: None });
        };
        let lines = store::lines_of(&mut ctx.tx, set.id).await?;
        let offer = Offer::read(&mut ctx.tx).await?;
        let latest = lab::latest_values(&mut ctx.tx, patient).await?;
        let items = offer.items();
        let label = |one: &OfferedItem| match one.item {
            SetItem::Lab(LabItem::Test(id)) => lab::lab_order_label(&one.name, &one.code, latest.iter().find(|last| last.test_id == id)),
            SetItem::Lab(LabItem::Panel(_)) | SetItem::Procedure(_) => format!("{} ({})", one.name, one.code),
        };
        let (mut offered, mut gone) = (Vec::new(), Vec::new());
        for line in lines {
            match items.iter().find(|one| one.item == line) {
                Some(one) => offered.push((one.clone(), label(one))),
                None => gone.push(offer.name_of(line)),
            }
        }
        Ok(Self { all, chosen: Some((set, offered, gone)) })
    }
}

/// The id of the `nth` study of a form: the form's key, with another number beside those of its tests.
fn study_id(key: OrderId, nth: usize) -> OrderId {
    let number = u128::try_from(nth + 1).unwrap_or_default() << 16;
    OrderId(uuid::Uuid::from_u128(key.0.as_u128() ^ number))
}
