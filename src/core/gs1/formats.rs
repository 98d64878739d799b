//! The formats of the identifiers (GS1 General Specifications, section 3).

/// The characters of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    Digits,
    /// The 82 characters.
    Text,
    /// The 39 characters.
    Part,
    /// The characters of base 64 for file names.
    Signature,
}

impl Alphabet {
    pub const fn has(self, letter: char) -> bool {
        match self {
            Self::Digits => letter.is_ascii_digit(),
            Self::Text => {
                letter.is_ascii_alphanumeric()
                    || matches!(
                        letter,
                        '!' | '"'
                            | '%'
                            | '&'
                            | '\''
                            | '('
                            | ')'
                            | '*'
                            | '+'
                            | ','
                            | '-'
                            | '.'
                            | '/'
                            | ':'
                            | ';'
                            | '<'
                            | '='
                            | '>'
                            | '?'
                            | '_'
                    )
            }
            Self::Part => letter.is_ascii_digit() || letter.is_ascii_uppercase() || matches!(letter, '#' | '-' | '/'),
            Self::Signature => letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '='),
        }
    }
}

/// A further rule of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Nothing,
    /// Its last digit is the check digit.
    Checked,
    /// Its first 13 digits end with a check digit.
    Checked13,
    /// YYMMDD, with day 00 for the last of the month.
    Day,
}

/// Identifiers with the same format.
pub(super) struct Format {
    pub first: &'static str,
    pub last: &'static str,
    pub alphabet: Alphabet,
    pub from: usize,
    pub to: usize,
    /// Whether the length is predefined: no separator follows.
    pub is_predefined: bool,
    pub rule: Rule,
}

const fn predefined(first: &'static str, last: &'static str, digits: usize, rule: Rule) -> Format {
    Format { first, last, alphabet: Alphabet::Digits, from: digits, to: digits, is_predefined: true, rule }
}

const fn digits(first: &'static str, last: &'static str, from: usize, to: usize) -> Format {
    Format { first, last, alphabet: Alphabet::Digits, from, to, is_predefined: false, rule: Rule::Nothing }
}

const fn text(first: &'static str, last: &'static str, from: usize, to: usize) -> Format {
    Format { first, last, alphabet: Alphabet::Text, from, to, is_predefined: false, rule: Rule::Nothing }
}

const FORMATS: &[Format] = &[
    predefined("00", "00", 18, Rule::Checked),
    predefined("01", "02", 14, Rule::Checked),
    text("10", "10", 1, 20),
    predefined("11", "13", 6, Rule::Day),
    predefined("15", "17", 6, Rule::Day),
    predefined("20", "20", 2, Rule::Nothing),
    text("21", "22", 1, 20),
    text("235", "235", 1, 28),
    text("240", "241", 1, 30),
    digits("242", "242", 1, 6),
    text("243", "243", 1, 20),
    text("250", "251", 1, 30),
    Format { rule: Rule::Checked13, ..text("253", "253", 13, 30) },
    text("254", "254", 1, 20),
    Format { rule: Rule::Checked13, ..digits("255", "255", 13, 25) },
    digits("30", "30", 1, 8),
    predefined("3100", "3105", 6, Rule::Nothing),
    predefined("3110", "3115", 6, Rule::Nothing),
    predefined("3120", "3125", 6, Rule::Nothing),
    predefined("3130", "3135", 6, Rule::Nothing),
    predefined("3140", "3145", 6, Rule::Nothing),
    predefined("3150", "3155", 6, Rule::Nothing),
    predefined("3160", "3165", 6, Rule::Nothing),
    predefined("3200", "3205", 6, Rule::Nothing),
    predefined("3210", "3215", 6, Rule::Nothing),
    predefined("3220", "3225", 6, Rule::Nothing),
    predefined("3230", "3235", 6, Rule::Nothing),
    predefined("3240", "3245", 6, Rule::Nothing),
    predefined("3250", "3255", 6, Rule::Nothing),
    predefined("3260", "3265", 6, Rule::Nothing),
    predefined("3270", "3275", 6, Rule::Nothing),
    predefined("3280", "3285", 6, Rule::Nothing),
    predefined("3290", "3295", 6, Rule::Nothing),
    predefined("3300", "3305", 6, Rule::Nothing),
    predefined("3310", "3315", 6, Rule::Nothing),
    predefined("3320", "3325", 6, Rule::Nothing),
    predefined("3330", "3335", 6, Rule::Nothing),
    predefined("3340", "3345", 6, Rule::Nothing),
    predefined("3350", "3355", 6, Rule::Nothing),
    predefined("3360", "3365", 6, Rule::Nothing),
    predefined("3370", "3375", 6, Rule::Nothing),
    predefined("3400", "3405", 6, Rule::Nothing),
    predefined("3410", "3415", 6, Rule::Nothing),
    predefined("3420", "3425", 6, Rule::Nothing),
    predefined("3430", "3435", 6, Rule::Nothing),
    predefined("3440", "3445", 6, Rule::Nothing),
    predefined("3450", "3455", 6, Rule::Nothing),
    predefined("3460", "3465", 6, Rule::Nothing),
    predefined("3470", "3475", 6, Rule::Nothing),
    predefined("3480", "3485", 6, Rule::Nothing),
    predefined("3490", "3495", 6, Rule::Nothing),
    predefined("3500", "3505", 6, Rule::Nothing),
    predefined("3510", "3515", 6, Rule::Nothing),
    predefined("3520", "3525", 6, Rule::Nothing),
    predefined("3530", "3535", 6, Rule::Nothing),
    predefined("3540", "3545", 6, Rule::Nothing),
    predefined("3550", "3555", 6, Rule::Nothing),
    predefined("3560", "3565", 6, Rule::Nothing),
    predefined("3570", "3575", 6, Rule::Nothing),
    predefined("3600", "3605", 6, Rule::Nothing),
    predefined("3610", "3615", 6, Rule::Nothing),
    predefined("3620", "3625", 6, Rule::Nothing),
    predefined("3630", "3635", 6, Rule::Nothing),
    predefined("3640", "3645", 6, Rule::Nothing),
    predefined("3650", "3655", 6, Rule::Nothing),
    predefined("3660", "3665", 6, Rule::Nothing),
    predefined("3670", "3675", 6, Rule::Nothing),
    predefined("3680", "3685", 6, Rule::Nothing),
    predefined("3690", "3695", 6, Rule::Nothing),
    digits("37", "37", 1, 8),
    digits("3900", "3909", 1, 15),
    digits("3910", "3919", 4, 18),
    digits("3920", "3929", 1, 15),
    digits("3930", "3939", 4, 18),
    digits("3940", "3943", 4, 4),
    digits("3950", "3955", 6, 6),
    text("400", "401", 1, 30),
    Format { rule: Rule::Checked, ..digits("402", "402", 17, 17) },
    text("403", "403", 1, 30),
    predefined("410", "417", 13, Rule::Checked),
    text("420", "420", 1, 20),
    text("421", "421", 4, 12),
    digits("422", "422", 3, 3),
    digits("423", "423", 3, 15),
    digits("424", "424", 3, 3),
    digits("425", "425", 3, 15),
    digits("426", "426", 3, 3),
    text("427", "427", 1, 3),
    text("4300", "4301", 1, 35),
    text("4302", "4306", 1, 70),
    text("4307", "4307", 2, 2),
    text("4308", "4308", 1, 30),
    digits("4309", "4309", 20, 20),
    text("4310", "4311", 1, 35),
    text("4312", "4316", 1, 70),
    text("4317", "4317", 2, 2),
    text("4318", "4318", 1, 20),
    text("4319", "4319", 1, 30),
    text("4320", "4320", 1, 35),
    digits("4321", "4323", 1, 1),
    digits("4324", "4325", 10, 10),
    digits("4326", "4326", 6, 6),
    text("4330", "4333", 6, 7),
    digits("7001", "7001", 13, 13),
    text("7002", "7002", 1, 30),
    digits("7003", "7003", 10, 10),
    digits("7004", "7004", 1, 4),
    text("7005", "7005", 1, 12),
    digits("7006", "7006", 6, 6),
    digits("7007", "7007", 6, 12),
    text("7008", "7008", 1, 3),
    text("7009", "7009", 1, 10),
    text("7010", "7010", 1, 2),
    digits("7011", "7011", 6, 10),
    text("7020", "7022", 1, 20),
    text("7023", "7023", 1, 30),
    text("7030", "7039", 4, 30),
    text("7040", "7040", 4, 4),
    text("710", "715", 1, 20),
    text("7230", "7239", 3, 30),
    text("7240", "7240", 1, 20),
    digits("7241", "7241", 2, 2),
    text("7242", "7242", 1, 25),
    digits("8001", "8001", 14, 14),
    text("8002", "8002", 1, 20),
    text("8003", "8003", 14, 30),
    text("8004", "8004", 1, 30),
    digits("8005", "8005", 6, 6),
    digits("8006", "8006", 18, 18),
    text("8007", "8007", 1, 34),
    digits("8008", "8008", 8, 12),
    text("8009", "8009", 1, 50),
    Format { alphabet: Alphabet::Part, ..text("8010", "8010", 1, 30) },
    digits("8011", "8011", 1, 12),
    text("8012", "8012", 1, 20),
    text("8013", "8013", 1, 25),
    Format { rule: Rule::Checked, ..digits("8017", "8018", 18, 18) },
    digits("8019", "8019", 1, 10),
    text("8020", "8020", 1, 25),
    digits("8026", "8026", 18, 18),
    Format { alphabet: Alphabet::Signature, ..text("8030", "8030", 1, 90) },
    text("8110", "8110", 1, 70),
    digits("8111", "8111", 4, 4),
    text("8112", "8112", 1, 70),
    text("8200", "8200", 1, 70),
    text("90", "90", 1, 30),
    text("91", "99", 1, 90),
];

/// The identifier at the beginning of a text, with its format.
pub(super) fn format_of(text: &str) -> Option<(&str, &'static Format)> {
    FORMATS.iter().find_map(|format| {
        let ai = text.get(..format.first.len())?;
        let is_number = ai.bytes().all(|digit| digit.is_ascii_digit());
        (is_number && format.first <= ai && ai <= format.last).then_some((ai, format))
    })
}
