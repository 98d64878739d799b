//! The user interface: components that use no department.
//!
//! All components render on the server and also compile for the browser, so pages and islands share them. Texts come
//! from `locales/*/ui.json`, colours and sizes from `style/`. No component uses inline styles or scripts. `gallery`
//! shows every component in every state.

mod badge;
mod barcode;
mod button;
mod combobox;
mod description_list;
mod dialog;
mod empty_state;
mod field;
mod file_field;
mod form;
mod icon;
mod layout;
mod levey_jennings;
mod list_hold;
pub mod live;
mod markup;
mod page_header;
mod patient_banner;
mod phone;
mod place_link;
mod print;
mod print_button;
#[cfg(feature = "ssr")]
mod qr;
mod sparkline;
mod stat;
mod steps;
mod table;
mod tabs;
mod text_area;
mod toast;
mod url;

#[cfg(all(debug_assertions, feature = "ssr"))]
pub mod gallery;

#[cfg(all(test, feature = "ssr"))]
mod contrast;

// All components import `tr` from here.
pub(crate) use crate::tr;

pub use badge::{NoticeBox, StatusBadge, Tone};
pub use barcode::Barcode;
pub use button::{Button, ButtonTone, LinkButton, PostButton, PostForm};
pub use combobox::{Combobox, Suggestion};
pub use description_list::{DescriptionList, Detail};
pub use dialog::{Confirm, Dialog};
pub use empty_state::EmptyState;
pub use field::{
    CheckboxField, Choice, DateField, EmailField, NumberField, PasswordField, RadioField, SelectField, TelField, TextField, TimeField,
};
pub use file_field::FileField;
pub use form::{Fieldset, Form, escaped, refused_for, stray_refusal};
pub use icon::{Glyph, Icon};
pub use layout::{HospitalLogo, KeyHint, NavItem, PlainShell, PortalShell, StaffShell, UserMenu};
pub use levey_jennings::{ControlMark, LeveyJennings};
pub use list_hold::ListHold;
pub use live::Live;
pub use markup::Markup;
pub use page_header::PageHeader;
pub use patient_banner::{Allergies, Allergy, BannerInfo, PatientBanner, patient_flags};
pub use phone::PhoneLink;
pub use place_link::PlaceLink;
pub use print::{PaperPage, PrintSheet};
pub use print_button::PrintButton;
#[cfg(feature = "ssr")]
pub use qr::QrCode;
pub use sparkline::{Reading, Sparkline};
pub use stat::{Stat, StatStrip};
pub use steps::Steps;
pub use table::{Column, DataTable, PageLinks, Paging, Row};
pub use tabs::{Tab, Tabs};
pub use text_area::TextArea;
pub use toast::{Toast, ToastMessage, UndoToast};
pub use url::{ListUrl, encoded, encoded_path};
