//! The letters that lead from every staff page to another: `g` and the letter. The rail's links carry them in `data-go`; all
//! keys are handled in `public/keys.js`, which also says when a key is text.

/// `g` and this letter goes there, if the rail has it.
pub const PLACES: [(&str, &str); 7] =
    [("h", "/"), ("c", "/consultation"), ("r", "/reception"), ("t", "/triage"), ("k", "/cashier"), ("s", "/schedules"), ("p", "/patients")];

/// The letter that leads to a page of the rail.
pub fn letter_of(href: &str) -> Option<&'static str> {
    PLACES.iter().find(|(_, place)| *place == href).map(|(letter, _)| *letter)
}
