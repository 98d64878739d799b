//! Staff as a file of comma-separated values. It has the columns of the import, which reads it again without a change.

use super::{
    ALL_CLINICS,
    import::{COLUMNS, KnownRows},
};
use crate::{
    core::{Error, Result, Role, spreadsheet},
    organisation::people::{self, ListedPerson, Person, Several},
    server::Ctx,
};

/// Returns all staff who are not retired.
///
/// # Errors
/// When the database refuses.
pub async fn export(ctx: &mut Ctx) -> Result<String> {
    let known = KnownRows::read(ctx).await?;
    let failed = |error: csv::Error| Error::internal("the list of staff cannot be written", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for listed in known.people.iter().filter(|person| !person.retired) {
        let person = people::person(&mut ctx.tx, listed.id).await?;
        let cells = COLUMNS.iter().map(|column| spreadsheet::safe(&cell(column, listed, &person, &known)));
        writer.write_record(cells.collect::<Vec<_>>()).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the list of staff cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the list of staff is no text", &error))
}

/// A file holds one role of a person: the first.
fn cell(column: &str, listed: &ListedPerson, person: &Person, known: &KnownRows) -> String {
    let role = listed.roles.iter().find(|(role, _)| Role::is_offered(*role));
    let code = |id: &str| {
        let found = known.departments.iter().find(|(known, ..)| known == id);
        found.map(|(_, code, name)| if code.is_empty() { name.clone() } else { code.clone() })
    };
    match column {
        "login" => listed.login.clone().unwrap_or_default(),
        "role" => role.map(|(role, _)| role.as_str().to_owned()).unwrap_or_default(),
        "clinic" => match role {
            None => String::new(),
            Some((_, None)) => ALL_CLINICS.to_owned(),
            Some((_, Some(clinic))) => {
                let found = known.clinics.iter().find(|(id, ..)| id == clinic);
                found.map(|(_, code, name)| if code.is_empty() { name.clone() } else { code.clone() }).unwrap_or_default()
            }
        },
        "main_department" => code(person.value(column)).unwrap_or_default(),
        "departments" => joined(person.several(Several::Departments).iter().filter_map(|id| code(id))),
        "specialties" => joined(person.several(Several::Specialties).iter().filter_map(|id| {
            let found = known.specialties.iter().find(|(known, _)| known == id);
            found.map(|(_, name)| name.clone())
        })),
        "languages" => joined(person.several(Several::Languages).iter().cloned()),
        "accepting_bookings" => if person.value(column).is_empty() { "no" } else { "yes" }.to_owned(),
        field => person.value(field).to_owned(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("|")
}
