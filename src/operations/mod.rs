//! The running of the program itself: backups that are checked before they count, and their return.
//!
//! **A backup** is a folder `infirmary-20261129T140200Z` with three files: `database.age`, the copy of the database, encrypted to the
//! hospital's public key ([`age`]); `manifest.json`, which says what is in it; and `manifest.age`, the same sealed, so that a changed
//! manifest is noticed. The key file of sealed fields is never in it. The program writes the folder under another name and renames it
//! when every file is on the disk: a folder with such a name is a whole backup.

pub mod age;
pub mod backup;
mod command;
mod department;
pub mod erasures;
mod figures;
mod init;
pub mod nodes;
mod pages;
mod rules;
pub mod runs;
pub mod schema;
pub mod trials;

pub use command::{Backup, Restore, backup, restore};
pub use department::DEPARTMENT;
pub use figures::figures;
