//! Enums whose variants are words: the database, forms and addresses use the same word.

/// Defines an enum with one fixed word for each variant, and implements parsing, display, serde and (on the server) the
/// database's text type. A wrong word gives an error that names the field.
///
/// ```ignore
/// text_enum! {
///     /// How a patient pays.
///     pub enum Method("method") { Cash = "cash", Card = "card" }
/// }
/// ```
///
/// With `Cash = "cash" => tr!(billing.cash)` for each variant, the enum also has `words()`, the text for screens.
#[macro_export]
macro_rules! text_enum {
    ($(#[$doc:meta])* $vis:vis enum $name:ident($field:literal) {
        $($(#[$vdoc:meta])* $variant:ident = $word:literal => $words:expr),+ $(,)?
    }) => {
        $crate::text_enum! { $(#[$doc])* $vis enum $name($field) { $($(#[$vdoc])* $variant = $word),+ } }

        impl $name {
            /// Returns the text for screens, in the reader's language.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),+ }
            }
        }
    };
    ($(#[$doc:meta])* $vis:vis enum $name:ident($field:literal) { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        $vis enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All variants, in the order of their display.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the fixed word, as it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(concat!("`", $field, "` is not one of: ", $($word, " "),+).trim_end().to_owned()),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[cfg(feature = "ssr")]
        impl<DB: sqlx::Database> sqlx::Type<DB> for $name
        where
            String: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <String as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as sqlx::Type<DB>>::compatible(ty)
            }
        }

        #[cfg(feature = "ssr")]
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            String: sqlx::Decode<'r, DB>,
        {
            fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<String as sqlx::Decode<'r, DB>>::decode(value)?.parse::<Self>()?)
            }
        }

        #[cfg(feature = "ssr")]
        impl From<$name> for $crate::db::Value {
            fn from(value: $name) -> Self {
                $crate::db::Value::from(value.as_str())
            }
        }

        #[cfg(feature = "ssr")]
        impl From<Option<$name>> for $crate::db::Value {
            fn from(value: Option<$name>) -> Self {
                $crate::db::Value::from(value.map(|value| value.as_str().to_owned()))
            }
        }
    };
}
