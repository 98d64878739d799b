//! A schema that a newer program has migrated: whether this program may work on it. While several servers are upgraded one after the
//! other, those of before go on if all that is new only adds.

use super::{Database, DbError, sql};

/// The beginning of the name of a migration that programs of before can live with: it adds tables, columns with a default, or indexes, and
/// changes and removes nothing that they use. Any other one is taken as one that they cannot live with.
const ADDITIVE: &str = "additive ";

/// How the schema of the database and this program fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The program knows each of its migrations.
    Known,
    /// A newer program has only added to it, up to this migration.
    Added(i64),
    /// A newer program has changed it by this migration.
    Changed(i64),
}

impl Fit {
    fn of(migrations: &[(i64, String)]) -> Self {
        match migrations.iter().find(|(_, name)| !name.starts_with(ADDITIVE)) {
            Some((version, _)) => Self::Changed(*version),
            None => migrations.iter().map(|(version, _)| *version).max().map_or(Self::Known, Self::Added),
        }
    }

    /// The sentence for the administrator, when a newer program has changed the schema.
    pub fn refusal(self) -> Option<String> {
        let Self::Changed(version) = self else { return None };
        Some(format!(
            "a newer program has changed the database (migration {version}), and this program knows {} at most: install the newer program on \
             this server",
            Database::newest_schema()
        ))
    }
}

impl Database {
    /// Compares the schema with the migrations that this program knows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fit(&self) -> Result<Fit, DbError> {
        if self.schema().await?.is_none_or(|schema| schema <= Self::newest_schema()) {
            return Ok(Fit::Known);
        }
        let unknown =
            sql("SELECT version, description FROM _sqlx_migrations WHERE version > $1 ORDER BY version").bind(Self::newest_schema());
        Ok(Fit::of(&self.read().await?.all(unknown).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_migration_that_changes_decides() {
        let named =
            |names: &[&str]| Fit::of(&names.iter().zip(1..).map(|(name, version)| (version, (*name).to_owned())).collect::<Vec<_>>());
        assert_eq!(named(&[]), Fit::Known);
        assert_eq!(named(&["additive rooms"]), Fit::Added(1));
        assert_eq!(named(&["additive rooms", "additive index of rooms"]), Fit::Added(2));
        assert_eq!(named(&["additive rooms", "rooms renamed", "additive beds"]), Fit::Changed(2));
        assert_eq!(named(&["additively"]), Fit::Changed(1));
        assert!(Fit::Added(2).refusal().is_none() && Fit::Known.refusal().is_none());
        assert!(Fit::Changed(7).refusal().is_some_and(|words| words.contains("migration 7")));
    }
}
